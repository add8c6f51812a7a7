#!/usr/bin/env python3
"""Imports tensorflow and triton in one process, in both orders, and prints how the processes end.

    tests/closure/clash.py

The wheels are those of clash.txt, unpacked as an installer would. It needs Python 3.12.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

from differential import HERE, ROOT, interpreter, unpack

VERSION = "3.12"
ORDERS = ["tensorflow", "triton", "tensorflow, triton", "triton, tensorflow"]


def main():
    python = interpreter(VERSION)
    if not python:
        print(f"skipped, there is no Python {VERSION}")
        return
    command = [ROOT / "scripts/fetch-wheels", "--table", HERE / "clash.txt"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    with tempfile.TemporaryDirectory(prefix="wheelworks-clash-") as work:
        prefix = pathlib.Path(work).resolve()
        site = prefix / f"lib/python{VERSION}/site-packages"
        for wheel in done.stdout.splitlines():
            unpack(wheel, prefix, site)
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(site), "HOME": work}
        for names in ORDERS:
            ended = subprocess.run([python, "-s", "-c", f"import {names}"], capture_output=True, env=environment)
            print(f"import {names}: {ended.returncode}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
