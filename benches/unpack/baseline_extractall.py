"""Baseline: a wheel unpacked with Python's zipfile.

    python3 baseline_extractall.py WHEEL DIRECTORY

It is what most scripts and Bazel rules do. zipfile compares each member's CRC-32, and drops modes.
"""

import sys
import zipfile


def main() -> None:
    """Reads the command line."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with zipfile.ZipFile(sys.argv[1]) as archive:
        archive.extractall(sys.argv[2])


if __name__ == "__main__":
    main()
