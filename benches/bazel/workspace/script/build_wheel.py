"""Builds a wheel with zipfile and hashlib, like a project's own script in a Bazel action.

    python3 build_wheel.py PARAMS

PARAMS has the output, the distribution, the version and the tag, one per line, and then the members, one
`NAME=PATH` per line. The script reads each file once. Many scripts copy all files to a temporary directory
first, and setuptools copies them again; this one does not.
"""

import base64
import csv
import hashlib
import io
import sys
import zipfile

BLOCK = 1 << 20
TIMESTAMP = (1980, 1, 1, 0, 0, 0)


def header(name: str) -> zipfile.ZipInfo:
    """Returns the header of a member."""
    info = zipfile.ZipInfo(name, TIMESTAMP)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o100644 << 16
    return info


def main() -> None:
    """Writes the wheel."""
    with open(sys.argv[1], encoding="utf-8") as params:
        out, distribution, version, tag, *members = params.read().splitlines()
    dist_info = f"{distribution}-{version}.dist-info"
    rows = []
    with zipfile.ZipFile(out, "w") as archive:
        for member in sorted(members):
            name, _, path = member.partition("=")
            digest, size = hashlib.sha256(), 0
            with open(path, "rb", buffering=0) as source, archive.open(header(name), "w", force_zip64=True) as target:
                while block := source.read(BLOCK):
                    digest.update(block)
                    target.write(block)
                    size += len(block)
            rows.append(row(name, digest.digest(), size))
        metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n"
        wheel = f"Wheel-Version: 1.0\nGenerator: script\nRoot-Is-Purelib: false\nTag: {tag}\n"
        for name, text in ((f"{dist_info}/METADATA", metadata), (f"{dist_info}/WHEEL", wheel)):
            archive.writestr(header(name), text)
            rows.append(row(name, hashlib.sha256(text.encode()).digest(), len(text)))
        record = io.StringIO()
        csv.writer(record, lineterminator="\n").writerows([*rows, (f"{dist_info}/RECORD", "", "")])
        archive.writestr(header(f"{dist_info}/RECORD"), record.getvalue())


def row(name: str, digest: bytes, size: int) -> tuple[str, str, int]:
    """Returns a row of RECORD."""
    return name, "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), size


if __name__ == "__main__":
    main()
