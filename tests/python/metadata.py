"""Validates a wheel's name and METADATA as package indexes do, and prints their values."""

import sys
import zipfile
from pathlib import Path

from packaging.metadata import Metadata
from packaging.utils import canonicalize_name, parse_wheel_filename


def main() -> None:
    wheel = Path(sys.argv[1])
    name, version, build, tags = parse_wheel_filename(wheel.name)
    with zipfile.ZipFile(wheel) as archive:
        (path,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = Metadata.from_email(archive.read(path), validate=True)
    assert canonicalize_name(metadata.name) == name, metadata.name
    assert metadata.version == version, metadata.version
    print(name, version, build, *sorted(map(str, tags)))
    print(metadata.license_expression, *metadata.requires_dist or [])
    print(metadata.description_content_type, repr(metadata.description))


main()
