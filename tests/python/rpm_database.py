"""Writes a database of rpm with SQLite. Arguments: the directory of the database, the size of its pages in bytes,
`log` to leave the second half of the packages in the write-ahead log, else `plain`, and the directory of the headers.
"""

import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

target, page_size, form, headers = sys.argv[1:]
blobs = [path.read_bytes() for path in sorted(Path(headers).iterdir())]
half = len(blobs) // 2 if form == "log" else len(blobs)
with tempfile.TemporaryDirectory() as directory:
    path = Path(directory) / "rpmdb.sqlite"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA page_size = {page_size}")
    connection.execute("CREATE TABLE Other (a TEXT, b REAL, c INTEGER)")
    connection.execute("INSERT INTO Other VALUES ('x', 1.5, -3)")
    connection.execute(
        "CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)"
    )
    insert = "INSERT INTO Packages (blob) VALUES (?)"
    connection.executemany(insert, [(blob,) for blob in blobs[:half]])
    if form == "log":
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.executemany(insert, [(blob,) for blob in blobs[half:]])
        connection.execute("DELETE FROM Packages WHERE hnum = 1")
    # While the connection is open, the log is not yet part of the database.
    for file in Path(directory).iterdir():
        if not file.name.endswith("-shm"):
            shutil.copy(file, target)
    connection.close()
