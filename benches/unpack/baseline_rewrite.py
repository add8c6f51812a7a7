"""Baseline: rewrites an archive with Python's zipfile, and deflates each member.

    python3 baseline_rewrite.py [--level N | --store] ARCHIVE OUT

Members keep their order, names, times and modes. Data is copied in blocks of 1 MiB. RECORD is not
changed, so nothing is hashed. `--store` creates the input of the benchmark.
"""

import argparse
import zipfile
from pathlib import Path

BLOCK = 1 << 20


def rewrite(source: Path, out: Path, level: int | None) -> None:
    """Rewrites each member at a zlib level; None stores it."""
    method = zipfile.ZIP_STORED if level is None else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(out, "w", method) as new:
        for info in old.infolist():
            copy = zipfile.ZipInfo(info.filename, info.date_time)
            copy.compress_type = method
            copy.external_attr = info.external_attr
            copy.file_size = info.file_size
            # `ZipFile.open` takes no level, and ignores the archive's level for a given header.
            copy._compresslevel = level
            with old.open(info) as member, new.open(copy, "w") as target:
                while block := member.read(BLOCK):
                    target.write(block)


def main() -> None:
    """Rewrites the archive that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--level", type=int, default=6, help="zlib's level")
    parser.add_argument("--store", action="store_true", help="deflate nothing")
    parser.add_argument("archive", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    rewrite(arguments.archive, arguments.out, None if arguments.store else arguments.level)


if __name__ == "__main__":
    main()
