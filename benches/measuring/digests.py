"""Digests of input files, as Bazel sends them to a worker."""

import hashlib
from pathlib import Path

_known: dict[tuple[str, int, int, int], bytes] = {}


def tokens(tree: Path) -> dict[str, bytes]:
    """Returns the digest of each file of a tree, by path. Bazel computes digests before it sends a request,
    so they are not part of a measurement. Unchanged files are hashed once."""
    return {str(file): token(file) for file in sorted(tree.rglob("*")) if file.is_file()}


def token(file: Path) -> bytes:
    """Returns the SHA-256 of a file as hexadecimal digits, as Bazel sends it."""
    status = file.stat()
    key = (str(file), status.st_ino, status.st_size, status.st_mtime_ns)
    if key not in _known:
        with file.open("rb") as opened:
            _known[key] = hashlib.file_digest(opened, "sha256").hexdigest().encode()
    return _known[key]
