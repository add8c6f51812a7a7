"""A worker with many requests in flight. Each must be answered exactly once, and stdout holds only frames."""

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
"""Maximum seconds from closing stdin to the end of the worker."""


class Broken(Exception):
    """The worker violated the protocol."""


class Conversation:
    """One worker and its requests in flight."""

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
        """Sends a frame. With `request_id`, a response is expected from now on."""
        if request_id is not None:
            self.open.add(request_id)
        view = memoryview(frame)
        while view:
            view = view[os.write(self.stdin, view) :]

    def receive(self, wait: float) -> list[Response]:
        """Returns the responses that arrive within `wait` seconds.

        Raises Broken if requests are in flight and none was answered for `patience` seconds.
        """
        if not self.selector.select(wait):
            if self.open and time.monotonic() - self.last_answer > self.patience:
                raise Broken(f"no answer in {self.patience} s; open: {sorted(self.open)}")
            return []
        data = os.read(self.stdout, READ_SIZE)
        if not data:
            raise Broken(f"the worker ended; open: {sorted(self.open)}\n{self.log_tail()}")
        return self.decode(data)

    def decode(self, data: bytes) -> list[Response]:
        """Decodes responses and matches each with a request in flight."""
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
        """Closes stdin. The worker must write nothing more and exit with 0."""
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
            raise Broken(f"the worker ended with {code}\n{self.log_tail()}")

    def kill(self) -> None:
        """Kills the worker and its children, unless it has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def log_tail(self) -> str:
        """Returns the last 4000 characters of the worker's log."""
        return self.log.read_text(errors="replace")[-4000:]
