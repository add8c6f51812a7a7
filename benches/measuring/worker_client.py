"""A persistent worker that receives one request at a time; each is measured."""

import json
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType

from measuring.measure import CommandFailed, Run, cpu_seconds, settle, status_bytes
from measuring.worker_protocol import Frames, request, response

READ_SIZE = 1 << 16

Inputs = Mapping[str, bytes]
"""Paths of input files and their digests: see `digests.py`."""

NO_INPUTS: Inputs = MappingProxyType({})


@dataclass(frozen=True)
class Heap:
    """Figures of a worker's allocator, and of its cache, in bytes."""

    in_use: int
    free: int
    entries: int
    """Cache entries."""
    cached: int


class Worker:
    """A worker process that lives as long as its `with` block."""

    def __init__(self, binary: Path, threads: int, cwd: Path, *options: str) -> None:
        command = [str(binary), "--persistent_worker", f"--worker-jobs={threads}", *options]
        # With this variable a worker tells the figures of its allocator.
        environment = {**os.environ, "WHEELWORKS_FAULTS": "1"}
        self.process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.frames = Frames()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()

    def timed(self, arguments: list[str]) -> Run:
        """Returns the measurements of one request."""
        return self.run(arguments)[0]

    def asked(
        self, arguments: list[str], inputs: Inputs = NO_INPUTS, at_once: bool = False
    ) -> tuple[Run, dict[str, int]]:
        """Returns the measurements and the JSON summary of the wheel of one request with `--json`."""
        run, output = self.run(arguments, inputs, at_once)
        return run, json.loads(output[output.index("{") :])["wheels"][0]

    def run(self, arguments: list[str], inputs: Inputs = NO_INPUTS, at_once: bool = False) -> tuple[Run, str]:
        """Returns the measurements and the output of one request. `at_once` leaves out the flush before it."""
        if not at_once:
            settle()
        cpu = cpu_seconds(self.process.pid)
        wall, output = self.answered(request(arguments, inputs=tuple(inputs.items())))
        cpu = cpu_seconds(self.process.pid) - cpu
        return Run(wall, cpu, status_bytes(self.process.pid).get("VmHWM", 0)), output

    def heap(self) -> Heap:
        """Returns the allocator's figures."""
        figures = json.loads(self.answered(request(["fault", "--allocator"]))[1])
        cache = figures["cache"]
        return Heap(figures["in_use"] + figures["mapped"], figures["free"], cache["entries"], cache["bytes"])

    def answered(self, framed: bytes) -> tuple[float, str]:
        """Sends a framed request. Returns the seconds until its response, and the response's output.

        Raises CommandFailed for an exit code other than 0.
        """
        assert self.process.stdin is not None
        start = time.perf_counter()
        self.process.stdin.write(framed)
        self.process.stdin.flush()
        answer = response(self.next_message())
        wall = time.perf_counter() - start
        if answer.exit_code != 0:
            raise CommandFailed(f"the worker answered {answer.exit_code}: {answer.output}")
        return wall, answer.output

    def next_message(self) -> bytes:
        """Returns the next encoded response."""
        assert self.process.stdout is not None
        while True:
            data = os.read(self.process.stdout.fileno(), READ_SIZE)
            if not data:
                raise CommandFailed("the worker closed its output")
            messages = self.frames.feed(data)
            if messages:
                return messages[0]
