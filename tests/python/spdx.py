"""Validates SPDX documents with spdx-tools.

Arguments: the wheels of `spdx-tools` and of what it needs, and the documents, which end with `.json`. The wheels are not
installed.
"""

import json
import sys
import tempfile
import zipfile
from pathlib import Path


def main() -> None:
    arguments = list(map(Path, sys.argv[1:]))
    documents = [path for path in arguments if path.suffix == ".json"]
    # Namespace packages cannot be imported from archives.
    with tempfile.TemporaryDirectory() as directory:
        for path in arguments:
            if path.suffix == ".whl":
                zipfile.ZipFile(path).extractall(directory)
        sys.path.insert(0, directory)
        validate(documents)


def validate(documents: list[Path]) -> None:
    from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

    def problems(document: dict) -> list[str]:
        parsed = JsonLikeDictParser().parse(document)
        return [it.validation_message for it in validate_full_spdx_document(parsed)]

    for path in documents:
        document = json.loads(path.read_text(encoding="utf-8"))
        assert not problems(document), problems(document)
        # Shows that the validator finds errors.
        document["packages"][0]["SPDXID"] = "SPDXRef-another"
        assert problems(document), path
        print(path)


main()
