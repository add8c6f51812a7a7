"""Drops a file from the page cache, so that a tool must read it from disk."""

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
"""Methods of dropping, and their descriptions for the report."""


def method(asked: str) -> str:
    """Returns a key of METHODS. `auto` resolves to `all` if this process may write to DROP_CACHES."""
    if asked != "auto":
        return asked
    return "all" if os.access(DROP_CACHES, os.W_OK) else "wheel"


def drop(file: Path, how: str) -> None:
    """Drops a file or the whole cache. Writes dirty pages first, because they cannot be dropped."""
    os.sync()
    if how == "all":
        DROP_CACHES.write_text("1\n", encoding="ascii")
    with file.open("rb", buffering=0) as opened:
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def share_cached(file: Path) -> float:
    """Returns the share of a file in the page cache, 0 to 1. The mapping is not touched, so it reads nothing."""
    pages = -(-file.stat().st_size // mmap.PAGESIZE)
    if pages == 0:
        return 0.0
    found = (ctypes.c_ubyte * pages)()
    with file.open("rb") as opened:
        # ctypes returns addresses of writable memory only, hence the private copy.
        with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_COPY) as mapping:
            view = ctypes.c_char.from_buffer(mapping)
            address, size = ctypes.c_void_p(ctypes.addressof(view)), ctypes.c_size_t(len(mapping))
            failed = ctypes.CDLL(None, use_errno=True).mincore(address, size, found)
            # The mapping cannot be closed while a view refers to it.
            del view
    if failed:
        raise OSError(ctypes.get_errno(), "mincore", str(file))
    return sum(page & 1 for page in found) / pages


def read_seconds(file: Path) -> float:
    """Returns the seconds that a sequential read of the whole file takes."""
    buffer = bytearray(1 << 20)
    start = time.perf_counter()
    with file.open("rb", buffering=0) as opened:
        while opened.readinto(buffer):
            pass
    return time.perf_counter() - start
