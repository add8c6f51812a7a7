"""What a function's time is spent on."""

import re

PATTERNS = (
    ("SHA-256", r"sha2::|sha256"),
    ("CRC-32", r"crc32fast"),
    ("BLAKE3", r"blake3"),
    ("cutting", r"fastcdc"),
    ("checking what was compressed", r"deflate::verify"),
    ("inflating", r"deflate::inflate"),
    ("codes", r"deflate::(codes|lengths|bits)"),
    ("deflate (libdeflate)", r"^(libdeflate_|deflate_|build_tree|sort_symbols|heap_sort|compute_length_counts|do_end_block_check|gen_codewords|hc_matchfinder|ht_matchfinder|bt_matchfinder|matchfinder_)"),
    ("copying and comparing in memory", r"mem(move|cpy|set|cmp|chr)"),
)  # fmt: skip
"""Names of functions outside of the kernel, the first that fits."""

KERNEL = (
    ("page faults", r"page_fault"),
    ("kernel: write", r"sys_(p?write|writev|pwritev|pwrite64|copy_file_range|sendfile)"),
    ("kernel: read", r"sys_(p?read|readv|preadv|pread64)"),
    ("kernel: making and naming files", r"sys_(open|openat|creat|mkdir|mkdirat|rename|renameat|unlink|unlinkat|fchmod|chmod|close|link|stat|newfstatat|statx|getdents)"),
    ("kernel: mapping", r"sys_(mmap|munmap|madvise|mprotect|mremap|brk)|exit_mmap"),
)  # fmt: skip
"""Names of functions of the kernel, anywhere in the stack: what it was called for."""

REST = "all else"


def of_function(name: str, is_packing: bool) -> str:
    """The category of a function outside of the kernel. The tables of codes are needed by two."""
    for category, pattern in PATTERNS:
        if re.search(pattern, name):
            if category != "codes":
                return category
            return "checking what was compressed" if is_packing else "inflating"
    return REST


def of_kernel(stack: list[str]) -> str:
    """The category of a stack of the kernel."""
    for category, pattern in KERNEL:
        if any(re.search(pattern, name) for name in stack):
            return category
    return "kernel: all else"
