"""What every benchmark does before it measures: a place to work, cores, and a word on progress."""

import os
import shutil
import sys
from pathlib import Path


def fresh(directory: Path) -> Path:
    """An empty directory: overwriting or deleting an older file is no part of any job."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


def pin(threads: int) -> None:
    """Pins this process, and with it every tool that it starts, to the first cores."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def log(text: str) -> None:
    """Progress, for who waits."""
    print(text, file=sys.stderr, flush=True)
