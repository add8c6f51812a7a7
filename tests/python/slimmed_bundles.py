"""Compares a library with the same one without some code objects of its HIP bundles, compressed or not.

    slimmed_bundles.py OLD NEW PROCESSOR...

PROCESSORs are the targets, without features, that must be left. Fails unless each bundle lists exactly the old targets of
these and of the host, in their order, with the old offsets, lengths and bytes, within the first 4096 bytes, which HIP's
runtime reads; unless zeros follow a compressed bundle to its old end; unless the hash in its header is right; and unless all
other bytes are equal. Written apart from the product; the program `zstd` decompresses."""

import hashlib
import struct
import subprocess
import sys
import zlib
from pathlib import Path

MAGIC = b"__CLANG_OFFLOAD_BUNDLE__"


def opened(data, at):
    """Returns the end, the stored hash and the content of the compressed bundle at an offset."""
    version, method = struct.unpack_from("<HH", data, at + 4)
    layout = {2: "<IIQ", 3: "<QQQ"}[version]
    total, uncompressed, _ = struct.unpack_from(layout, data, at + 8)
    start = at + 8 + struct.calcsize(layout)
    payload = data[start : at + total]
    if method == 0:
        content = zlib.decompress(payload)
    else:
        content = subprocess.run(["zstd", "-dcq", "--long=31"], input=payload, capture_output=True, check=True).stdout
    assert len(content) == uncompressed, (at, len(content), uncompressed)
    return at + total, data[start - 8 : start], content


def targets(bundle):
    """Returns name, offset and bytes of each target of a bundle, and the end of the list."""
    assert bundle.startswith(MAGIC)
    (count,) = struct.unpack_from("<Q", bundle, 24)
    found, at = [], 32
    for _ in range(count):
        offset, length, name_length = struct.unpack_from("<QQQ", bundle, at)
        name = bundle[at + 24 : at + 24 + name_length].decode()
        at += 24 + name_length
        assert offset + length <= len(bundle), name
        found.append((name, offset, bundle[offset : offset + length]))
    return found, at


def is_kept(name, kept):
    return name.startswith("host") or name.rsplit("--", 1)[-1].split(":")[0] in kept


def compare(old, new, kept):
    """Compares two bundles."""
    (before, _), (after, end) = targets(old), targets(new)
    assert after == [it for it in before if is_kept(it[0], kept)], [it[0] for it in after]
    assert end <= 4096, end
    used = bytearray(len(new))
    used[:end] = b"\1" * end
    for _, offset, code in after:
        used[offset : offset + len(code)] = b"\1" * len(code)
    rest = bytes(byte for byte, flag in zip(new, used) if not flag)
    assert not any(rest), "something is left"


def main():
    old, new = (Path(path).read_bytes() for path in sys.argv[1:3])
    kept = set(sys.argv[3:])
    assert len(old) == len(new)
    at = 0
    while True:
        places = [it for it in (old.find(MAGIC, at), old.find(b"CCOB", at)) if it >= 0]
        if not places:
            break
        start = min(places)
        if old[start : start + 4] == b"CCOB" and old[start + 4] not in (2, 3):
            at = start + 4
            continue
        assert old[at:start] == new[at:start], f"a byte from {at} to {start} differs"
        if old[start : start + 4] == b"CCOB":
            end, _, before = opened(old, start)
            new_end, stored, after = opened(new, start)
            compare(before, after, kept)
            if new[start:end] != old[start:end]:
                assert new_end <= end and not any(new[new_end:end]), start
                assert new_end == end or end - new_end < 8 or new[start + 6] == 0, start
                assert stored == hashlib.md5(after).digest()[:8], start
        else:
            found, end = targets(old[start:])
            end = start + max([end] + [offset + len(code) for _, offset, code in found])
            compare(old[start:end], new[start:end], kept)
        at = end
    assert old[at:] == new[at:], f"a byte behind {at} differs"


if __name__ == "__main__":
    main()
