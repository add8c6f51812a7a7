"""A real client of a content store: `buildbox-casd` as a proxy, which cuts large blobs.

    upload, download → proxy → server

With `--enable-chunking-for-instance` the proxy cuts what it uploads by the server's parameters, asks which chunks
are missing, sends those, and has the server splice them. What it downloads it splits, and reads the chunks that it
lacks. Bazel does the same from 8.7 and 9.1 on.
"""

import contextlib
import hashlib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from messages import field, framed, one_of, unframed

INSTANCE = "wheels"

LOCAL = "build.buildgrid.LocalContentAddressableStorage"
"""The service for clients on the same machine: what it moves is cut, what `ByteStream` moves is not."""

START_SECONDS = 60


def free_port() -> int:
    """Returns a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextlib.contextmanager
def proxy(program: Path, folder: Path, server: int) -> Iterator[int]:
    """Starts a proxy of the server on this port, with an empty store in `folder`. Yields its own port."""
    port = free_port()
    folder.mkdir()
    log = folder / "log"
    command = [str(program), f"--bind=127.0.0.1:{port}", "--log-level=info"]
    command += [f"--cas-remote=http://127.0.0.1:{server}", f"--proxy-instance={INSTANCE}:"]
    command += [f"--enable-chunking-for-instance={INSTANCE}", str(folder / "store")]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + START_SECONDS
        while "Server listening" not in log.read_text(errors="replace"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"error: `{program.name}` does not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def call(port: int, method: str, messages: Iterable[bytes]) -> list[bytes]:
    """Calls a method. Returns the messages of the answer. curl speaks HTTP/2, and writes trailers to the head."""
    with tempfile.TemporaryDirectory() as folder:
        body, answer, head = (Path(folder) / name for name in ("body", "answer", "head"))
        body.write_bytes(b"".join(framed(messages)))
        command = ["curl", "--silent", "--show-error", "--http2-prior-knowledge", "--data-binary", f"@{body}"]
        command += ["--header", "content-type: application/grpc", "--header", "te: trailers"]
        command += ["--output", str(answer), "--dump-header", str(head), f"http://127.0.0.1:{port}/{method}"]
        subprocess.run(command, check=True)
        if "grpc-status: 0" not in head.read_text():
            raise SystemExit(f"error: `{method}` failed:\n{head.read_text()}")
        return list(unframed(answer.read_bytes()))


def digest(blob: bytes) -> bytes:
    """Returns a blob's digest."""
    return field(1, hashlib.sha256(blob).hexdigest().encode()) + field(2, len(blob))


def upload(port: int, file: Path) -> None:
    """Stores a file: the proxy reads it from the disk, and uploads what the server lacks."""
    request = field(1, INSTANCE.encode()) + field(6, str(file.parent).encode()) + field(2, file.name.encode())
    call(port, f"{LOCAL}/CaptureFiles", [request])


def download(port: int, blob: bytes) -> bool:
    """Fetches a blob to the proxy, and reads it from there. Returns whether it came back byte for byte."""
    call(port, f"{LOCAL}/FetchMissingBlobs", [field(1, INSTANCE.encode()) + field(2, digest(blob))])
    name = f"{INSTANCE}/blobs/{hashlib.sha256(blob).hexdigest()}/{len(blob)}".encode()
    answer = call(port, "google.bytestream.ByteStream/Read", [field(1, name)])
    return b"".join(one_of(message, 10) for message in answer) == blob
