"""Validates SBOMs against the schemas of CycloneDX, each against that of its version.

Arguments: the wheels of `cyclonedx-python-lib` and `fastjsonschema`, and the SBOMs. The wheels are not installed.
"""

import json
import sys
import zipfile
from pathlib import Path


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def main() -> None:
    library, validator, *documents = map(Path, sys.argv[1:])
    sys.path.insert(0, str(validator))
    import fastjsonschema

    with zipfile.ZipFile(library) as archive:

        def schema(address: str) -> dict:
            return json.loads(archive.read(f"cyclonedx/schema/_res/{address.rsplit('/', 1)[-1]}"))

        # Schemas refer to others by file name, relative to an address on the web.
        handlers = {"http": schema, "https": schema}
        validators = {
            version: fastjsonschema.compile(schema(f"bom-{version}.SNAPSHOT.schema.json"), handlers)
            for version in {read(path)["specVersion"] for path in documents}
        }
    for path in documents:
        document = read(path)
        validate = validators[document["specVersion"]]
        validate(document)
        references = [component["bom-ref"] for component in document["components"]]
        assert len(references) == len(set(references)), references
        subject = document["metadata"]["component"]["bom-ref"]
        assert {it["ref"] for it in document["dependencies"]} == {subject, *references}, references
        # Shows that the validator finds errors.
        document["metadata"]["component"]["unknown"] = 1
        try:
            validate(document)
        except fastjsonschema.JsonSchemaException:
            print(path)
        else:
            raise AssertionError("the validator accepts an unknown property")


main()
