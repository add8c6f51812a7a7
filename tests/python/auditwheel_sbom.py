"""Prints the SBOM that auditwheel writes for grafts. Arguments: the file name of the wheel, and the paths of the
grafts' sources."""

import json
import sys
from pathlib import Path

from auditwheel.sboms import create_sbom_for_wheel

name, *paths = sys.argv[1:]
print(json.dumps(create_sbom_for_wheel(name, [Path(path) for path in paths])))
