"""Prints how Python reads the rows of RECORD files: one JSON object per file, in order.

    record_rows.py FILE...

`lines` is what pip, importlib.metadata and PyPI read, `stream` what check-wheel-contents and `wheel unpack`
read: a list of rows, or null if the reader fails.
"""

import csv
import io
import json
import sys
from pathlib import Path


def rows(read):
    try:
        return list(read())
    except (UnicodeDecodeError, csv.Error):
        return None


def main():
    for path in sys.argv[1:]:
        data = Path(path).read_bytes()
        lines = rows(lambda: csv.reader(data.decode().splitlines()))
        text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")
        stream = rows(lambda: csv.reader(text))
        print(json.dumps({"lines": lines, "stream": stream}))


if __name__ == "__main__":
    main()
