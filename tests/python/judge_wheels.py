"""Prints the verdicts of PyPI, twine, check-wheel-contents, pip and uv: one JSON object per wheel, in order.

    judge_wheels.py UV SCRATCH WHEEL...

`twine`, `pip` and `uv` are "accepts" or "rejects"; `pypi` is that, or "warns", by the model of PyPI's rules in
index_rules.py; `contents` is the list of failed checks of
check-wheel-contents, or "rejects".
"""

import contextlib
import io
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

from check_wheel_contents.checker import WheelChecker
from check_wheel_contents.contents import WheelContents
from pip._internal.cli.main import main as pip_main
from twine.commands.check import check as twine_check

# Python does not look beside the script with `-I`.
sys.path.insert(0, str(Path(__file__).parent))
import index_rules  # noqa: E402


def quietly(work):
    """Returns the result of `work`, or None if it raises. Drops its output."""
    sink = io.StringIO()
    with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink):
        try:
            return work()
        # A traceback of a judge counts as a rejection.
        except (Exception, SystemExit):
            return None


def twine(wheel):
    # The function returns whether any check failed.
    return "accepts" if quietly(lambda: twine_check([wheel])) is False else "rejects"


def contents(wheel):
    def work():
        checker = WheelChecker()
        checker.configure_options()
        failed = checker.check_contents(WheelContents.from_wheel(wheel))
        return sorted({failure.check.name for failure in failed})

    found = quietly(work)
    return "rejects" if found is None else found


def pip(wheel, target):
    arguments = ["install", "--quiet", "--no-deps", "--no-index", "--no-compile", "--no-input"]
    arguments += ["--disable-pip-version-check", "--target", str(target), wheel]
    done = quietly(lambda: pip_main(arguments))
    # Each call adds handlers for streams that are closed before the next call.
    logging.getLogger().handlers.clear()
    return "accepts" if done == 0 else "rejects"


def uv(program, wheel, target):
    arguments = ["pip", "install", "--quiet", "--no-deps", "--no-index", "--no-config", "--offline"]
    arguments += ["--no-cache", "--python", sys.executable, "--target", str(target), wheel]
    done = subprocess.run([program, *arguments], capture_output=True, check=False)
    return "accepts" if done.returncode == 0 else "rejects"


def main():
    program, scratch, *wheels = sys.argv[1:]
    os.environ["PIP_CONFIG_FILE"] = os.devnull
    for number, wheel in enumerate(wheels):
        target = Path(scratch, str(number))
        verdict = {
            "pypi": index_rules.verdict(Path(wheel)),
            "twine": twine(wheel),
            "contents": contents(wheel),
            "pip": pip(wheel, target / "pip"),
            "uv": uv(program, wheel, target / "uv"),
        }
        print(json.dumps(verdict), flush=True)


if __name__ == "__main__":
    main()
