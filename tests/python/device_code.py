"""Reads the device code of a file without wheelworks, and prints it as JSON.

    device_code.py FILE

Written apart from the product: it reads the whole file, searches each of its sections, and follows each chain of
entries. Where `cuobjdump` sees less, because containers are outside of its sections, this is the judge."""

import json
import struct
import sys

KINDS = {1: ("ptx", "compute"), 2: ("cubin", "sm"), 8: ("lto", "lto")}
ALLOCATED, EXECUTABLE, PROGBITS = 2, 4, 1


def sections(data):
    """Returns the ranges of sections with data that are mapped and not executable."""
    if data[:6] != b"\x7fELF\x02\x01":
        return [(0, len(data))]
    (table,) = struct.unpack_from("<Q", data, 40)
    size, count = struct.unpack_from("<HH", data, 58)
    found = []
    for index in range(count):
        _, kind, flags, _, offset, length = struct.unpack_from("<IIQQQQ", data, table + index * size)
        if kind == PROGBITS and flags & ALLOCATED and not flags & EXECUTABLE and length:
            found.append((offset, offset + length))
    return found


def entries(data, at, end):
    """Returns the entries of a fat binary, or None if they do not fill it."""
    found = []
    while at < end:
        if end - at < 64:
            return None
        kind, version, header, padded, packed = struct.unpack_from("<HHIQI", data, at)
        (architecture,) = struct.unpack_from("<I", data, at + 28)
        (flags,) = struct.unpack_from("<Q", data, at + 40)
        (unpacked,) = struct.unpack_from("<Q", data, at + 56)
        if version != 0x101 or header < 64 or at + header + padded > end:
            return None
        name, prefix = KINDS.get(kind, ("other", "sm"))
        suffix = "a" if flags >> 20 & 1 else "f" if flags >> 21 & 1 else ""
        length = unpacked or padded
        if kind == 2 and not unpacked:
            length = cubin_length(data, at + header) or padded
        found.append([name, f"{prefix}_{architecture}{suffix}", at, header + padded, length])
        at += header + padded
    return found


def cubin_length(data, at):
    """Returns the length of an ELF file for CUDA, or None."""
    if data[at : at + 7] != b"\x7fELF\x02\x01\x01" or struct.unpack_from("<H", data, at + 18)[0] != 190:
        return None
    segments, table = struct.unpack_from("<QQ", data, at + 32)
    segment_size, segment_count, size, count = struct.unpack_from("<HHHH", data, at + 54)
    if size != 64 or not count or at + table + size * count > len(data):
        return None
    end = max(table + size * count, segments + segment_size * segment_count)
    for index in range(count):
        header = at + table + index * size
        kind, _, _, offset, length = struct.unpack("<IQQQQ", data[header + 4 : header + 40].ljust(36, b"\0"))
        if kind != 8:
            end = max(end, offset + length)
    return end


def fat_binaries(data, start, end):
    """Yields the containers of a section."""
    at = start
    while (at := data.find(b"\x50\xed\x55\xba\x01\x00\x10\x00", at, end)) >= 0:
        stop = at + 16 + struct.unpack_from("<Q", data, at + 8)[0] if at + 16 <= end else end + 1
        found = entries(data, at + 16, stop) if stop <= end else None
        if found is None:
            at += 1
        else:
            yield [at, stop, found]
            at = stop


def cubins(data, start, end, containers):
    """Yields the cubins of a section that are in no container."""
    at = start
    while (at := data.find(b"\x7fELF\x02\x01\x01", at, end)) >= 0:
        inside = [stop for begin, stop, _ in containers if begin <= at < stop]
        length = None if inside or at + 64 > end else cubin_length(data, at)
        if length and at + length <= end:
            (flags,) = struct.unpack_from("<I", data, at + 48)
            # The second ABI has its fields elsewhere. The bit says that the code is for exactly this architecture.
            architecture, exact = (flags >> 8 & 0xFF, 1 << 3) if data[at + 7] == 0x41 else (flags & 0xFF, 1 << 11)
            name = f"sm_{architecture}" + ("a" if flags & exact else "")
            yield [at, at + length, [["cubin", name, at, length, length]]]
            at += length
        else:
            at = inside[0] if inside else at + 1


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    found = []
    for start, end in sections(data):
        containers = list(fat_binaries(data, start, end))
        found += containers + list(cubins(data, start, end, containers))
    found.sort()
    sums = {}
    for _, _, listed in found:
        for kind, name, _, length, unpacked in listed:
            one = sums.setdefault((name, kind), [0, 0, 0])
            sums[name, kind] = [one[0] + 1, one[1] + length, one[2] + unpacked]
    architectures = [
        {"name": name, "kind": kind, "entries": count, "bytes": length, "bytes_uncompressed": unpacked}
        for (name, kind), (count, length, unpacked) in sorted(sums.items())
    ]
    print(json.dumps({"containers": len(found), "architectures": architectures}))


if __name__ == "__main__":
    main()
