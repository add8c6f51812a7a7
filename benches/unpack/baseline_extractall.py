"""Baseline: unpacks a wheel with Python's zipfile.

    python3 baseline_extractall.py WHEEL DIRECTORY

Most scripts and Bazel rules do this. zipfile verifies each member's CRC-32, and drops modes.
"""

import sys
import zipfile


def main() -> None:
    """Unpacks the wheel that the command line names."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with zipfile.ZipFile(sys.argv[1]) as archive:
        archive.extractall(sys.argv[2])


if __name__ == "__main__":
    main()
