"""Installs a wheel into an empty environment and imports modules from it.

    python3 wheel_install_test.py FILE

FILE has a `KEY=VALUE` a line: `wheel`, the first of which is tested, `import`, and `requirements`. For each `wheel`
there is a `name_file`: a file with its true name, or nothing.
Needs Python 3.8 or later, and a pip: an importable one, or that which Python brings along.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

# Runs in the environment: imports each module, and says where it came from.
PROBE = """\
import importlib, sys
for name in sys.argv[1:]:
    module = importlib.import_module(name)
    places = [module.__file__] if getattr(module, "__file__", None) else list(module.__path__)
    print(name, *places, sep="\\t")
"""


def read_arguments(path):
    """The values of each key."""
    values = {}
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition("=")
        values.setdefault(key, []).append(value)
    return values


def under_its_name(wheel, name_file, directory):
    """The path of a wheel under its true name: that of a stamped wheel is not its output's."""
    # pip takes a wheel's name from the path it is given, so links are not resolved.
    path = Path(os.path.abspath(wheel))
    name = Path(name_file).read_text(encoding="utf-8").strip() if name_file else path.name
    if name == path.name:
        return path
    directory.mkdir(exist_ok=True)
    return Path(shutil.copy(path, directory / name))


def run(what, command, hint="", **options):
    """Runs a command and returns its output; ends this program, with the output, if it fails."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", **options
    )
    if done.returncode != 0:
        sys.exit(f"error: {what} failed:\n{done.stdout}{hint}")
    return done.stdout


def create_environment(root):
    """Makes the environment; returns its Python, and the command that is pip for it."""
    has_pip = importlib.util.find_spec("pip") is not None
    if not has_pip and importlib.util.find_spec("ensurepip") is None:
        sys.exit(
            f"error: {sys.executable} has no pip\n"
            "hint: set the attribute `pip` to a Python library with it"
        )
    venv.EnvBuilder(with_pip=not has_pip, symlinks=os.name != "nt").create(root)
    python = root / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if has_pip:
        return python, [sys.executable, "-m", "pip", "--python", python]
    return python, [python, "-m", "pip"]


def install(pip, wheels, with_requirements):
    """Installs the first of the wheels, and from the others what it requires."""
    options = ["--no-index", "--no-cache-dir", "--disable-pip-version-check", "--no-input"]
    places = sorted({str(wheel.parent) for wheel in wheels})
    options += [f"--find-links={place}" for place in places]
    if not with_requirements:
        options.append("--no-deps")
    hint = "hint: list wheels of what it requires in `wheels`, or set `requirements = False`"
    output = run(f"installing {wheels[0].name}", [*pip, "install", *options, wheels[0]], hint)
    print(output, end="")
    if with_requirements:
        print(run("`pip check`", [*pip, "check"]), end="")


def main():
    """Runs the test."""
    values = read_arguments(sys.argv[1])
    with tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR")) as directory:
        root = Path(os.path.realpath(directory))
        named = zip(values["wheel"], values["name_file"])
        wheels = [under_its_name(*pair, root / "wheels") for pair in named]
        python, pip = create_environment(root / "environment")
        install(pip, wheels, values["requirements"] == ["True"])
        (root / "empty").mkdir()
        # `-I`: neither this directory nor PYTHONPATH has a part in it.
        probe = [python, "-I", "-c", PROBE, *values.get("import", [])]
        output = run(f"importing from {wheels[0].name}", probe, cwd=root / "empty")
        for line in output.splitlines():
            name, *places = line.split("\t")
            for place in places:
                if root / "environment" not in Path(os.path.realpath(place)).parents:
                    sys.exit(f"error: `{name}` is not of the wheel: it was imported from {place}")
            print(f"imported {name}")


if __name__ == "__main__":
    main()
