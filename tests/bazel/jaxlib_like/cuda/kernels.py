"""Makes a shared library with eight megabytes that look like kernels: the same in every build.

kernels.py OUTPUT
"""

import pathlib
import random
import subprocess
import sys
import tempfile

MEGABYTE = 1 << 20

with tempfile.TemporaryDirectory() as scratch:
    blob = pathlib.Path(scratch, "kernels.bin")
    blob.write_bytes(random.Random(12).randbytes(8 * MEGABYTE))
    source = pathlib.Path(scratch, "kernels.S")
    source.write_text(
        ".section .rodata\n.global kernels\n.type kernels, @object\n"
        f"kernels:\n.incbin \"kernels.bin\"\n.size kernels, {8 * MEGABYTE}\n"
        '.section .note.GNU-stack,"",@progbits\n'
    )
    subprocess.run(
        [
            *("gcc", "-shared", "-nostdlib", "-I", scratch, "-Wl,-soname,libkernels.so.12"),
            *("-Wl,--build-id=none", "-o", pathlib.Path(sys.argv[1]).absolute(), "kernels.S"),
        ],
        check=True,
        cwd=scratch,
    )
