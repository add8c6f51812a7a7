"""Archives whose bytes depend on their content alone: sorted, with one time, no owner, and no name in the gzip header."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Entry:
    """A file of an archive."""

    name: str
    content: bytes
    is_executable: bool = False


def write_tar_gz(path: Path, prefix: str, entries: Iterable[Entry], seconds: int) -> None:
    """Writes entries below the directory `prefix`. `seconds` is the time of all, since 1970."""
    with path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as zipped:
        with tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for entry in sorted(entries):
                header = tarfile.TarInfo(f"{prefix}/{entry.name}")
                header.size = len(entry.content)
                header.mode = 0o755 if entry.is_executable else 0o644
                header.mtime = seconds
                archive.addfile(header, io.BytesIO(entry.content))


def sha256(path: Path) -> str:
    """Returns the SHA-256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_sum(path: Path) -> None:
    """Writes FILE.sha256 beside a file, as `sha256sum --check` reads it."""
    path.with_name(path.name + ".sha256").write_text(f"{sha256(path)}  {path.name}\n", "utf-8")
