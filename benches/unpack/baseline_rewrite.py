"""Baseline: an archive written again with Python's zipfile, each member deflated.

    python3 baseline_rewrite.py [--level N | --store] ARCHIVE OUT

Members keep their order, names, times and modes. Blocks of 1 MiB go from one archive to the other.
RECORD stays as it is, so that nothing needs to be hashed. `--store` makes what is written again.
"""

import argparse
import zipfile
from pathlib import Path

BLOCK = 1 << 20


def rewrite(source: Path, out: Path, level: int | None) -> None:
    """Writes each member at a level of zlib's; without one it is stored."""
    method = zipfile.ZIP_STORED if level is None else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(out, "w", method) as new:
        for info in old.infolist():
            copy = zipfile.ZipInfo(info.filename, info.date_time)
            copy.compress_type = method
            copy.external_attr = info.external_attr
            copy.file_size = info.file_size
            # `ZipFile.open` takes no level, and not the archive's for a header it is given.
            copy._compresslevel = level
            with old.open(info) as member, new.open(copy, "w") as target:
                while block := member.read(BLOCK):
                    target.write(block)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--level", type=int, default=6, help="zlib's level")
    parser.add_argument("--store", action="store_true", help="deflate nothing")
    parser.add_argument("archive", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    rewrite(arguments.archive, arguments.out, None if arguments.store else arguments.level)


if __name__ == "__main__":
    main()
