"""Prints numbered lines, 6 MiB: python3 text.py [CHANGED LINE]"""

import sys

changed = int(sys.argv[1]) if len(sys.argv) > 1 else -1
for number in range(6 << 20 >> 6):
    digits = f"{number * 2654435761 % (1 << 32):08x}"
    line = "changed" if number == changed else digits * 7
    print(f"{line:<63}")
