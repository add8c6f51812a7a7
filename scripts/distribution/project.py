"""What a release is of: the version, the commit's time, the target, and the files below version control."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
REPOSITORY = "https://github.com/wheelworks/wheelworks"


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    """Returns what a command prints; its messages go to stderr. Fails if it fails."""
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, stdout=subprocess.PIPE, check=True, encoding="utf-8"
    )
    return done.stdout.rstrip("\n")


def metadata() -> dict[str, Any]:
    """Returns the table `project` of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def version() -> str:
    return metadata()["version"]


def host() -> str:
    """Returns the Rust target of this machine."""
    found = re.search("^host: (.+)$", run("rustc", "-vV"), re.MULTILINE)
    assert found, "rustc names no host"
    return found[1]


def commit_seconds() -> int:
    """Returns the time of the commit in seconds since 1970: of the checkout, or of the one that an archive was made of."""
    if (ROOT / ".git").exists():
        return int(run("git", "show", "--no-patch", "--format=%ct", "HEAD"))
    found = re.search(r"^seconds: (\d+)$", (ROOT / ".git_archival.txt").read_text("utf-8"), re.MULTILINE)
    return int(found[1]) if found else 315_532_800


def cache() -> Path:
    """Returns the directory for tools and downloads, as in the Makefile."""
    chosen = os.environ.get("WHEELWORKS_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(chosen) if chosen else Path(base) / "wheelworks"


def cargo_tool(name: str, tool_version: str, *options: str) -> Path:
    """Returns the path of a program from the crate registry, which this installs once, outside the tree."""
    root = cache() / "tools" / f"{name}-{tool_version}"
    program = root / "bin" / name
    if not program.exists():
        run("cargo", "install", "--quiet", "--locked", f"--version={tool_version}", f"--root={root}", *options, name)
    return program


def python_tools() -> Path:
    """Returns the directory of the programs in packaging/requirements.txt, which this installs once, outside the tree."""
    requirements = ROOT / "packaging" / "requirements.txt"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    environment = cache() / "tools" / f"packaging-{digest}"
    if not (environment / "done").exists():
        run(sys.executable, "-m", "venv", "--clear", environment)
        python = environment / "bin" / "python"
        options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--only-binary=:all:")
        run(python, "-m", "pip", "install", *options, f"--requirement={requirements}")
        (environment / "done").touch()
    return environment / "bin"


def emptied(directory: Path) -> Path:
    """Returns a directory after it was removed with its content and made again."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory
