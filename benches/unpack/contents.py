"""The comparison of what the tools unpacked: the same files with the same bytes.

The judge is the wheel, read member by member with Python's zipfile. What an installer adds or writes
anew, as it must, is left out for the one that is an installer.
"""

import configparser
import hashlib
import zipfile
from pathlib import Path

INSTALLED = ("INSTALLER", "REQUESTED", "RECORD", "direct_url.json", "uv_cache.json")
"""Files of a dist-info directory that belong to the installer (PyPA's "Recording installed projects")."""

LOCK = ".lock"
"""What uv leaves in a directory that it installs to."""


def members(wheel: Path) -> dict[str, str]:
    """Every file of a wheel, with its SHA-256."""
    found = {}
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                with archive.open(info) as member:
                    found[info.filename] = hashlib.file_digest(member, "sha256").hexdigest()
    return found


def files(directory: Path) -> dict[str, str]:
    """Every file of a directory, with its SHA-256."""
    found = {}
    for path in directory.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found[path.relative_to(directory).as_posix()] = digest
    return found


def scripts(directory: Path) -> set[str]:
    """The commands that an installer makes of a wheel's entry points."""
    parser = configparser.ConfigParser(delimiters="=")
    parser.read(directory.glob("*.dist-info/entry_points.txt"), encoding="utf-8")
    groups = ("console_scripts", "gui_scripts")
    return {f"bin/{name}" for group in groups if group in parser for name in parser[group]}


def differences(wheel: dict[str, str], directory: Path, is_installer: bool) -> list[str]:
    """What is missing, too much or different in a directory; of each the first few names."""
    expected, found = dict(wheel), files(directory)
    if is_installer:
        own = scripts(directory) | {LOCK}
        for listing in (expected, found):
            for name in list(listing):
                folder, _, leaf = name.rpartition("/")
                if name in own or (folder.endswith(".dist-info") and leaf in INSTALLED):
                    del listing[name]
    kinds = {
        "missing": expected.keys() - found.keys(),
        "too much": found.keys() - expected.keys(),
        "different": {name for name in expected.keys() & found.keys() if expected[name] != found[name]},
    }
    return [
        f"{len(names):,} files {kind}: {', '.join(sorted(names)[:3])}"
        for kind, names in kinds.items()
        if names
    ]
