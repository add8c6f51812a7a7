"""Baseline: packs an unpacked tree with Python's zipfile and hashlib.

    python3 baseline_zipfile.py [--level N] TREE OUT

A careful build script does this with the standard library only. It reads each file once in blocks
of 1 MiB; each block goes to SHA-256 and to zipfile's deflate stream. (PyPA's `wheel` does the same
work with the whole file in memory; blocks are no slower and need less memory.) Members are sorted,
with dist-info last and RECORD at the end, and have one timestamp, as wheelworks writes them.
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
    """Returns a member's header. zipfile derives from its size whether ZIP64 is needed."""
    info = zipfile.ZipInfo(name, TIMESTAMP)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = (stat.S_IFREG | (0o755 if executable else 0o644)) << 16
    info.file_size = size
    # `ZipFile.open` takes no level, and ignores the archive's level for a given header.
    info._compresslevel = level
    return info


def sorted_files(tree: Path, dist_info: str) -> list[tuple[str, Path]]:
    """Returns every file except RECORD as (member name, path), with dist-info last."""
    files = []
    for path in tree.rglob("*"):
        name = path.relative_to(tree).as_posix()
        if path.is_file() and name not in {f"{dist_info}/{leaf}" for leaf in NOT_COPIED}:
            files.append((name, path))
    return sorted(files, key=lambda file: (file[0].startswith(f"{dist_info}/"), file[0]))


def write_file(
    archive: zipfile.ZipFile, name: str, path: Path, level: int | None
) -> tuple[str, str, int]:
    """Adds one file and returns its RECORD row."""
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
    """Packs the tree that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--level", type=int, help="zlib's level (its default, 6)")
    parser.add_argument("tree", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    pack(arguments.tree, arguments.out, arguments.level)


if __name__ == "__main__":
    main()
