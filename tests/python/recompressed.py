"""Compares a file with the same one after `slim --recompress zstd --drop NAME`, and prints what its entries are.

    recompressed.py OLD NEW DROPPED

Fails unless the containers have the same entries but for DROPPED, in the same order, with the same code and the same
headers but for lengths and flags of compression, and unless all bytes outside of containers are equal. LZ4 blocks must
be literals alone. zstd is the program of that name."""

import subprocess
import sys

MAGIC = bytes.fromhex("50ed55ba01001000")
LZ4, ZSTD = 0x2000, 0x8000


def number(data, at, length):
    return int.from_bytes(data[at : at + length], "little")


def code(header, payload):
    flags = number(header, 40, 8)
    payload = payload[: number(header, 16, 4) or len(payload)]
    if flags & ZSTD:
        # Not the frame's own length, but that of the header.
        found = subprocess.run(["zstd", "-dc"], input=payload, capture_output=True, check=True).stdout
        assert len(found) == number(header, 56, 8), (len(found), number(header, 56, 8))
        return found
    if flags & LZ4:
        assert payload[0] == 0xF0
        at = 1
        while payload[at] == 255:
            at += 1
        return payload[at + 1 :]
    return payload


def containers(data):
    """Yields each container: where it begins, and its entries as name, form, other header fields and code."""
    at = 0
    while (at := data.find(MAGIC, at)) >= 0:
        end = at + 16 + number(data, at + 8, 8)
        entries, entry = [], at + 16
        while entry < end:
            length, padded = number(data, entry + 4, 4), number(data, entry + 8, 8)
            header = bytearray(data[entry : entry + length])
            payload = data[entry + length : entry + length + padded]
            flags = number(header, 40, 8)
            form = "zstd" if flags & ZSTD else "lz4" if flags & LZ4 else "none"
            content = code(header, payload)
            kind = "compute" if number(header, 0, 2) == 1 else "sm"
            name = f"{kind}_{number(header, 28, 4)}{'a' if flags & 0x100000 else ''}"
            header[40:48] = (flags & ~(LZ4 | ZSTD)).to_bytes(8, "little")
            # The lengths.
            header[8:20], header[56:64] = bytes(12), bytes(8)
            entries.append((name, form, bytes(header), content))
            entry += length + padded
        assert entry == end
        yield at, entries
        at = end


def main():
    old, new = (open(path, "rb").read() for path in sys.argv[1:3])
    assert len(old) == len(new)
    before, after = list(containers(old)), list(containers(new))
    assert [at for at, _ in before] == [at for at, _ in after]
    covered = 0
    for (at, entries), (_, kept) in zip(before, after):
        expected = [entry for entry in entries if entry[0] != sys.argv[3]]
        assert [entry[0] for entry in expected] == [entry[0] for entry in kept]
        for (name, _, header, content), (_, form, new_header, new_content) in zip(expected, kept):
            assert header == new_header, name
            assert content == new_content, name
            print(name, form)
        assert old[covered:at] == new[covered:at]
        covered = at + 16 + number(old, at + 8, 8)
        assert not any(new[at + 16 + number(new, at + 8, 8) : covered])
    assert old[covered:] == new[covered:]


if __name__ == "__main__":
    main()
