"""Reads the wheel variants of a directory with variantlib, and prints the properties of each label as JSON.

    variants.py VARIANTLIB DIRECTORY

VARIANTLIB is the wheel of variantlib. Fails unless each wheel has the name that its label says, a valid variant.json, and
unless the file that lists them is what variantlib merges of them."""

import json
import pathlib
import sys
import zipfile

sys.path.insert(0, sys.argv[1])
from variantlib.constants import VALIDATION_WHEEL_NAME_REGEX  # noqa: E402
from variantlib.variant_dist_info import VariantDistInfo  # noqa: E402
from variantlib.variants_json import VariantsJson  # noqa: E402


def main():
    directory = pathlib.Path(sys.argv[2])
    merged, found = None, {}
    for path in sorted(directory.glob("*.whl")):
        label = VALIDATION_WHEEL_NAME_REGEX.fullmatch(path.name).group("variant_label")
        with zipfile.ZipFile(path) as wheel:
            info = VariantDistInfo(wheel.read("code-1.0.dist-info/variant.json"), label)
        found[label] = [it.to_str() for it in info.variant_desc.properties]
        if merged is None:
            merged = VariantsJson(info)
            merged.variants = dict(info.variants)
        else:
            merged.merge(info)
    (listed,) = directory.glob("*-variants.json")
    listed = VariantsJson(json.loads(listed.read_text()))
    assert listed.variants == merged.variants, (listed, merged)
    assert listed.providers == merged.providers
    assert listed.namespace_priorities == merged.namespace_priorities
    print(json.dumps(found))


if __name__ == "__main__":
    main()
