"""The command line that benchmarks share."""

import argparse
from pathlib import Path

from measuring import results
from measuring.work import pin


def parser(about: str, rounds: int, what: str, quick: str) -> argparse.ArgumentParser:
    """Options that each has; `what` is done in so many `rounds`, `quick` is what `--quick` measures."""
    options = argparse.ArgumentParser(description=about.splitlines()[0])
    options.add_argument("--binary", type=Path, required=True, help="the wheelworks to measure")
    options.add_argument("--rounds", type=int, default=rounds, help=what)
    options.add_argument("--threads", type=int, default=2, help="cores, for all that is started")
    options.add_argument("--out", type=Path, default=results.PATH)
    options.add_argument("--quick", action="store_true", help=quick)
    return options


def read(options: argparse.ArgumentParser) -> argparse.Namespace:
    """Reads the command line, and keeps to the cores that it says."""
    arguments = options.parse_args()
    arguments.binary = arguments.binary.resolve(strict=True)
    if arguments.quick:
        arguments.rounds = 1
    pin(arguments.threads)
    return arguments
