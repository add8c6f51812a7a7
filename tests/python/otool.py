#!/usr/bin/env python3
"""Apple's otool, as delocate calls it: LLVM's, without the option `-m`, and with Apple's message about other files."""

import os
import subprocess
import sys

OTOOL = os.environ["WHEELWORKS_LLVM"] + "/llvm-otool"

arguments = [argument for argument in sys.argv[1:] if argument != "-m"]
found = subprocess.run([OTOOL, *arguments], capture_output=True, text=True)
if "not recognized as a valid object file" in found.stderr:
    print(f"{arguments[-1]}: is not an object file")
    sys.exit()
sys.stdout.write(found.stdout)
sys.stderr.write(found.stderr)
sys.exit(found.returncode)
