"""Counts instructions by category with valgrind's callgrind.

callgrind does not support SHA instructions, so the share of hashing is larger than on the real machine.
"""

import re
import subprocess
from collections import Counter
from pathlib import Path

import categories


def shares(command: list[str], folder: Path, is_packing: bool) -> Counter[str]:
    """Returns the instructions of a command by category."""
    out = folder / "callgrind.out"
    valgrind = ["valgrind", "--tool=callgrind", "--quiet", f"--callgrind-out-file={out}"]
    subprocess.run([*valgrind, *command], check=True, cwd=folder, stdout=subprocess.DEVNULL)
    annotate = ["callgrind_annotate", "--threshold=100", "--auto=no", str(out)]
    printed = subprocess.run(annotate, check=True, capture_output=True, text=True).stdout
    counted: Counter[str] = Counter()
    for line in printed.splitlines():
        found = re.match(r"\s*([\d,]+) \(\s*[\d.]+%\)\s+(?:[^:\s]+|\?\?\?):(.+?)(?: \[.*\])?$", line)
        if found:
            counted[categories.of_function(found[2], is_packing)] += int(found[1].replace(",", ""))
    return counted
