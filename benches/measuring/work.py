"""Work directories, pinning to cores, and progress messages of the benchmarks."""

import os
import shutil
import sys
from pathlib import Path


def fresh(directory: Path) -> Path:
    """Returns an empty directory, so that no job overwrites or deletes older files."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


def pin(threads: int) -> None:
    """Pins this process and its children to the first `threads` cores."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def log(text: str) -> None:
    """Prints a progress message on stderr."""
    print(text, file=sys.stderr, flush=True)
