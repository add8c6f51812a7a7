"""Writes a fat binary with code for two architectures and PTX."""

import struct
import sys


def entry(kind, architecture, payload):
    header = struct.pack("<HHIQIIIIIIQQQ", kind, 0x101, 64, len(payload), 0, 0, 0, architecture, 0, 0, 0x11, 0, 0)
    return header + payload


body = entry(2, 80, b"A" * 64) + entry(2, 90, b"B" * 64) + entry(1, 90, b"C" * 64)
with open(sys.argv[1], "wb") as file:
    file.write(struct.pack("<IHHQ", 0xBA55ED50, 1, 16, len(body)) + body)
