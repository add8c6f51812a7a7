"""Runs the `wheelworks` binary with the arguments of `python -m wheelworks`."""

import os
import subprocess
import sys

from ._binary import BinaryNotFoundError, find_binary


def main():
    """Replaces this process by the binary; on Windows, waits for it instead."""
    try:
        binary = find_binary()
    except BinaryNotFoundError as error:
        sys.exit("wheelworks: {}".format(error))
    command = [binary, *sys.argv[1:]]
    if sys.platform == "win32":
        sys.exit(subprocess.run(command).returncode)
    # The binary writes to the same streams.
    sys.stdout.flush()
    os.execv(binary, command)


if __name__ == "__main__":
    main()
