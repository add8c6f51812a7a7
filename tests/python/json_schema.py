"""Validates a JSON document against a schema.

Arguments: the wheel of `fastjsonschema`, which is not installed, the schema and the document.
"""

import json
import sys
from pathlib import Path


def main() -> None:
    validator, schema, document = map(Path, sys.argv[1:])
    sys.path.insert(0, str(validator))
    import fastjsonschema

    # This validator knows drafts up to 7; the schema uses nothing newer.
    text = schema.read_text(encoding="utf-8").replace("2020-12/schema", "").replace("$defs", "definitions")
    value = json.loads(text)
    del value["$schema"]
    validate = fastjsonschema.compile(value)
    said = json.loads(document.read_text(encoding="utf-8"))
    validate(said)
    # Shows that the validator finds errors.
    said["architectures"][0]["unknown"] = 1
    try:
        validate(said)
    except fastjsonschema.JsonSchemaException:
        return
    raise AssertionError("the validator accepts an unknown property")


main()
