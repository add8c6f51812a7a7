"""Fails unless an installed distribution matches its RECORD: `installed.py DIRECTORY NAME`.

Prints the files with a hash.
"""

import base64
import hashlib
import sys
from importlib.metadata import distributions
from pathlib import Path


def main() -> None:
    directory, name = sys.argv[1:]
    (found,) = distributions(path=[directory], name=name)
    assert found.files
    for file in found.files:
        path = Path(file.locate())
        if not path.is_file():
            # `pip --target` moves files outside the directory into it, and does not update RECORD.
            path = Path(directory, *[part for part in file.parts if part != ".."])
        assert path.is_file(), path
        if file.hash is None:
            continue
        digest = hashlib.new(file.hash.mode, path.read_bytes()).digest()
        written = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        assert written == file.hash.value, path
        assert file.size == path.stat().st_size, path
        print(file)


main()
