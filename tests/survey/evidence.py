"""What other tools say of a wheel: evidence that an error of `check` is a fault of the wheel.

Each function returns the tool's complaints.
"""

import base64
import csv
import hashlib
import io
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from index_rules import RULES, broken
from layout import Refused, install
from packaging.metadata import Metadata


UNLISTED = (".dist-info/RECORD", ".dist-info/RECORD.jws", ".dist-info/RECORD.p7s")
"""The ends of paths that need no row with a hash in RECORD."""


def run(*arguments: str | Path) -> list[str]:
    """Runs a module of this Python, and returns its output if it fails."""
    command = [sys.executable, "-m", *arguments]
    wide = os.environ | {"COLUMNS": "4000", "NO_COLOR": "1", "TERM": "dumb"}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=wide)
    text = " ".join((done.stdout + done.stderr).split()) if done.returncode else ""
    return [text] if text else []


def twine(wheel: Path) -> list[str]:
    return [each for text in run("twine", "check", wheel) for each in text.split("; ")]


def contents(wheel: Path) -> list[str]:
    return run("check_wheel_contents", "--no-config", wheel)


def unpack(wheel: Path) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="survey-") as directory:
        return run("wheel", "unpack", "--dest", directory, wheel)


def pip(wheel: Path) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="survey-") as directory:
        try:
            install(wheel, Path(directory))
        except Refused as refused:
            return [str(refused)]
    return []


def dist_info(archive: zipfile.ZipFile, name: str) -> bytes:
    """Returns a file of the dist-info directory, whatever the directory's name."""
    end = f".dist-info/{name}"
    (found,) = [it for it in archive.namelist() if it.endswith(end) and it.count("/") == 1]
    return archive.read(found)


def packaging(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        try:
            Metadata.from_email(dist_info(archive, "METADATA"), validate=True)
        except ExceptionGroup as group:
            return [str(each) for each in group.exceptions]
    return []


def index(wheel: Path) -> list[str]:
    return [each.what for each in RULES if each.name in broken(wheel)]


def record(wheel: Path) -> list[str]:
    """Compares RECORD with the files, with Python's csv and hashlib."""
    found = []
    with zipfile.ZipFile(wheel) as archive:
        text = dist_info(archive, "RECORD").decode()
        files = {name for name in archive.namelist() if not name.endswith("/")}
        listed = set()
        for name, digest, *_ in csv.reader(io.StringIO(text, newline="")):
            if name in listed:
                found.append(f"twice: {name}")
            listed.add(name)
            kind, _, wanted = digest.partition("=")
            if name not in files:
                found.append(f"missing: {name}")
            if not digest and not name.endswith(UNLISTED):
                found.append(f"unhashed: {name}")
            elif digest and name in files and hash_of(archive, name, kind) != wanted:
                found.append(f"changed: {name}")
        unlisted = [name for name in files - listed if not name.endswith(UNLISTED)]
        return found + [f"unlisted: {name}" for name in sorted(unlisted)]


def hash_of(archive: zipfile.ZipFile, name: str, kind: str) -> str:
    with archive.open(name) as member:
        digest = hashlib.file_digest(member, kind).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


JUDGES = {
    "twine": twine,
    "check-wheel-contents": contents,
    "wheel": unpack,
    "pip": pip,
    "packaging": packaging,
    "PyPI": index,
    "hashlib": record,
}
"""The tools by the names that tests/survey/errors.txt has."""


def complaint(tool: str, wheel: Path) -> str | None:
    """Returns what a tool says against a wheel. `tool` is a name, a colon, and a word of the complaint; what is
    before this word is left out, since it has paths."""
    name, _, word = tool.partition(":")
    said = JUDGES[name](wheel) if name in JUDGES else []
    found = [each[each.index(word) :] for each in said if word in each]
    return found[0] if found else None
