"""Fails unless two wheels have the same content: `compare.py WHEEL WHEEL`.

Compares the files, their bytes and executable bits, and the rows of RECORD in any order. Ignores
directories and signatures of RECORD.
"""

import csv
import hashlib
import sys
import zipfile


def members(wheel: str) -> dict[str, object]:
    """Returns the content and the executable bit of each member."""
    found: dict[str, object] = {}
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            name = info.filename
            if info.is_dir() or name.endswith((".dist-info/RECORD.jws", ".dist-info/RECORD.p7s")):
                continue
            with archive.open(info) as member:
                if name.endswith(".dist-info/RECORD"):
                    rows = csv.reader(member.read().decode().splitlines())
                    content = sorted(map(tuple, rows))
                else:
                    content = hashlib.file_digest(member, "sha256").hexdigest()
            found[name] = (content, info.external_attr >> 16 & 0o111 != 0)
    return found


def main() -> None:
    first, second = members(sys.argv[1]), members(sys.argv[2])
    if first != second:
        names = first.keys() | second.keys()
        sys.exit(str([name for name in names if first.get(name) != second.get(name)]))
    print(len(first))


main()
