"""Small work: what a worker's own share of a request is, and whether it grows."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from measuring import measure
from measuring.worker_client import Worker
from measuring.worker_protocol import request

NOTHING = ["--version"]
"""A request with nothing to do: what it costs is reading it, starting it and answering it."""

TREES = 100
"""Different small wheels that the requests are about, in turn."""

SAMPLE_EVERY = 100
"""Requests between two looks at the memory."""

CHANGING_MEMORY = "4MiB"
"""What a worker may remember whose requests are all new: full long before the thousandth request."""

SETTLED = 4
"""Seconds after which a file that was left alone is known by what the system says of it. Before that a worker
remembers less, and so would grow once they are over."""

NEW_BYTES = 16 << 10
"""Length of the file that is new in each of those."""

WHEEL = "Wheel-Version: 1.0\nGenerator: none\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def start_seconds(binary: Path, threads: int, scratch: Path) -> float:
    """From before the process is started until its first response has been read."""
    measure.settle()
    start = time.perf_counter()
    with Worker(binary, threads, scratch) as worker:
        worker.answered(request(NOTHING))
        return time.perf_counter() - start


def nothing_seconds(binary: Path, threads: int, scratch: Path, count: int) -> list[float]:
    """Seconds of each of many requests with nothing to do."""
    framed = request(NOTHING)
    with Worker(binary, threads, scratch) as worker:
        worker.answered(framed)
        return [worker.answered(framed)[0] for _ in range(count)]


@dataclass(frozen=True)
class Growth:
    """The memory of a worker over many small requests."""

    label: str
    points: list[tuple[float, float]]
    """Requests answered, and megabytes of RssAnon then."""
    walls: list[float]
    """Seconds of each request."""

    def at(self, requests: int) -> float:
        """Megabytes after so many requests, or at the last look before."""
        return [megabytes for answered, megabytes in self.points if answered <= requests][-1]


def write_tree(tree: Path, number: int) -> None:
    """An unpacked wheel of six files, a few kilobytes."""
    package, dist_info = tree / f"small_{number}", tree / f"small_{number}-1.0.dist-info"
    package.mkdir(parents=True, exist_ok=True)
    dist_info.mkdir(exist_ok=True)
    for module in range(4):
        lines = (f"def function_{line}(x):\n    return x + {line * number}\n" for line in range(40))
        (package / f"module_{module}.py").write_text("".join(lines))
    (dist_info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: small-{number}\nVersion: 1.0\n")
    (dist_info / "WHEEL").write_text(WHEEL)


def mixed(scratch: Path) -> list[list[str]]:
    """Requests of all kinds about the small wheels: pack, show, check, unpack, repack of each."""
    requests = []
    for number in range(TREES):
        tree, wheels = scratch / f"tree-{number}", scratch / "wheels"
        write_tree(tree, number)
        wheel = str(wheels / f"small_{number}-1.0-py3-none-any.whl")
        requests += [
            ["pack", f"--wheel-dir={wheels}", str(tree)],
            ["show", "--json", "--no-host", "--allow-pure-python-wheel", wheel],
            ["check", wheel],
            ["unpack", "--replace", f"--wheel={wheel}", f"--out={scratch / 'unpacked'}"],
            ["repack", wheel, f"--wheel-dir={scratch / 'again'}"],
        ]
    return requests


def same(binary: Path, threads: int, scratch: Path, count: int) -> Growth:
    """The mixed requests over and over, with what a worker remembers by default."""
    framed = [request(arguments) for arguments in mixed(scratch)]
    time.sleep(SETTLED)
    with Worker(binary, threads, scratch) as worker:
        return grow(f"{len(framed)} requests of five kinds, in turn", worker, count, framed)


def changing(binary: Path, threads: int, scratch: Path, count: int) -> Growth:
    """Packs of files that are new each time, by a worker that may remember CHANGING_MEMORY."""
    tree, wheels = scratch / "changing", scratch / "wheels"
    write_tree(tree, 0)
    module = tree / "small_0" / "module_0.py"
    generator = random.Random(0)

    def change(_: int) -> None:
        module.write_text(generator.randbytes(NEW_BYTES // 2).hex())

    framed = [request(["pack", f"--wheel-dir={wheels}", str(tree)])]
    with Worker(binary, threads, scratch, f"--cache-memory={CHANGING_MEMORY}") as worker:
        label = f"packs of a new file each, {CHANGING_MEMORY} remembered"
        return grow(label, worker, count, framed, change)


def grow(
    label: str,
    worker: Worker,
    count: int,
    requests: list[bytes],
    before: Callable[[int], None] = lambda _: None,
) -> Growth:
    """Sends `count` requests, the given ones in turn, and looks at the memory now and then."""
    points, walls = [], []
    for number in range(count):
        before(number)
        walls.append(worker.answered(requests[number % len(requests)])[0])
        if (number + 1) % SAMPLE_EVERY == 0:
            anonymous = measure.status_bytes(worker.process.pid)["RssAnon"]
            points.append((number + 1, anonymous / 1e6))
    return Growth(label, points, walls)
