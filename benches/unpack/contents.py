"""Compares unpacked directories with the wheel: the same files with the same bytes.

Python's zipfile reads the wheel's members. For an installer, the files that it must add or rewrite are
ignored.
"""

import configparser
import hashlib
import zipfile
from pathlib import Path

INSTALLED = ("INSTALLER", "REQUESTED", "RECORD", "direct_url.json", "uv_cache.json")
"""Files of dist-info that the installer writes (PyPA's "Recording installed projects")."""

LOCK = ".lock"
"""The lock file that uv leaves in the target directory."""


def members(wheel: Path) -> dict[str, str]:
    """Returns the SHA-256 of every file of a wheel."""
    found = {}
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                with archive.open(info) as member:
                    found[info.filename] = hashlib.file_digest(member, "sha256").hexdigest()
    return found


def files(directory: Path) -> dict[str, str]:
    """Returns the SHA-256 of every file of a directory."""
    found = {}
    for path in directory.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found[path.relative_to(directory).as_posix()] = digest
    return found


def scripts(directory: Path) -> set[str]:
    """Returns the paths of the commands that an installer generates from entry points."""
    parser = configparser.ConfigParser(delimiters="=")
    parser.read(directory.glob("*.dist-info/entry_points.txt"), encoding="utf-8")
    groups = ("console_scripts", "gui_scripts")
    return {f"bin/{name}" for group in groups if group in parser for name in parser[group]}


def differences(wheel: dict[str, str], directory: Path, is_installer: bool) -> list[str]:
    """Returns missing, unexpected and different files of a directory, each with the first three names."""
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
        "unexpected": found.keys() - expected.keys(),
        "different": {name for name in expected.keys() & found.keys() if expected[name] != found[name]},
    }
    return [
        f"{len(names):,} files {kind}: {', '.join(sorted(names)[:3])}"
        for kind, names in kinds.items()
        if names
    ]
