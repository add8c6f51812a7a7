"""Writes a shared library for any machine, with the parts that an audit reads.

    forge_elf.py OUTPUT MACHINE NEEDED... [--version LIBRARY:VERSION:SYMBOL]...

The library has no code. Its dynamic table has the needed libraries, its symbol table the symbols, and its
verneed table the versions of the symbols.
"""

import argparse
import struct

# e_machine of 64-bit little-endian machines.
MACHINES = {"aarch64": 183, "ppc64le": 21, "riscv64": 243, "x86_64": 62}

PAGE = 0x10000
HEADER = 64
PROGRAM_HEADER = 56
SECTION_HEADER = 64


class Strings:
    """A string table."""

    def __init__(self):
        self.data = b"\0"

    def add(self, text):
        offset = len(self.data)
        self.data += text.encode() + b"\0"
        return offset


def elf_hash(name):
    value = 0
    for byte in name.encode():
        value = (value << 4) + byte
        high = value & 0xF0000000
        value = (value ^ (high >> 24)) & ~high
    return value & 0xFFFFFFFF


def verneed_table(versions, strings):
    """Returns the table of needed versions. Their indices in `.gnu.version` start at 2."""
    libraries = sorted({library for library, _, _ in versions})
    table, index = b"", 2
    for position, library in enumerate(libraries):
        names = [version for other, version, _ in versions if other == library]
        after = 16 + 16 * len(names) if position + 1 < len(libraries) else 0
        table += struct.pack("<HHIII", 1, len(names), strings.add(library), 16, after)
        for number, name in enumerate(names):
            following = 16 if number + 1 < len(names) else 0
            table += struct.pack("<IHHII", elf_hash(name), 0, index, strings.add(name), following)
            index += 1
    return table, len(libraries)


def library(machine, needed, versions):
    """Returns the bytes of the library."""
    versions = sorted(versions)
    strings, section_names = Strings(), Strings()
    # One defined function, the entry point of a Python module, and the undefined functions.
    symbols = bytes(24)
    symbols += struct.pack("<IBBHQQ", strings.add("PyInit__native"), 0x12, 0, 1, PAGE, 4)
    for _, _, symbol in versions:
        symbols += struct.pack("<IBBHQQ", strings.add(symbol), 0x12, 0, 0, 0, 0)
    count = len(symbols) // 24
    versym = struct.pack(f"<{count}H", 0, 1, *range(2, count))
    verneed, libraries = verneed_table(versions, strings)
    chains = range(count - 1)
    hashes = struct.pack(f"<{3 + count}I", 1, count, count - 1, 0, *chains)
    names = [strings.add(name) for name in needed]

    # (name, type, flags, content, link, info, entry size). Section numbers follow this order, starting
    # at 1.
    sections = [
        (".hash", 5, 2, hashes, 2, 0, 4),
        (".dynsym", 11, 2, symbols, 3, 1, 24),
        (".dynstr", 3, 2, strings.data, 0, 0, 0),
        (".gnu.version", 0x6FFFFFFF, 2, versym, 2, 0, 2),
        (".gnu.version_r", 0x6FFFFFFE, 2, verneed, 3, libraries, 0),
    ]
    offset = HEADER + 2 * PROGRAM_HEADER
    placed = []
    for section in sections:
        offset = -(-offset // 8) * 8
        placed.append((offset, section))
        offset += len(section[3])
    where = {section[0]: start for start, section in placed}
    dynamic = b"".join(struct.pack("<QQ", 1, name) for name in names)
    for tag, value in [
        (4, where[".hash"]),
        (5, where[".dynstr"]),
        (6, where[".dynsym"]),
        (10, len(strings.data)),
        (11, 24),
        (0x6FFFFFF0, where[".gnu.version"]),
        (0x6FFFFFFE, where[".gnu.version_r"]),
        (0x6FFFFFFF, libraries),
        (0, 0),
    ]:
        dynamic += struct.pack("<QQ", tag, value)
    offset = -(-offset // 8) * 8
    placed.append((offset, (".dynamic", 6, 3, dynamic, 3, 0, 16)))
    loaded = offset + len(dynamic)
    table_of_names = [section_names.add(section[0]) for _, section in placed]
    table_of_names.append(section_names.add(".shstrtab"))
    placed.append((loaded, (".shstrtab", 3, 0, section_names.data, 0, 0, 0)))
    end = -(-(loaded + len(section_names.data)) // 8) * 8

    identification = b"\x7fELF" + bytes([2, 1, 1, 0]) + bytes(8)
    data = identification + struct.pack(
        "<HHIQQQIHHHHHH",
        *(3, MACHINES[machine], 1, 0, HEADER, end, 0, HEADER, PROGRAM_HEADER, 2),
        *(SECTION_HEADER, len(placed) + 1, len(placed)),
    )
    data += struct.pack("<IIQQQQQQ", 1, 6, 0, 0, 0, loaded, loaded, PAGE)
    size = len(dynamic)
    data += struct.pack("<IIQQQQQQ", 2, 6, offset, offset, offset, size, size, 8)
    headers = bytes(SECTION_HEADER)
    for name, (start, (_, kind, flags, content, link, info, entry)) in zip(table_of_names, placed):
        data += bytes(start - len(data)) + content
        address = start if flags else 0
        headers += struct.pack(
            "<IIQQQQIIQQ", name, kind, flags, address, start, len(content), link, info, 8, entry
        )
    return data + bytes(end - len(data)) + headers


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output")
    parser.add_argument("machine", choices=sorted(MACHINES))
    parser.add_argument("needed", nargs="+")
    parser.add_argument("--version", action="append", default=[], metavar="LIBRARY:VERSION:SYMBOL")
    arguments = parser.parse_args()
    versions = [tuple(version.split(":")) for version in arguments.version]
    with open(arguments.output, "wb") as output:
        output.write(library(arguments.machine, arguments.needed, versions))


main()
