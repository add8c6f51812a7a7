"""Profiles a command or a process with `perf record`."""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import categories
from measuring.measure import CommandFailed

HERTZ = 997
"""Samples per second and core. A prime, so that samples do not align with periodic events."""

RECORD = ("perf", "record", "-q", "-e", "cpu-clock", "-F", str(HERTZ), "-g")


def of_command(command: list[str], data: Path) -> None:
    """Profiles a command from its start to its end."""
    output_path = data.with_suffix(".txt")
    with output_path.open("wb") as output:
        done = subprocess.run([*RECORD, "-o", str(data), *command], stdout=output, stderr=output, cwd=data.parent)
    if done.returncode != 0:
        raise CommandFailed(f"{' '.join(command)}: {output_path.read_text(errors='replace')[-2000:]}")


def of_process(process: int, data: Path, work: Callable[[], None]) -> None:
    """Profiles a process while `work` runs."""
    perf = subprocess.Popen([*RECORD, "-o", str(data), "-p", str(process)], stderr=subprocess.DEVNULL)
    # perf does not report when it has started, but it writes the header of its file first.
    while not data.exists() or data.stat().st_size == 0:
        if perf.poll() is not None:
            raise CommandFailed("perf record could not attach to the worker")
        time.sleep(0.05)
    time.sleep(0.3)
    work()
    os.kill(perf.pid, signal.SIGINT)
    perf.wait()


def shares(data: Path, is_packing: bool) -> Counter[str]:
    """Returns the seconds of CPU time by category."""
    script = ["perf", "script", "-F", "ip,sym", "-i", str(data)]
    printed = subprocess.run(script, check=True, capture_output=True, text=True).stdout
    seconds: Counter[str] = Counter()
    for sample in printed.split("\n\n"):
        frames = [line.strip().partition(" ") for line in sample.splitlines() if line.strip()]
        if frames:
            seconds[category(frames, is_packing)] += 1 / HERTZ
    return seconds


def category(frames: list[tuple[str, str, str]], is_packing: bool) -> str:
    """Returns the category of one sample: a stack of addresses and names, innermost first."""
    kernel = [name for address, _, name in frames if address.startswith("ffffffff")]
    if kernel:
        return categories.of_kernel(kernel)
    return categories.of_function(frames[0][2], is_packing)
