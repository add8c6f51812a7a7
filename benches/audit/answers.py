"""Compares what two auditors said of a wheel in `show --json`, field by field."""

import json


def fields(value: object, path: str = "") -> dict[str, object]:
    """Every leaf of a JSON value by its path; a list is a leaf, and so is an empty object."""
    if not isinstance(value, dict) or not value:
        return {path: value}
    found: dict[str, object] = {}
    for key, inner in value.items():
        found |= fields(inner, f"{path}/{key}" if path else str(key))
    return found


def differences(judge: str, ours: str) -> list[str]:
    """What differs, in words, a line a field."""
    absent = "nothing"
    try:
        theirs, own = fields(json.loads(judge)), fields(json.loads(ours))
    except ValueError as error:
        return [f"not JSON: {error}"]
    found = []
    for path in sorted(theirs.keys() | own.keys()):
        said = [json.dumps(it[path]) if path in it else absent for it in (theirs, own)]
        if said[0] != said[1]:
            found.append(f"`{path}`: auditwheel {said[0]}, wheelworks {said[1]}")
    return found
