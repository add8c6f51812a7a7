"""Baseline: packages the same files with `python -m build` and setuptools.

    python3 baseline_build.py prepare TREE PROJECT      (not timed)
    python3 baseline_build.py build PYTHON PROJECT OUT  (timed)

Wheels of prebuilt libraries are commonly built like this: a script stages the libraries into a
package, a `pyproject.toml` declares them as package data, and `python -m build --wheel` copies
them to `build/`, copies them again to the wheel's staging directory and deflates them. This script
stages the project with hard links, so that only `python -m build` is measured. It runs without
build isolation, so nothing is downloaded while the clock runs.
"""

import configparser
import json
import os
import shutil
import subprocess
import sys
from email.parser import HeaderParser
from pathlib import Path

PYPROJECT = """\
[build-system]
requires = ["setuptools", "wheel"]
build-backend = "setuptools.build_meta"

[project]
name = {name}
version = {version}

[tool.setuptools]
packages = {packages}
include-package-data = false

[tool.setuptools.package-data]
"*" = ["**/*", "**/.*", "**/.*/**/*"]
"""


def headers(path: Path) -> dict[str, str]:
    """Returns the first value of each header of a METADATA or WHEEL file."""
    with path.open(encoding="utf-8") as file:
        message = HeaderParser().parse(file)
    return {name: str(message[name]) for name in message}


def prepare(tree: Path, project: Path) -> None:
    """Creates the project directory of a tree: hard links to its files, and two generated files."""
    shutil.rmtree(project, ignore_errors=True)
    project.mkdir(parents=True)
    dist_info = next(tree.glob("*.dist-info"))
    packages = sorted(p.name for p in tree.iterdir() if p.is_dir() and p != dist_info)
    for package in packages:
        shutil.copytree(tree / package, project / package, copy_function=os.link)
    metadata = headers(dist_info / "METADATA")
    text = PYPROJECT.format(
        name=json.dumps(metadata["Name"]),
        version=json.dumps(metadata["Version"]),
        packages=json.dumps(packages),
    )
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    platform = headers(dist_info / "WHEEL")["Tag"].split("-")[2]
    config = configparser.ConfigParser()
    config["bdist_wheel"] = {"plat_name": platform}
    with (project / "setup.cfg").open("w", encoding="utf-8") as file:
        config.write(file)


def clean(project: Path) -> None:
    """Removes the leftovers of earlier builds, so that every build starts clean."""
    for left in [project / "build", *project.glob("*.egg-info")]:
        shutil.rmtree(left, ignore_errors=True)


def build(python: str, project: Path, out: Path) -> None:
    """Replaces this process by `python -m build`."""
    arguments = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(project)]
    os.execv(python, [python, *arguments])


def has_build(python: str) -> bool:
    """Returns whether a Python has the packages of the baseline."""
    modules = "import build, setuptools, wheel"
    probe = subprocess.run([python, "-c", modules], capture_output=True, check=False)
    return probe.returncode == 0


def find_python(named: str | None, cache: Path) -> str | None:
    """Returns a Python with `build`, `setuptools` and `wheel`: the named one, or one in the cache. Creates a
    virtual environment there if necessary. Returns None if there is no such Python."""
    own = cache / "bench-venv"
    candidates = [named] if named else [str(cache / "test-venv/bin/python"), str(own / "bin/python")]
    for candidate in candidates:
        if os.path.exists(candidate) and has_build(candidate):
            return candidate
    if named:
        return None
    print(f"creating a virtual environment with `build` in {own}", file=sys.stderr, flush=True)
    python = str(own / "bin/python")
    packages = ["--quiet", "--upgrade", "build", "setuptools", "wheel"]
    for command in ([sys.executable, "-m", "venv", str(own)], [python, "-m", "pip", "install", *packages]):
        if subprocess.run(command, stdout=sys.stderr, check=False).returncode != 0:
            return None
    return python


def main() -> None:
    """Runs the step that the command line names."""
    match sys.argv[1:]:
        case ["prepare", tree, project]:
            prepare(Path(tree), Path(project))
        case ["build", python, project, out]:
            clean(Path(project))
            build(python, Path(project), Path(out))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
