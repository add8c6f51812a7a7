"""The threads of a worker that answers small requests: which of them would bind on many cores."""

from pathlib import Path

from measuring.work import fresh
from measuring.worker_client import Worker
from measuring.worker_protocol import request
from model import MAIN, thread_seconds

REQUESTS = 2000

FILES = 10
"""Modules of each wheel."""

SERIAL = {"reader": "reader of requests", MAIN: "dispatcher", "writer": "writer of responses"}
"""The threads that there is one of."""


def make_tree(tree: Path) -> None:
    """Writes a tree of a few modules."""
    dist_info = tree / "small-1.0.dist-info"
    dist_info.mkdir(parents=True)
    (dist_info / "METADATA").write_text("Metadata-Version: 2.1\nName: small\nVersion: 1.0\n")
    (dist_info / "WHEEL").write_text(
        "Wheel-Version: 1.0\nGenerator: none\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    for number in range(FILES):
        (tree / f"module_{number}.py").write_text(f"def function_{number}():\n    return {number}\n" * 40)


def microseconds(binary: Path, threads: int, work: Path, count: int) -> dict[str, float]:
    """Returns the CPU time of each kind of thread for a small pack, on average of `count`."""
    folder = fresh(work / "small")
    make_tree(folder / "tree")
    # Without the cache, so that each request packs.
    with Worker(binary, threads, folder, "--cache-memory=0") as worker:
        framed = request(["pack", "--wheel-dir=out", "tree"])
        worker.answered(framed)
        before = thread_seconds(worker.process.pid)
        for _ in range(count):
            worker.answered(framed)
        after = thread_seconds(worker.process.pid)
    return {name: 1e6 * (seconds - before.get(name, 0)) / count for name, seconds in after.items()}
