"""Compares the `show --json` output of two auditors for one wheel, field by field."""

import json


def fields(value: object, path: str = "") -> dict[str, object]:
    """Returns every leaf of a JSON value by its path. Lists and empty objects are leaves."""
    if not isinstance(value, dict) or not value:
        return {path: value}
    found: dict[str, object] = {}
    for key, inner in value.items():
        found |= fields(inner, f"{path}/{key}" if path else str(key))
    return found


def differences(judge: str, ours: str) -> list[str]:
    """Returns one line for each field that differs."""
    absent = "nothing"
    try:
        theirs, own = fields(json.loads(judge)), fields(json.loads(ours))
    except ValueError as error:
        return [f"not JSON: {error}"]
    found = []
    for path in sorted(theirs.keys() | own.keys()):
        values = [json.dumps(it[path]) if path in it else absent for it in (theirs, own)]
        if values[0] != values[1]:
            found.append(f"`{path}`: auditwheel {values[0]}, wheelworks {values[1]}")
    return found
