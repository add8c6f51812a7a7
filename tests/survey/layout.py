"""Compares the files that `wheelworks unpack --wheel` writes with those that pip installs.

pip's installer runs with the directories of docs/unpack.md: site-packages for `purelib`, `platlib` and `data`,
`bin` for scripts, `include/NAME` for headers. It checks no tags, so this works for every platform. Both trees
must have the same files, bytes and executable bits. RECORD must have the same rows in any order.

Left out is what pip alone does, or does by itself:

- INSTALLER, and the scripts of entry points, including those in the wheel that they replace;
- the first line of a script that begins with `#!python`, and the hash and size of this script in RECORD;
- the executable bit of scripts: ours are executable, as uv's are; pip's only if they are so in the archive;
- of RECORD, the quotes, order and line ends, its row for itself, and a row for RECORD.jws.

uv and wheelworks create a directory that has an entry and no files; pip does not.
"""

import csv
import hashlib
import io
import re
import subprocess
import sys
import warnings
from dataclasses import dataclass, field
from importlib.metadata import PathDistribution
from pathlib import Path

from pip._internal.models.scheme import Scheme
from pip._internal.operations.install.wheel import get_console_script_specs, install_wheel

OWN = re.compile(r"\.dist-info[/\\](RECORD|RECORD\.jws|INSTALLER)$")

PYTHON = sys.executable.encode()
"""What pip writes instead of `python` after `#!`."""

WRAPPERS = ("", ".exe", "-script.py", "-script.pyw", ".pya")
"""The suffixes of a script for an entry point. pip skips most of them."""


class Refused(Exception):
    """A program did not write a tree."""


@dataclass
class Tree:
    """The files below a directory, without those that pip writes by itself."""

    files: dict[str, tuple[str, bool]] = field(default_factory=dict)
    """Hash of the content, and whether the file is executable."""
    rows: set[tuple[str, ...]] = field(default_factory=set)
    """Rows of RECORD."""


def install(wheel: Path, target: Path) -> None:
    """Installs a wheel with pip's installer."""
    name = wheel.name.split("-")[0]
    place = str(target)
    headers, scripts = str(target / "include" / name), str(target / "bin")
    scheme = Scheme(platlib=place, purelib=place, headers=headers, scripts=scripts, data=place)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            install_wheel(
                name, str(wheel), scheme, wheel.name, pycompile=False, warn_script_location=False
            )
        # pip ends with many kinds of exceptions.
        except Exception as problem:
            raise Refused(f"pip: {problem}".splitlines()[0]) from problem


def unpack(binary: Path, wheel: Path, target: Path, *options: str) -> None:
    """Unpacks a wheel with wheelworks, as an installer lays it out."""
    command = [binary, "unpack", *options, "--out", target, "--wheel", wheel]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise Refused(f"wheelworks: {done.stderr.strip().splitlines()[0]}")


def entry_points(target: Path) -> set[str]:
    """Returns the names of entry points, and those of the scripts that pip writes for them."""
    (info,) = target.glob("*.dist-info")
    found = PathDistribution(info).entry_points
    console = {each.name: each.value for each in found.select(group="console_scripts")}
    names = {each.name for each in found.select(group="gui_scripts")} | console.keys()
    # pip and easy_install get the number of the running Python.
    specifications = get_console_script_specs(dict(console))
    return names | {each.split(" = ")[0] for each in specifications}


def read_tree(target: Path, scripts: set[str]) -> Tree:
    generated = {f"bin/{name}{suffix}" for name in scripts for suffix in WRAPPERS}
    tree = Tree()
    for path in sorted(target.rglob("*")):
        name = path.relative_to(target).as_posix()
        if path.is_dir() or name in generated or name.endswith(".dist-info/INSTALLER"):
            continue
        if name.endswith(".dist-info/RECORD") and name.count("/") == 1:
            tree.rows = rows(path, generated)
            tree.files[name] = ("", False)
        else:
            executable = path.stat().st_mode & 0o111 != 0 and not name.startswith("bin/")
            tree.files[name] = (digest(path, name), executable)
    return tree


def rows(record: Path, generated: set[str]) -> set[tuple[str, ...]]:
    text = record.read_text(encoding="utf-8")
    found = set()
    for row in csv.reader(io.StringIO(text, newline="")):
        # pip keeps the row of a script in the wheel that the script of an entry point replaces.
        name = re.sub(r"^[^/]+\.data/scripts/", "bin/", row[0])
        if name in generated or OWN.search(name):
            continue
        changed = is_python_script(record.parents[1] / row[0], row[0])
        found.add((row[0],) if changed else tuple(row))
    return found


def is_python_script(path: Path, name: str) -> bool:
    """Whether pip has changed the first line of a script, or would do so."""
    if not name.startswith("bin/") or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.readline(1000).startswith((b"#!python", b"#!" + PYTHON))


def digest(path: Path, name: str) -> str:
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        if is_python_script(path, name):
            file.readline()
        while block := file.read(1 << 20):
            hashed.update(block)
    return hashed.hexdigest()


def differences(binary: Path, wheel: Path, scratch: Path, *options: str) -> tuple[int, list[str]]:
    """Returns the number of files that both write, and the differences between the trees. `options` are for
    `wheelworks unpack`."""
    theirs, ours = scratch / "pip", scratch / "wheelworks"
    install(wheel, theirs)
    unpack(binary, wheel, ours, *options)
    scripts = entry_points(theirs)
    left, right = read_tree(theirs, scripts), read_tree(ours, scripts)
    found = [f"only pip has {name}" for name in sorted(left.files.keys() - right.files.keys())]
    found += [f"only wheelworks has {name}" for name in sorted(right.files.keys() - left.files.keys())]
    for name in sorted(left.files.keys() & right.files.keys()):
        if left.files[name] != right.files[name]:
            what = "bytes" if left.files[name][0] != right.files[name][0] else "executable bit"
            found.append(f"{what} of {name}")
    found += [f"row of RECORD {','.join(row)}" for row in sorted(left.rows ^ right.rows)]
    return len(left.files), found

