"""Prints the libraries that delocate or delvewheel miss in wheels for macOS or Windows, as JSON.

    system_libraries.py JUDGE... -- WHEEL...

The judges and what they need are wheels, from which Python imports them. delocate runs `otool`, which
`scripts/objects-env` makes of LLVM's and puts into PATH."""

import contextlib
import io
import json
import logging
import pathlib
import re
import sys


def output_of(main, arguments):
    """Returns what a program prints and logs."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().handlers = [handler]
    sys.argv = arguments
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream), contextlib.suppress(SystemExit):
        main()
    return stream.getvalue()


def of_delocate(wheel):
    """Returns the install names that delocate does not find, and the libraries that it finds on this machine."""
    from delocate.cmd.delocate_listdeps import main

    text = output_of(main, ["delocate-listdeps", "--depending", wheel])
    assert "Traceback" not in text, text
    missing = set(re.findall(r"^(\S+) not found, requested by ", text, re.MULTILINE))
    return missing | set(re.findall(r"^(/\S+):$", text, re.MULTILINE))


def of_delvewheel(wheel):
    """Returns the names of the DLLs that delvewheel would graft and does not find."""
    from delvewheel.__main__ import main

    text = output_of(main, ["delvewheel", "show", "--ignore-existing", "--analyze-existing-exes", wheel])
    assert "Analyzing" in text and "Traceback" not in text, text
    return set(re.findall(r"^    (\S+) \(Error: Not Found\)$", text, re.MULTILINE))


def main():
    judges, wheels = " ".join(sys.argv[1:]).split(" -- ")
    sys.path[:0] = judges.split()
    found = {}
    for wheel in wheels.split():
        judge = of_delvewheel if "-win" in wheel else of_delocate
        found[pathlib.Path(wheel).name] = sorted(judge(wheel))
    print(json.dumps(found))


main()
