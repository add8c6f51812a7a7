"""Baseline: inflates a wheel's ELF members with Python's streaming zlib, on one core.

    python3 baseline_inflate.py WHEEL

An auditor must inflate a wheel's ELF files, unless it can stop before the end of a file. This script
measures the cost of inflating alone: it drops the output. Prints JSON; the seconds count inflating,
not the start of Python.
"""

import json
import os
import struct
import sys
import time
import zipfile
import zlib
from pathlib import Path
from typing import IO

BLOCK = 1 << 16
ELF = b"\x7fELF"
LOCAL_HEADER = 30


def is_elf(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    """Returns whether a member starts with the ELF magic number."""
    with archive.open(info) as member:
        return member.read(len(ELF)) == ELF


def data_offset(file: IO[bytes], info: zipfile.ZipInfo) -> int:
    """Returns the offset of a member's compressed bytes."""
    file.seek(info.header_offset)
    name, extra = struct.unpack("<26x2H", file.read(LOCAL_HEADER))
    return info.header_offset + LOCAL_HEADER + int(name) + int(extra)


def inflate(file: IO[bytes], info: zipfile.ZipInfo) -> int:
    """Inflates a member, drops the output and returns its size."""
    file.seek(data_offset(file, info))
    stored = info.compress_type == zipfile.ZIP_STORED
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    size, left = 0, info.compress_size
    while left > 0 and (block := file.read(min(BLOCK, left))):
        left -= len(block)
        size += len(block if stored else stream.decompress(block))
    return size


def main() -> None:
    """Measures the wheel that the command line names, and prints JSON."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    wheel = Path(sys.argv[1])
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    with zipfile.ZipFile(wheel) as archive:
        files = [info for info in archive.infolist() if not info.is_dir()]
        members = [info for info in files if is_elf(archive, info)]
    with wheel.open("rb", buffering=0) as file:
        start = time.perf_counter()
        inflated = sum(inflate(file, info) for info in members)
        seconds = time.perf_counter() - start
    compressed = sum(info.compress_size for info in members)
    found = {"files": len(files), "elf": len(members), "compressed": compressed}
    print(json.dumps({**found, "inflated": inflated, "seconds": seconds}))


if __name__ == "__main__":
    main()
