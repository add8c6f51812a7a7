"""The threads of a worker that answers small requests: which of them would bind on many cores."""

import os
from pathlib import Path

from measuring.conversation import Conversation
from measuring.measure import cpu_seconds
from measuring.work import fresh
from measuring.worker_protocol import request
from model import MAIN, thread_seconds

REQUESTS = 2000

IN_FLIGHT = 16
"""Requests that are not answered yet."""

PATIENCE_SECONDS = 60

FILES = 10
"""Modules of each wheel."""

ALL = "all threads"

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
    """Returns the CPU time of each kind of thread for a small pack, on average of `count`. Some are in flight all
    the time, so that no thread waits for a request."""
    folder = fresh(work / "small")
    make_tree(folder / "tree")
    frames = [request(["pack", f"--wheel-dir=out-{slot}", "tree"], slot + 1) for slot in range(IN_FLIGHT)]
    # Without the cache, so that each request packs.
    command = [str(binary), "--persistent_worker", f"--worker-jobs={threads}", "--cache-memory=0"]
    worker = Conversation(command, dict(os.environ), folder, PATIENCE_SECONDS)

    def answer(requests: int) -> dict[str, float]:
        """Keeps requests in flight until so many are answered. Returns the CPU seconds of the threads so far."""
        worker.answered = 0
        sent = 0
        free = list(range(IN_FLIGHT))
        while worker.answered < requests:
            while free and sent < requests:
                slot = free.pop()
                worker.send(frames[slot], slot + 1)
                sent += 1
            for found in worker.receive(1):
                if found.exit_code != 0:
                    raise SystemExit(f"error: the worker answered {found.exit_code}: {found.output}")
                free.append(found.request_id - 1)
        # Threads that have ended meanwhile are in the sum only.
        return thread_seconds(worker.process.pid) | {ALL: cpu_seconds(worker.process.pid)}

    before = answer(IN_FLIGHT)
    after = answer(count)
    worker.finish()
    return {name: 1e6 * (seconds - before.get(name, 0)) / count for name, seconds in after.items()}
