"""Builds a wheel as user programs commonly do: stages the sources and runs `python -m build`.

It does not depend on wheelworks.
"""

import argparse
import configparser
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = {name}
version = {version}
description = "An example"

[project.scripts]
script-example = "script_example.cli:main"

[tool.setuptools]
packages = ["script_example"]

[tool.setuptools.package-data]
"*" = ["*"]
"""


def parse_arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(fromfile_prefix_chars="@")
    parser.add_argument("--output_path", type=Path, required=True)
    parser.add_argument("--srcs", action="append", type=Path, default=[])
    parser.add_argument("--libraries", action="append", type=Path, default=[])
    parser.add_argument("--name", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--platform", default="any")
    parser.add_argument("--note", default="")
    return parser.parse_args()


def stage(arguments: argparse.Namespace, project: Path) -> None:
    """Creates the project directory."""
    package = project / "script_example"
    package.mkdir()
    for source in arguments.srcs + arguments.libraries:
        shutil.copy(source, package)
    init = package / "__init__.py"
    init.chmod(0o644)
    text = init.read_text(encoding="utf-8").replace("the source tree", "the wheel")
    init.write_text(f"{text}NOTE = {arguments.note!r}\n", encoding="utf-8")
    values = {"name": arguments.name, "version": arguments.version}
    quoted = {key: json.dumps(value) for key, value in values.items()}
    (project / "pyproject.toml").write_text(PYPROJECT.format(**quoted), encoding="utf-8")
    if arguments.platform != "any":
        config = configparser.ConfigParser()
        config["bdist_wheel"] = {"plat_name": arguments.platform}
        with (project / "setup.cfg").open("w", encoding="utf-8") as file:
            config.write(file)


def main() -> None:
    """Builds the wheel."""
    arguments = parse_arguments()
    output = Path(os.path.abspath(arguments.output_path))
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory)
        stage(arguments, project)
        command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", f"--outdir={output}"]
        done = subprocess.run(
            command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
        )
        if done.returncode != 0:
            sys.exit(done.stdout)


if __name__ == "__main__":
    main()
