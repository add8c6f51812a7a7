"""Unpacks a wheel with the executable bits of its members: `unpack.py WHEEL DIRECTORY`."""

import sys
import zipfile
from pathlib import Path


def main() -> None:
    wheel, directory = sys.argv[1], Path(sys.argv[2])
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            path = Path(archive.extract(info, directory))
            if not info.is_dir():
                is_executable = info.external_attr >> 16 & 0o111 != 0
                path.chmod(0o755 if is_executable else 0o644)


main()
