"""Takes the grafts out of a wheel: `degraft.py WHEEL LIBRARIES OUT`.

Moves the files of `NAME.libs` to the directory LIBRARIES, and writes the rest as a wheel for `linux_x86_64` into the
directory OUT: the wheel as it was before its repair, apart from the names of libraries. Prints its path.
"""

import base64
import hashlib
import sys
import zipfile
from pathlib import Path


def row(name, data):
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f'"{name}",sha256={digest},{len(data)}\n'


def without_tags(wheel):
    lines = wheel.decode().splitlines()
    pairs = {line.rsplit("-", 1)[0] for line in lines if line.startswith("Tag: ")}
    kept = [line for line in lines if line and not line.startswith("Tag: ")]
    return "".join(f"{line}\n" for line in kept + [f"{it}-linux_x86_64" for it in sorted(pairs)])


def main(wheel, libraries, out):
    source = zipfile.ZipFile(wheel)
    name = Path(wheel).name.rsplit("-", 1)[0] + "-linux_x86_64.whl"
    record = ""
    with zipfile.ZipFile(Path(out) / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for info in source.infolist():
            data = source.read(info)
            top = info.filename.split("/")[0]
            if info.is_dir() or info.filename.endswith(".dist-info/RECORD") or "/sboms/" in info.filename:
                if info.filename.endswith("RECORD"):
                    record_path = info.filename
                continue
            if top.endswith(".libs"):
                (Path(libraries) / Path(info.filename).name).write_bytes(data)
                continue
            if info.filename.endswith(".dist-info/WHEEL"):
                data = without_tags(data).encode()
            record += row(info.filename, data)
            new = zipfile.ZipInfo(info.filename)
            new.external_attr = info.external_attr
            new.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(new, data)
        archive.writestr(record_path, record + f"{record_path},,\n")
    print(Path(out) / name)


if __name__ == "__main__":
    main(*sys.argv[1:])
