"""Baseline: the wheel of an unpacked tree, written with Python's zipfile and hashlib.

    python3 baseline_zipfile.py [--level N] TREE OUT

This is what a careful build script does with the standard library alone. Each file is read once,
in blocks of 1 MiB; each block goes to SHA-256 and to zipfile's deflate stream, so that memory
stays small and nothing is read twice. (PyPA's `wheel` does the same work with the whole file in
memory; blocks are no slower and need less memory.) Members are sorted, dist-info last and RECORD
last of all, with one timestamp, as wheelworks writes them.
"""

import argparse
import base64
import csv
import hashlib
import io
import stat
import zipfile
from pathlib import Path

BLOCK = 1 << 20
TIMESTAMP = (1980, 1, 1, 0, 0, 0)
NOT_COPIED = ("RECORD", "RECORD.jws", "RECORD.p7s")


def member_info(name: str, executable: bool, size: int, level: int | None) -> zipfile.ZipInfo:
    """A member's header: its size makes zipfile choose ZIP64 where it is needed."""
    info = zipfile.ZipInfo(name, TIMESTAMP)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = (stat.S_IFREG | (0o755 if executable else 0o644)) << 16
    info.file_size = size
    # `ZipFile.open` takes no level, and not the archive's for a header it is given.
    info._compresslevel = level
    return info


def sorted_files(tree: Path, dist_info: str) -> list[tuple[str, Path]]:
    """Every file but RECORD, as (member name, path), dist-info last."""
    files = []
    for path in tree.rglob("*"):
        name = path.relative_to(tree).as_posix()
        if path.is_file() and name not in {f"{dist_info}/{leaf}" for leaf in NOT_COPIED}:
            files.append((name, path))
    return sorted(files, key=lambda file: (file[0].startswith(f"{dist_info}/"), file[0]))


def write_file(
    archive: zipfile.ZipFile, name: str, path: Path, level: int | None
) -> tuple[str, str, int]:
    """Adds one file; returns its RECORD row."""
    status = path.stat()
    info = member_info(name, bool(status.st_mode & 0o111), status.st_size, level)
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as source, archive.open(info, "w") as member:
        while block := source.read(BLOCK):
            digest.update(block)
            member.write(block)
    encoded = base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode("ascii")
    return name, f"sha256={encoded}", status.st_size


def pack(tree: Path, out: Path, level: int | None) -> None:
    """Writes the wheel. A level of None is zlib's default, 6, which wheel builders use."""
    dist_info = next(path.name for path in tree.iterdir() if path.name.endswith(".dist-info"))
    record_name = f"{dist_info}/RECORD"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        rows = [write_file(archive, *file, level) for file in sorted_files(tree, dist_info)]
        record = io.StringIO()
        csv.writer(record, lineterminator="\n").writerows([*rows, (record_name, "", "")])
        text = record.getvalue()
        archive.writestr(member_info(record_name, False, len(text), level), text)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--level", type=int, help="zlib's level (its default, 6)")
    parser.add_argument("tree", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    pack(arguments.tree, arguments.out, arguments.level)


if __name__ == "__main__":
    main()
