"""Copies the sources to their paths in the wheel, and runs `python -m build`. It knows nothing of wheelworks."""

import argparse
import json
import re
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
name = "example-plugin-cuda13"
version = {version}
description = "A CUDA plugin that Bazel builds"
requires-python = ">=3.11"
dependencies = {requires}

[tool.setuptools.packages.find]
namespaces = true

[tool.setuptools.package-data]
"*" = ["*"]
"""

# Marks the wheel as native: Bazel has compiled the extension.
SETUP_PY = """\
from setuptools import Distribution, setup


class BinaryDistribution(Distribution):
    def has_ext_modules(self):
        return True


setup(distclass=BinaryDistribution)
"""

SETUP_CFG = """\
[bdist_wheel]
plat_name = {platform}
py_limited_api = {python_tag}
"""

# Prefixes of paths: build outputs, and links to headers.
PREFIX = re.compile(r"(bazel-out/[^/]+/bin/)?(wheel/sources_hdrs/)?")


def stage(sources: list[str], project: Path) -> None:
    """Copies the sources to their paths in the wheel."""
    for source in sources:
        target = project / source[PREFIX.match(source).end() :]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def main() -> None:
    """Builds the wheel."""
    parser = argparse.ArgumentParser(fromfile_prefix_chars="@")
    parser.add_argument("--output_path", type=Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--python_tag", required=True)
    parser.add_argument("--platform", required=True)
    parser.add_argument("--requires", action="append", default=[])
    parser.add_argument("--srcs", action="append", required=True)
    arguments = parser.parse_args()
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation"]
    command.append(f"--outdir={arguments.output_path.absolute()}")
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory)
        stage(arguments.srcs, project)
        # A JSON string and a list of them are TOML.
        values = {"version": json.dumps(arguments.version), "requires": json.dumps(arguments.requires)}
        (project / "pyproject.toml").write_text(PYPROJECT.format(**values))
        (project / "setup.py").write_text(SETUP_PY)
        names = {"platform": arguments.platform, "python_tag": arguments.python_tag}
        (project / "setup.cfg").write_text(SETUP_CFG.format(**names))
        done = subprocess.run(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout)


if __name__ == "__main__":
    main()
