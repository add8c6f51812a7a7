"""Compares the distributions that Python finds with wheels.

    python3 local_wheel_smoke_test.py FILE

FILE has the path of a wheel on each line. The environment variable JAXCI_EXPECTED_WHEEL_VERSIONS_JSON may hold
a JSON object with expected versions, by distribution. Needs Python 3.8 or later.
"""

import base64
import csv
import hashlib
import importlib.util
import json
import os
import sys
import zipfile
from email.parser import HeaderParser
from importlib import metadata
from pathlib import Path

VERSIONS = "JAXCI_EXPECTED_WHEEL_VERSIONS_JSON"
STEP = 1 << 20


def read_wheel(path):
    """The headers of a wheel's METADATA, and the hashes in its RECORD by path."""
    with zipfile.ZipFile(path) as wheel:
        (record,) = [n for n in wheel.namelist() if n.endswith(".dist-info/RECORD") and n.count("/") == 1]
        headers = HeaderParser().parsestr(wheel.read(record[: -len("RECORD")] + "METADATA").decode("utf-8"))
        rows = csv.reader(wheel.read(record).decode("utf-8").splitlines())
        # An installer moves the files of the data directory.
        hashes = {path: digest for path, digest, _ in rows if digest and ".data/" not in path.partition("/")[0] + "/"}
    return headers, hashes


def digest_of(path):
    """The hash of a file, in the form of RECORD."""
    sha256 = hashlib.sha256()
    with open(path, "rb") as file:
        for step in iter(lambda: file.read(STEP), b""):
            sha256.update(step)
    return "sha256=" + base64.urlsafe_b64encode(sha256.digest()).rstrip(b"=").decode()


def find(name):
    """The distribution that Python finds, or None."""
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None


def packages(paths):
    """The packages and modules that are not inside another one, with their files: namespaces are passed."""
    initial = {path.rpartition("/")[0]: path for path in paths if path.endswith("/__init__.py")}
    found = {}
    for path in sorted(paths):
        parts = path.split("/")
        parents = ["/".join(parts[:count]) for count in range(1, len(parts))]
        outer = next((parent for parent in parents if parent in initial), None)
        if outer:
            found[outer.replace("/", ".")] = initial[outer]
        elif path.endswith(".py") and "-" not in path:
            found[path[: -len(".py")].replace("/", ".")] = path
    return found


def problems_of(path):
    """Yields what is wrong with the distribution of a wheel."""
    headers, hashes = read_wheel(path)
    name, version = headers["Name"], headers["Version"]
    distribution = find(name)
    if distribution is None:
        yield f"`{name}` is not found: no dependency of the test brings it"
        return
    place = distribution.locate_file("")
    if distribution.version != version:
        yield f"`{name}` has version {distribution.version} in {place}; the wheel has {version}"
        return
    for file, digest in hashes.items():
        located = Path(distribution.locate_file(file))
        if not located.is_file():
            yield f"`{name}`: {file} of the wheel is not in {place}"
        elif digest_of(located) != digest:
            yield f"`{name}`: {located} differs from the wheel's {file}"
    for module, file in packages(hashes).items():
        try:
            spec = importlib.util.find_spec(module)
        except ImportError as error:
            yield f"`import {module}` fails: {error}"
            continue
        origin = spec.origin if spec else None
        located = distribution.locate_file(file)
        if origin is None or not (os.path.exists(origin) and os.path.exists(located)):
            yield f"`import {module}` finds {origin}, not {located}"
        elif not os.path.samefile(origin, located):
            yield f"`import {module}` finds {origin}, which is not of the wheel: expected {located}"
    print(f"{name} {version}: {len(hashes)} files in {place}")


def unexpected_versions():
    """Yields the distributions that have other versions than the environment says."""
    text = os.environ.get(VERSIONS)
    if not text:
        return
    try:
        versions = json.loads(text).items()
    except (AttributeError, ValueError):
        yield f"{VERSIONS}: expected an object of versions by name, found {text}"
        return
    for name, version in versions:
        distribution = find(name)
        found = distribution.version if distribution else "not found"
        if found != version:
            yield f"`{name}`: {VERSIONS} has {version}, found {found}"


def main():
    """Runs the test."""
    # Nothing beside this file is imported, such as the source tree that it is in.
    here = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry or ".") != here]
    wheels = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    if not wheels and not os.environ.get(VERSIONS):
        sys.exit(f"error: neither `wheels` nor {VERSIONS} names a wheel\nhint: name wheels in `wheels`")
    problems = [problem for wheel in wheels for problem in problems_of(wheel)]
    problems += unexpected_versions()
    for problem in problems:
        print(f"error: {problem}")
    if problems:
        sys.exit("hint: in `deps`, take a `py_import` of each wheel, and no other library with its packages")


if __name__ == "__main__":
    main()
