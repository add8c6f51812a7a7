"""Measures the overhead of a worker per small request, and the growth of its memory."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from measuring import measure
from measuring.measure import CommandFailed
from measuring.worker_client import Heap, Worker
from measuring.worker_protocol import request

NOTHING = ["--version"]
"""An empty request: its cost is that of reading, scheduling and answering it."""

TREES = 100
"""The number of distinct small wheels in the requests."""

SAMPLE_EVERY = 100
"""Requests between two memory samples."""

PARTS = (10, 2, 1)
"""Memory is reported after these parts of the requests."""

MEMBERS = 20_000
"""Members of the wheel whose arguments are read from a file."""

CHANGING_MEMORY = "4MiB"
"""Cache size of the worker whose requests are all new: full long before the thousandth request."""

SETTLED = 4
"""Seconds after the last change of a file until a worker trusts its fingerprint. Before that it caches less, so
its memory would grow later."""

NEW_BYTES = 16 << 10
"""Bytes of the new file in each of these requests."""

WHEEL = "Wheel-Version: 1.0\nGenerator: none\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def start_seconds(binary: Path, threads: int, scratch: Path) -> float:
    """Returns the seconds from before the process starts until its first response has been read."""
    measure.settle()
    start = time.perf_counter()
    with Worker(binary, threads, scratch) as worker:
        worker.answered(request(NOTHING))
        return time.perf_counter() - start


def nothing_seconds(binary: Path, threads: int, scratch: Path, count: int) -> list[float]:
    """Returns the seconds of each of `count` empty requests."""
    framed = request(NOTHING)
    with Worker(binary, threads, scratch) as worker:
        worker.answered(framed)
        return [worker.answered(framed)[0] for _ in range(count)]


def arguments_seconds(binary: Path, threads: int, scratch: Path, count: int) -> list[float]:
    """Returns the seconds of each of `count` requests to pack MEMBERS members of an argument file, until packing would
    begin: the output has a wrong name, which is refused then."""
    paths = (f"package/folder_{number % 50}/module_{number}.py" for number in range(MEMBERS))
    lines = ["pack", "--out=wrong.whl", "--distribution=package", "--version=1"]
    lines += [f"--member={path}=bazel-out/k8-opt/bin/{path}" for path in paths]
    (scratch / "arguments").write_text("\n".join(lines))
    framed, walls = request(["@arguments"]), []
    with Worker(binary, threads, scratch) as worker:
        for _ in range(count):
            start = time.perf_counter()
            try:
                worker.answered(framed)
            except CommandFailed:
                walls.append(time.perf_counter() - start)
    if len(walls) != count:
        raise SystemExit("error: a wheel with a wrong name was packed")
    return walls


@dataclass(frozen=True)
class Growth:
    """The memory of a worker over many small requests."""

    label: str
    points: list[tuple[float, float]]
    """Answered requests, and megabytes of RssAnon."""
    walls: list[float]
    """Seconds of each request."""
    heaps: dict[int, Heap]
    """The allocator's figures after a tenth, half and all of the requests."""

    def at(self, requests: int) -> float:
        """Returns the megabytes after `requests` requests, or at the last sample before."""
        return [megabytes for answered, megabytes in self.points if answered <= requests][-1]


def write_tree(tree: Path, number: int) -> None:
    """Writes an unpacked wheel of six files, a few kilobytes."""
    package, dist_info = tree / f"small_{number}", tree / f"small_{number}-1.0.dist-info"
    package.mkdir(parents=True, exist_ok=True)
    dist_info.mkdir(exist_ok=True)
    for module in range(4):
        lines = (f"def function_{line}(x):\n    return x + {line * number}\n" for line in range(40))
        (package / f"module_{module}.py").write_text("".join(lines))
    (dist_info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: small-{number}\nVersion: 1.0\n")
    (dist_info / "WHEEL").write_text(WHEEL)


def mixed(scratch: Path) -> list[list[str]]:
    """Returns requests of five kinds for each small wheel: pack, show, check, unpack, repack."""
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
    """Repeats the mixed requests, with the default cache size."""
    framed = [request(arguments) for arguments in mixed(scratch)]
    time.sleep(SETTLED)
    with Worker(binary, threads, scratch) as worker:
        return grow(f"{len(framed)} requests of five kinds, in turn", worker, count, framed)


def changing(binary: Path, threads: int, scratch: Path, count: int) -> Growth:
    """Packs a new file each time, in a worker with a cache of CHANGING_MEMORY."""
    tree, wheels = scratch / "changing", scratch / "wheels"
    write_tree(tree, 0)
    module = tree / "small_0" / "module_0.py"
    generator = random.Random(0)

    def change(_: int) -> None:
        module.write_text(generator.randbytes(NEW_BYTES // 2).hex())

    framed = [request(["pack", f"--wheel-dir={wheels}", str(tree)])]
    with Worker(binary, threads, scratch, f"--cache-memory={CHANGING_MEMORY}") as worker:
        label = f"packs of a new file each, {CHANGING_MEMORY} cache"
        return grow(label, worker, count, framed, change)


def grow(
    label: str,
    worker: Worker,
    count: int,
    requests: list[bytes],
    before: Callable[[int], None] = lambda _: None,
) -> Growth:
    """Sends `count` requests, the given ones in turn, and samples the memory."""
    points, walls, heaps = [], [], {}
    looked_at = {count // part for part in PARTS}
    for number in range(count):
        before(number)
        walls.append(worker.answered(requests[number % len(requests)])[0])
        if (number + 1) % SAMPLE_EVERY == 0:
            anonymous = measure.status_bytes(worker.process.pid)["RssAnon"]
            points.append((number + 1, anonymous / 1e6))
        if number + 1 in looked_at:
            heaps[number + 1] = worker.heap()
    return Growth(label, points, walls, heaps)
