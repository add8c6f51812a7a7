"""Talks to a persistent worker as Bazel does: protocol buffers, each after its length."""

import json
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import IO

from measuring.measure import CommandFailed, Run, cpu_seconds, settle, status_bytes

ARGUMENTS, INPUTS, OUTPUT, EXIT_CODE = 1, 2, 2, 1
PATH, DIGEST = 1, 2
VARINT, BYTES = 0, 2

Inputs = Mapping[str, bytes]
"""Paths of input files, and of each the token that Bazel gives: its digest as hexadecimal digits."""
NO_INPUTS: Inputs = MappingProxyType({})


def varint(value: int) -> bytes:
    """Seven bits a byte, least significant first; all but the last have the high bit set."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def read_varint(stream: IO[bytes]) -> int:
    """The inverse; the end of the stream is an error."""
    value = shift = 0
    while True:
        byte = stream.read(1)
        if not byte:
            raise CommandFailed("the worker closed its output")
        value |= (byte[0] & 0x7F) << shift
        if byte[0] <= 0x7F:
            return value
        shift += 7


def field(number: int, content: bytes) -> bytes:
    """A field of bytes, a string or a message."""
    return bytes([number << 3 | BYTES]) + varint(len(content)) + content


def request(arguments: list[str], inputs: Inputs = NO_INPUTS) -> bytes:
    """A framed WorkRequest with these arguments and inputs, and the id 0."""
    parts = [field(ARGUMENTS, argument.encode()) for argument in arguments]
    for path, digest in inputs.items():
        parts.append(field(INPUTS, field(PATH, path.encode()) + field(DIGEST, digest)))
    message = b"".join(parts)
    return varint(len(message)) + message


def read_response(stream: IO[bytes]) -> tuple[int, str]:
    """Exit code and output of the next WorkResponse."""
    left = read_varint(stream)
    exit_code, output = 0, ""
    while left > 0:
        tag = stream.read(1)[0]
        value = read_varint(stream)
        left -= 1 + len(varint(value))
        if tag & 7 == BYTES:
            text = stream.read(value).decode()
            left -= value
            output = text if tag >> 3 == OUTPUT else output
        elif tag >> 3 == EXIT_CODE:
            exit_code = value
    return exit_code, output


class Worker:
    """A worker process, for as long as the `with` block."""

    def __init__(self, binary: Path, threads: int, cwd: Path, *options: str) -> None:
        command = [str(binary), "--persistent_worker", f"--worker-jobs={threads}", *options]
        self.process = subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

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
        """Sends one request and waits for its response."""
        return self.run(arguments)[0]

    def asked(self, arguments: list[str], inputs: Inputs = NO_INPUTS) -> tuple[Run, dict[str, int]]:
        """The same for a request with `--json`; its summary beside the time."""
        run, output = self.run(arguments, inputs)
        return run, json.loads(output[output.index("{") :])

    def run(self, arguments: list[str], inputs: Inputs = NO_INPUTS) -> tuple[Run, str]:
        """Sends one request and waits for its response, whose text is given as well."""
        settle()
        cpu = cpu_seconds(self.process.pid)
        wall, output = self.answered(request(arguments, inputs))
        cpu = cpu_seconds(self.process.pid) - cpu
        return Run(wall, cpu, status_bytes(self.process.pid).get("VmHWM", 0)), output

    def answered(self, framed: bytes) -> tuple[float, str]:
        """Seconds from a framed request to its response, and the response's text."""
        assert self.process.stdin is not None and self.process.stdout is not None
        start = time.perf_counter()
        self.process.stdin.write(framed)
        self.process.stdin.flush()
        exit_code, output = read_response(self.process.stdout)
        wall = time.perf_counter() - start
        if exit_code != 0:
            raise CommandFailed(f"the worker answered {exit_code}: {output}")
        return wall, output
