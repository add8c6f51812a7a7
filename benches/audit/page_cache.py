"""Takes a wheel out of the page cache, so that a tool must wait for the disk."""

import ctypes
import mmap
import os
import time
from pathlib import Path

DROP_CACHES = Path("/proc/sys/vm/drop_caches")
METHODS = {
    "all": "the whole page cache was dropped (`/proc/sys/vm/drop_caches`): the tools' own files too",
    "wheel": "the wheel was dropped (`posix_fadvise`); the tools' own files stayed in the page cache",
}
"""The ways of dropping, and what a report says of them."""


def method(asked: str) -> str:
    """A key of METHODS: the one asked for, or for `auto` all if that is allowed."""
    if asked != "auto":
        return asked
    return "all" if os.access(DROP_CACHES, os.W_OK) else "wheel"


def drop(file: Path, how: str) -> None:
    """Drops a file, or everything. Pages that are not on disk yet stay, so they are written."""
    os.sync()
    if how == "all":
        DROP_CACHES.write_text("1\n", encoding="ascii")
    with file.open("rb", buffering=0) as opened:
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def share_cached(file: Path) -> float:
    """How much of a file is in the page cache. A mapping that is not touched reads nothing in."""
    pages = -(-file.stat().st_size // mmap.PAGESIZE)
    if pages == 0:
        return 0.0
    found = (ctypes.c_ubyte * pages)()
    with file.open("rb") as opened:
        # ctypes gives no address of memory that is not writable, hence the private copy.
        with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_COPY) as mapping:
            view = ctypes.c_char.from_buffer(mapping)
            address, size = ctypes.c_void_p(ctypes.addressof(view)), ctypes.c_size_t(len(mapping))
            failed = ctypes.CDLL(None, use_errno=True).mincore(address, size, found)
            # The mapping cannot be closed while something points into it.
            del view
    if failed:
        raise OSError(ctypes.get_errno(), "mincore", str(file))
    return sum(page & 1 for page in found) / pages


def read_seconds(file: Path) -> float:
    """Seconds to read a file from its beginning to its end."""
    buffer = bytearray(1 << 20)
    start = time.perf_counter()
    with file.open("rb", buffering=0) as opened:
        while opened.readinto(buffer):
            pass
    return time.perf_counter() - start
