"""Writes megabytes of text that takes time to compress: words in a fixed random order.

    python3 text.py MEGABYTES
"""

import random
import sys


def main() -> None:
    """Writes the text to stdout."""
    size = int(sys.argv[1]) * 1_000_000
    source = random.Random(0)
    words = [f"{source.getrandbits(32):x}" for _ in range(20_000)]
    written = 0
    while written < size:
        line = " ".join(source.choices(words, k=2_000)) + "\n"
        written += sys.stdout.write(line)


if __name__ == "__main__":
    main()
