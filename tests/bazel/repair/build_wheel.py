"""Writes a wheel with one extension module: what stands in for a user's build."""

import argparse
import base64
import hashlib
import pathlib
import zipfile

parser = argparse.ArgumentParser()
for option in ["output_dir", "wheel_name", "module"]:
    parser.add_argument("--" + option, required=True)
options = parser.parse_args()

name, version, tags = options.wheel_name[: -len(".whl")].split("-", 2)
dist_info = f"{name}-{version}.dist-info"
members = {
    f"{name}/__init__.py": b"",
    f"{name}/_native.so": pathlib.Path(options.module).read_bytes(),
    f"{dist_info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
    f"{dist_info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: {tags}\n".encode(),
}
rows = []
for path, content in members.items():
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    rows.append(f"{path},sha256={digest},{len(content)}\n")
members[f"{dist_info}/RECORD"] = "".join([*rows, f"{dist_info}/RECORD,,\n"]).encode()
with zipfile.ZipFile(pathlib.Path(options.output_dir, options.wheel_name), "w") as archive:
    for path, content in members.items():
        archive.writestr(path, content)
