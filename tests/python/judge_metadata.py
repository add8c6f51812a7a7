"""Prints why PyPI refuses METADATA files: one JSON string per file, in order, "" if it does not.

    judge_metadata.py FILE...

`packaging` validates most fields, for PyPI as for twine. `index_rules.py` has PyPI's check of URLs, and pip
evaluates markers. Addresses and classifiers are not judged: their validators are not installed here.
"""

import json
import sys
from pathlib import Path

from packaging.metadata import ExceptionGroup, Metadata
from packaging.markers import UndefinedComparison, UndefinedEnvironmentName

# Python's isolated mode leaves the script's directory out of the path.
sys.path.insert(0, str(Path(__file__).parent))
from index_rules import is_url  # noqa: E402


def refusal(data):
    try:
        metadata = Metadata.from_email(data)
    except ExceptionGroup as group:
        return "; ".join(str(error) for error in group.exceptions)
    for requirement in metadata.requires_dist or []:
        try:
            requirement.marker and requirement.marker.evaluate({"extra": ""})
        except (UndefinedComparison, UndefinedEnvironmentName) as error:
            return str(error)
    for url in (metadata.home_page, metadata.download_url):
        # PyPI drops these before it validates.
        if url not in (None, "", "UNKNOWN") and not is_url(url):
            return f"{url!r} is not a URL"
    for label, url in (metadata.project_urls or {}).items():
        if not label or len(label) > 32 or not is_url(url):
            return f"{label!r}: {url!r}"
    if len(metadata.summary or "") > 512:
        return "a long summary"
    if "dynamic" in (metadata.dynamic or []):
        return "`Dynamic` is dynamic"
    return ""


def main():
    for path in sys.argv[1:]:
        print(json.dumps(refusal(Path(path).read_bytes())))


if __name__ == "__main__":
    main()
