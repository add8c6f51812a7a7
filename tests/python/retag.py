"""Compares a wheel that `wheelworks retag` wrote with the original and with the wheel of `wheel tags`.

usage: retag.py ORIGINAL RETAGGED EXPECTED

Members other than WHEEL and RECORD must have the original's compressed bytes and timestamps. The name and
the fields of WHEEL must be those of EXPECTED. `wheel` must accept every hash of RECORD.
"""

import email
import sys
import zipfile
from pathlib import Path

from wheel.wheelfile import WheelFile


def compressed(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Returns the bytes of a member as they are in the archive."""
    header = archive.fp
    header.seek(info.header_offset + 26)
    name, extra = (int.from_bytes(header.read(2), "little") for _ in range(2))
    header.seek(info.header_offset + 30 + name + extra)
    return header.read(info.compress_size)


def main(original: str, retagged: str, expected: str) -> None:
    assert Path(retagged).name == Path(expected).name, (retagged, expected)
    with WheelFile(original) as old, WheelFile(retagged) as new, WheelFile(expected) as theirs:
        generated = {f"{old.dist_info_path}/{name}" for name in ("RECORD", "WHEEL")}
        members = [info for info in old.infolist() if not info.is_dir()]
        assert [info.filename for info in members] == new.namelist()
        for info in members:
            copy = new.getinfo(info.filename)
            assert copy.date_time == info.date_time, info.filename
            # `WheelFile` compares the digest with RECORD.
            content = new.read(info.filename)
            if info.filename not in generated:
                assert content == old.read(info.filename), info.filename
                assert compressed(old, info) == compressed(new, copy), info.filename
        wheel = f"{old.dist_info_path}/WHEEL"
        fields = [email.message_from_bytes(it.read(wheel)).items() for it in (new, theirs)]
        assert fields[0] == fields[1], fields


main(*sys.argv[1:])
