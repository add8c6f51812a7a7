"""Writes empty files with names of wheels: python3 write_files.py DIRECTORY COUNT"""

import sys
from pathlib import Path

for number in range(int(sys.argv[2])):
    Path(sys.argv[1], f"wheels-1.{number}-py3-none-any.whl").touch()
