"""A model of packing on many cores, from the CPU time of each stage on one and two.

A pack has three kinds of work. Chunks are compressed on all threads of the pool. One thread opens and cuts members,
one thread writes the archive: with fewer threads than `THREADS_TO_CUT_AHEAD` in `src/wheel_writer`, these two are one.
And SHA-256 of a member needs its bytes in order, whichever thread runs it. So a pack on N cores takes

    seconds(N) = first + max(all CPU / N, writer, cutter, hash of the longest member) + last

where `first` and `last` are the CPU seconds of the first thread before the pool starts and after it has ended.
"""

import hashlib
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from measuring import trees
from measuring.work import fresh, log

CORES = (1, 2, 4, 8, 16, 32, 64, 96)
"""The cores that the curve has."""

SAMPLE_SECONDS = 0.002

IDLE_SECONDS = 0.001
"""CPU seconds that the pool takes without work."""

HASHED_BYTES = 256 << 20
"""Bytes for the speed of SHA-256."""

MAIN, POOL, AHEAD = "main", "pool", "ahead"
"""The first thread, those that compress, and the one that cuts members, if they are cut on one of their own."""

AHEAD_JOBS = 16
"""Threads of the pool with which members are cut ahead: more than `THREADS_TO_CUT_AHEAD`."""


def thread_seconds(pid: int) -> dict[str, float]:
    """Returns the CPU seconds of the threads of a process, by name without number; those of one name are added."""
    found: dict[str, float] = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            name = (task / "comm").read_text().strip()
            seconds = int((task / "schedstat").read_text().split()[0]) / 1e9
        except OSError:
            continue
        name = MAIN if task.name == str(pid) else name.partition("-")[0]
        found[name] = found.get(name, 0) + seconds
    return found


@dataclass(frozen=True)
class Sampled:
    """One pack: its time, and the CPU seconds of its threads."""

    wall: float
    first: float
    """CPU seconds of the first thread until the pool starts."""
    last: float
    """CPU seconds of the first thread after the pool has ended."""
    threads: dict[str, float]


def sample(command: list[str], cwd: Path) -> Sampled:
    """Runs a pack, and samples its threads."""
    samples: list[dict[str, float]] = []
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL)
    ended = threading.Event()

    def watch() -> None:
        while not ended.is_set():
            try:
                found = thread_seconds(process.pid)
            except OSError:
                return
            # The first thread of a process that has ended is gone.
            if MAIN in found:
                samples.append(found)
            time.sleep(SAMPLE_SECONDS)

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    wall = time.perf_counter() - start
    ended.set()
    watcher.join()
    if code != 0:
        raise SystemExit(f"error: `{' '.join(command)}` ended with {code}")
    threads: dict[str, float] = {}
    for found in samples:
        threads |= {name: max(seconds, threads.get(name, 0)) for name, seconds in found.items()}
    pool = threads[POOL]
    before = (found[MAIN] for found in samples if found.get(POOL, 0) <= IDLE_SECONDS)
    after = (found[MAIN] for found in samples if found.get(POOL, 0) >= pool - IDLE_SECONDS)
    first, last = max(before, default=0), threads[MAIN] - min(after, default=threads[MAIN])
    return Sampled(wall, first, last, threads)


def hash_speed(file: Path) -> float:
    """Returns the bytes per second of SHA-256 on one core, for the start of a file."""
    with file.open("rb") as source:
        content = source.read(HASHED_BYTES)
    best = float("inf")
    for _ in range(3):
        start = time.thread_time()
        hashlib.sha256(content).digest()
        best = min(best, time.thread_time() - start)
    return len(content) / best


@dataclass(frozen=True)
class Stages:
    """The CPU seconds of each stage of packing a tree."""

    tree: trees.Tree
    cpu: float
    """Of all threads, between `first` and `last`."""
    serial: dict[str, float]
    """Of each stage that is serial, by name."""
    first: float
    last: float
    measured: dict[int, float]
    """Wall seconds by number of cores."""

    def seconds(self, cores: int) -> float:
        """Returns the time of a pack on this many cores."""
        return self.first + max(self.cpu / cores, *self.serial.values()) + self.last

    def binding(self, cores: int) -> str:
        """Returns the stage that decides the time."""
        name, most = max(self.serial.items(), key=lambda stage: stage[1])
        return name if most > self.cpu / cores else "all cores"


WRITER, CUTTER, HASH = "writer", "cutter", "SHA-256 of the longest member"


def measure(binary: Path, tree: trees.Tree, work: Path, rounds: int, jobs: int | None) -> Stages:
    """Measures the stages, from the fastest of `rounds` packs on one core and on two. `jobs` are the threads of the
    pool; by default one for each core."""
    trees.warm(tree.path)
    largest = max((file for file in tree.path.rglob("*") if file.is_file()), key=lambda file: file.stat().st_size)
    best: dict[int, Sampled] = {}
    for _ in range(rounds):
        for cores in (1, 2):
            out = fresh(work / "out")
            command = ["taskset", "--cpu-list", ",".join(map(str, range(cores))), str(binary)]
            run = sample([*command, *trees.pack_arguments(tree.path, out, 6, jobs or cores)], work)
            log(f"{tree.name} on {cores} cores: {run.wall:.2f} s")
            if cores not in best or run.wall < best[cores].wall:
                best[cores] = run
    two = best[2]
    serial = {WRITER: two.threads[MAIN] - two.first - two.last}
    if AHEAD in two.threads:
        serial[CUTTER] = two.threads[AHEAD]
    serial[HASH] = tree.largest / hash_speed(largest)
    cpu = sum(two.threads.values()) - two.first - two.last
    return Stages(tree, cpu, serial, two.first, two.last, {cores: run.wall for cores, run in best.items()})
