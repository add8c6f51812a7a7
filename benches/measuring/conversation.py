"""A worker with many requests open at once: each must be answered, once, and by nothing but frames."""

import contextlib
import os
import selectors
import signal
import subprocess
import time
from pathlib import Path

from measuring.worker_protocol import Frames, Response, response

READ_SIZE = 1 << 20

END_PATIENCE = 60
"""Seconds that it may take to end once stdin is closed."""


class Broken(Exception):
    """The worker broke a promise."""


class Conversation:
    """One worker and the requests that are open."""

    def __init__(
        self, command: list[str], environment: dict[str, str], work: Path, patience: float
    ) -> None:
        self.patience = patience
        self.log = work / "worker.log"
        self.process = subprocess.Popen(
            command,
            cwd=work,
            env=environment | {"WHEELWORKS_FAULTS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log.open("wb"),
            start_new_session=True,
        )
        assert self.process.stdin is not None and self.process.stdout is not None
        self.stdin, self.stdout = self.process.stdin.fileno(), self.process.stdout.fileno()
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.stdout, selectors.EVENT_READ)
        self.frames = Frames()
        self.open: set[int] = set()
        self.answered = 0
        self.last_answer = time.monotonic()

    def send(self, frame: bytes, request_id: int | None = None) -> None:
        """A request, which is open from now on, or something that is not answered."""
        if request_id is not None:
            self.open.add(request_id)
        view = memoryview(frame)
        while view:
            view = view[os.write(self.stdin, view) :]

    def receive(self, wait: float) -> list[Response]:
        """The answers that come within a while."""
        if not self.selector.select(wait):
            if self.open and time.monotonic() - self.last_answer > self.patience:
                raise Broken(f"no answer in {self.patience} s; open: {sorted(self.open)}")
            return []
        data = os.read(self.stdout, READ_SIZE)
        if not data:
            raise Broken(f"the worker ended; open: {sorted(self.open)}\n{self.said()}")
        return self.understand(data)

    def understand(self, data: bytes) -> list[Response]:
        """Answers, each to a request that was open."""
        self.last_answer = time.monotonic()
        try:
            answers = [response(message) for message in self.frames.feed(data)]
        except (ValueError, IndexError) as error:
            raise Broken(f"stdout holds something else than responses: {error}") from error
        for answer in answers:
            if answer.request_id not in self.open:
                raise Broken(f"an answer to request {answer.request_id}, which is not open: {answer}")
            self.open.remove(answer.request_id)
            self.answered += 1
        return answers

    def finish(self) -> None:
        """Closes stdin: the worker has nothing more to say, and ends with 0."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        try:
            code = self.process.wait(END_PATIENCE)
        except subprocess.TimeoutExpired:
            raise Broken(f"the worker does not end within {END_PATIENCE} s") from None
        rest = self.process.stdout.read()
        if self.frames.rest or rest:
            raise Broken(f"{len(self.frames.rest) + len(rest)} bytes after the last answer")
        if code != 0:
            raise Broken(f"the worker ended with {code}\n{self.said()}")

    def kill(self) -> None:
        """Ends the worker, if it has not ended, and what it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def said(self) -> str:
        """The end of the worker's log."""
        return self.log.read_text(errors="replace")[-4000:]
