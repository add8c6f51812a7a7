"""Prints what matters of a repaired wheel as JSON: its name, members, WHEEL, and what loaders read of its ELF files.

Scripts and SBOMs are named, not shown, and permissions of metadata do not matter.
"""

import io
import json
import sys
import zipfile
from pathlib import Path

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection


def elf_facts(data):
    elf = ELFFile(io.BytesIO(data))
    facts = {"needed": [], "soname": [], "rpath": [], "runpath": [], "versions": []}
    names = {
        "DT_NEEDED": "needed",
        "DT_SONAME": "soname",
        "DT_RPATH": "rpath",
        "DT_RUNPATH": "runpath",
    }
    for section in elf.iter_sections():
        if isinstance(section, DynamicSection):
            for tag in section.iter_tags():
                if tag.entry.d_tag in names:
                    name = names[tag.entry.d_tag]
                    facts[name].append(getattr(tag, name))
        if isinstance(section, GNUVerNeedSection):
            for need, versions in section.iter_versions():
                facts["versions"].append([need.name, [version.name for version in versions]])
    facts["symbols"] = elf.get_section_by_name(".symtab") is not None
    for segment in elf.iter_segments():
        if segment["p_type"] == "PT_GNU_STACK":
            facts["stack"] = segment["p_flags"]
    return facts


def facts(path):
    archive = zipfile.ZipFile(path)
    assert archive.testzip() is None
    members = [info for info in archive.infolist() if not info.is_dir()]
    found = {"name": Path(path).name, "members": {}, "elf": {}}
    for info in members:
        is_metadata = ".dist-info/" in info.filename
        executable = bool(info.external_attr >> 16 & 0o111)
        found["members"][info.filename] = executable and not is_metadata
        data = archive.read(info)
        if data[:4] == b"\x7fELF":
            found["elf"][info.filename] = elf_facts(data)
        if info.filename.endswith(".dist-info/WHEEL"):
            found["wheel"] = data.decode()
    return found


if __name__ == "__main__":
    print(json.dumps(facts(sys.argv[1]), sort_keys=True, indent=1))
