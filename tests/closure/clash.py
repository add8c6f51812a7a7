#!/usr/bin/env python3
"""Imports two packages in one process, in both orders, and prints how the processes end.

    tests/closure/clash.py tensorflow triton
    tests/closure/clash.py torch numpy

The wheels are those of clash.txt and torch.txt, unpacked as an installer would. It needs Python 3.12, and room in the
directory for temporary files: 2 GB for tensorflow, 7 GB for torch.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

from differential import HERE, ROOT, interpreter, unpack

VERSION = "3.12"

# The tables of each pair, with the names of packages if not all are meant, and what shows that both packages work together.
PAIRS = {
    ("tensorflow", "triton"): ([["clash.txt"]], ""),
    ("torch", "numpy"): ([["torch.txt"], ["wheels.txt", "numpy"]], "assert float(torch.from_numpy(numpy.ones(3)).sum()) == 3"),
}


def main():
    pair = tuple(sys.argv[1:])
    if pair not in PAIRS:
        sys.exit(__doc__)
    tables, use = PAIRS[pair]
    python = interpreter(VERSION)
    if not python:
        print(f"skipped, there is no Python {VERSION}")
        return
    with tempfile.TemporaryDirectory(prefix="wheelworks-clash-") as work:
        prefix = pathlib.Path(work).resolve()
        site = prefix / f"lib/python{VERSION}/site-packages"
        for table, *packages in tables:
            command = [ROOT / "scripts/fetch-wheels", "--table", HERE / table, *packages]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            for wheel in done.stdout.splitlines():
                unpack(wheel, prefix, site)
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(site), "HOME": work}
        orders = [pair, pair[::-1]]
        for names, code in [((name,), "") for name in pair] + [(order, use) for order in orders]:
            names = ", ".join(names)
            command = [python, "-s", "-c", f"import {names}\n{code}"]
            ended = subprocess.run(command, capture_output=True, env=environment)
            print(f"import {names}: {ended.returncode}", flush=True)
            sys.stderr.buffer.write(ended.stderr)


if __name__ == "__main__":
    sys.exit(main())
