"""Writes a signed Python module for macOS, with the parts that an audit reads.

    forge_mach_o.py OUTPUT CPU:MAJOR.MINOR[,CPU:MAJOR.MINOR] NEEDED...

The module has no code. Its load commands have the needed libraries, the oldest macOS of each CPU and an empty
signature. Two CPUs make a universal file.
"""

import struct
import sys

CPUS = {"arm64": (0x0100000C, 0), "x86_64": (0x01000007, 3)}
BUNDLE = 8
LOAD_DYLIB = 0xC
BUILD_VERSION = 0x32
CODE_SIGNATURE = 0x1D
PAGE = 0x4000


def command(number, content):
    """Returns a load command, padded to eight bytes."""
    padded = content + bytes(-len(content) % 8)
    return struct.pack("<II", number, len(padded) + 8) + padded


def thin(cpu, version, needed):
    major, minor = (int(number) for number in version.split("."))
    commands = [command(LOAD_DYLIB, struct.pack("<4I", 24, 2, 0x10000, 0x10000) + name.encode() + b"\0") for name in needed]
    commands.append(command(BUILD_VERSION, struct.pack("<4I", 1, major << 16 | minor << 8, 14 << 16, 0)))
    commands.append(command(CODE_SIGNATURE, struct.pack("<II", 0, 0)))
    body = b"".join(commands)
    return struct.pack("<8I", 0xFEEDFACF, *CPUS[cpu], BUNDLE, len(commands), len(body), 0, 0) + body


def main():
    output, cpus, *needed = sys.argv[1:]
    slices = [(cpu, thin(cpu, version, needed)) for cpu, _, version in (it.partition(":") for it in cpus.split(","))]
    content = slices[0][1]
    if len(slices) > 1:
        table = struct.pack(">II", 0xCAFEBABE, len(slices))
        content = b""
        for cpu, code in slices:
            start = PAGE + len(content)
            table += struct.pack(">5I", *CPUS[cpu], start, len(code), 14)
            content += code + bytes(-len(code) % PAGE)
        content = table.ljust(PAGE, b"\0") + content
    with open(output, "wb") as file:
        file.write(content)


main()
