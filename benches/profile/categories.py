"""Maps functions to categories of work."""

import re

PATTERNS = (
    ("SHA-256", r"sha2::|sha256"),
    ("CRC-32", r"crc32fast"),
    ("BLAKE3", r"blake3"),
    ("content-defined chunking", r"fastcdc"),
    ("verifying compressed data", r"deflate::verify"),
    ("inflating", r"deflate::inflate"),
    ("decode tables", r"deflate::(codes|lengths|bits)"),
    ("deflate (libdeflate)", r"^(libdeflate_|deflate_|build_tree|sort_symbols|heap_sort|compute_length_counts|do_end_block_check|gen_codewords|hc_matchfinder|ht_matchfinder|bt_matchfinder|matchfinder_)"),
    ("copying and comparing in memory", r"mem(move|cpy|set|cmp|chr)"),
)  # fmt: skip
"""Patterns of function names outside the kernel. The first match counts."""

KERNEL = (
    ("page faults", r"page_fault"),
    ("kernel: write", r"sys_(p?write|writev|pwritev|pwrite64|copy_file_range|sendfile)"),
    ("kernel: read", r"sys_(p?read|readv|preadv|pread64)"),
    ("kernel: creating and renaming files", r"sys_(open|openat|creat|mkdir|mkdirat|rename|renameat|unlink|unlinkat|fchmod|chmod|close|link|stat|newfstatat|statx|getdents)"),
    ("kernel: mapping", r"sys_(mmap|munmap|madvise|mprotect|mremap|brk)|exit_mmap"),
)  # fmt: skip
"""Patterns of kernel function names anywhere in the stack, which show the system call."""

REST = "all else"


def of_function(name: str, is_packing: bool) -> str:
    """Returns the category of a function outside the kernel. Two categories share the decode tables."""
    for category, pattern in PATTERNS:
        if re.search(pattern, name):
            if category != "decode tables":
                return category
            return "verifying compressed data" if is_packing else "inflating"
    return REST


def of_kernel(stack: list[str]) -> str:
    """Returns the category of a kernel stack."""
    for category, pattern in KERNEL:
        if any(re.search(pattern, name) for name in stack):
            return category
    return "kernel: all else"
