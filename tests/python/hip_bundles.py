"""Lists the code objects in the compressed HIP bundles of a library, written apart from the product.

    hip_bundles.py LIBRARY

Prints JSON: the number of bundles, and for each target the number of its code objects and their bytes, as
LLVM's `OffloadBundler.h` describes the formats. The program `zstd` decompresses.
"""

import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path


def bundles(data):
    """Yields the decompressed bundles of a file."""
    at = data.find(b"CCOB")
    while at >= 0:
        version, method = struct.unpack_from("<HH", data, at + 4)
        layout = {2: "<IIQ", 3: "<QQQ"}.get(version)
        if layout and method in (0, 1):
            total, uncompressed, _ = struct.unpack_from(layout, data, at + 8)
            payload = data[at + 8 + struct.calcsize(layout) : at + total]
            if method == 0:
                content = zlib.decompress(payload)
            else:
                content = subprocess.run(["zstd", "-dcq"], input=payload, capture_output=True, check=True).stdout
            assert len(content) == uncompressed, (at, len(content), uncompressed)
            yield content
        at = data.find(b"CCOB", at + 4)


def code_objects(bundle):
    """Yields the targets and lengths of the code objects for GPUs."""
    assert bundle.startswith(b"__CLANG_OFFLOAD_BUNDLE__")
    (count,) = struct.unpack_from("<Q", bundle, 24)
    at = 32
    for _ in range(count):
        offset, length, name_length = struct.unpack_from("<QQQ", bundle, at)
        name = bundle[at + 24 : at + 24 + name_length].decode()
        at += 24 + name_length
        kind, _, target = name.partition("-amdgcn-amd-amdhsa-")
        if kind.startswith("hip"):
            assert bundle[offset : offset + 4] == b"\x7fELF", name
            yield target.lstrip("-"), length


def main():
    found = {}
    number = 0
    for bundle in bundles(Path(sys.argv[1]).read_bytes()):
        number += 1
        for target, length in code_objects(bundle):
            count, total = found.get(target, (0, 0))
            found[target] = (count + 1, total + length)
    rows = [{"name": name, "entries": count, "bytes_uncompressed": total} for name, (count, total) in sorted(found.items())]
    print(json.dumps({"containers": number, "architectures": rows}))


main()
