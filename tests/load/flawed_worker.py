#!/usr/bin/env python3
"""A worker with one flaw, which the soak must find: the real worker behind a proxy.

    FLAW=drop WHEELWORKS=PATH flawed_worker.py --persistent_worker OPTIONS…
"""

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benches"))

from measuring.worker_protocol import Frames, field, fields, response, varint

FLAW = os.environ["FLAW"]

AT = 150
"""The number of the response that is wrong; of a leak, the first one."""

READ_SIZE = 1 << 20

OUTPUT = re.compile(rb"out/\d+")

kept: list[object] = []
"""What leaks."""


def frame(message: bytes) -> bytes:
    """A message after its length."""
    return varint(len(message)) + message


class Flawed:
    """Forwards requests and responses."""

    def __init__(self) -> None:
        self.worker = subprocess.Popen(
            [os.environ["WHEELWORKS"], *sys.argv[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.directories: dict[int, Path] = {}
        self.arguments: dict[int, bytes] = {}
        self.made: dict[bytes, bytes] = {}
        """The first outputs of requests with the same arguments."""
        self.answered = 0
        self.is_done = False

    def requests(self) -> None:
        """Forwards requests until stdin ends, and records the output directory of each."""
        assert self.worker.stdin is not None
        frames = Frames()
        while data := os.read(0, READ_SIZE):
            for message in frames.feed(data):
                found = OUTPUT.search(message)
                if found:
                    path = Path(found[0].decode())
                    self.directories[int(path.name)] = path
                    words = [bytes(it) for number, it in fields(message) if number == 1]
                    self.arguments[int(path.name)] = OUTPUT.sub(b"", b"\0".join(words))
                self.worker.stdin.write(frame(message))
            self.worker.stdin.flush()
        self.worker.stdin.close()

    def answers(self) -> None:
        """Forwards responses, with the flaw, until the worker ends."""
        assert self.worker.stdout is not None
        frames = Frames()
        while data := os.read(self.worker.stdout.fileno(), READ_SIZE):
            for message in frames.feed(data):
                self.answered += 1
                os.write(1, self.spoiled(message))

    def spoiled(self, message: bytes) -> bytes:
        """Returns the responses to send instead of one."""
        if FLAW == "leaks" and self.answered >= AT:
            self.leak()
        answer = response(message)
        directory = self.directories.get(answer.request_id)
        if FLAW == "stale":
            self.repeat(self.arguments.get(answer.request_id, b""), a_file(directory))
        if self.answered < AT or self.is_done or answer.was_cancelled:
            return frame(message)
        spoil = {
            "drop": lambda: b"",
            "twice": lambda: frame(message) * 2,
            "other_id": lambda: frame(message + field(3, 2_000_000_000)),
            "exit_code": lambda: frame(message + field(1, 1 + answer.exit_code)),
            "word": lambda: frame(message + field(2, answer.output.encode() + b"!")),
            "cancelled": lambda: frame(message + field(4, 1)),
            "noise": lambda: b"\x05hello" + frame(message),
            "byte": lambda: flip(directory) and frame(message),
            "absent": lambda: remove(directory) and frame(message),
            "litter": lambda: litter(directory) and frame(message),
        }.get(FLAW)
        result = spoil() if spoil else frame(message)
        self.is_done = result is not None and spoil is not None
        return frame(message) if result is None else result

    def repeat(self, arguments: bytes, file: Path | None) -> None:
        """Repeats the outputs of the first request with the same arguments, although sources have changed."""
        if file is not None and self.made.setdefault(arguments, file.read_bytes()):
            file.write_bytes(self.made[arguments])

    def leak(self) -> None:
        """Leaks something for each request."""
        kept.append(os.urandom(40_000))
        if self.answered % 100 == 0:
            kept.append(open("/dev/null", "rb"))
            threading.Thread(target=time.sleep, args=(600,), daemon=True).start()


def a_file(directory: Path | None) -> Path | None:
    """Returns an output file of a request, if there is one."""
    if directory is None or not directory.exists():
        return None
    return next((path for path in sorted(directory.rglob("*")) if path.is_file()), None)


def flip(directory: Path | None) -> bool | None:
    """Changes one bit of an output."""
    file = a_file(directory)
    if file is None or not file.stat().st_size:
        return None
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    return True


def remove(directory: Path | None) -> bool | None:
    """Removes an output."""
    file = a_file(directory)
    if file is None:
        return None
    file.unlink()
    return True


def litter(directory: Path | None) -> bool | None:
    """Leaves a temporary file."""
    if directory is None or not directory.exists():
        return None
    directory.joinpath(".tmp123").write_bytes(b"")
    return True


if __name__ == "__main__":
    flawed = Flawed()
    threading.Thread(target=flawed.requests, daemon=True).start()
    flawed.answers()
    sys.stdout.flush()
    os._exit(flawed.worker.wait())
