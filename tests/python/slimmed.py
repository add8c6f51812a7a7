"""Compares a library with the same one without some device code, and prints the names of the architectures that are left.

    slimmed.py OLD NEW KEPT...

KEPT are the names of architectures that must be left. Fails unless each container holds exactly the old entries of
these, byte for byte and in their order, then zeros to its old end, and unless all other bytes are equal."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import device_code  # noqa: E402


def containers(data):
    """Returns the fat binaries of a file: start, end, entries with name, offset and length."""
    found = []
    for start, end in device_code.sections(data):
        for at, stop, entries in device_code.fat_binaries(data, start, end):
            found.append((at, stop, [(entry[1], entry[2], entry[3]) for entry in entries]))
    return found


def main():
    with open(sys.argv[1], "rb") as file:
        old = file.read()
    with open(sys.argv[2], "rb") as file:
        new = file.read()
    kept = set(sys.argv[3:])
    assert len(old) == len(new), (len(old), len(new))
    expected = bytearray(old)
    names = set()
    for start, stop, entries in containers(old):
        stays = [old[at : at + length] for name, at, length in entries if name in kept]
        names.update(name for name, _, _ in entries if name in kept)
        body = b"".join(stays)
        expected[start + 8 : start + 16] = len(body).to_bytes(8, "little")
        expected[start + 16 : stop] = body + bytes(stop - start - 16 - len(body))
    if bytes(expected) != new:
        first = next(at for at, pair in enumerate(zip(expected, new)) if pair[0] != pair[1])
        raise SystemExit(f"byte {first} differs")
    left = {name for _, _, entries in containers(new) for name, _, _ in entries}
    assert left == names, (left, names)
    print(" ".join(sorted(left)))


if __name__ == "__main__":
    main()
