"""The command-line options that the benchmarks share."""

import argparse
from pathlib import Path

from measuring import results
from measuring.work import pin


def parser(about: str, rounds: int, what: str, quick: str) -> argparse.ArgumentParser:
    """Returns a parser with the shared options. `what` and `quick` are the help of `--rounds` and `--quick`."""
    options = argparse.ArgumentParser(description=about.splitlines()[0])
    options.add_argument("--binary", type=Path, required=True, help="the wheelworks to measure")
    options.add_argument("--rounds", type=int, default=rounds, help=what)
    options.add_argument("--threads", type=int, default=2, help="cores for every process")
    options.add_argument("--out", type=Path, default=results.PATH, help="the report to update")
    options.add_argument("--quick", action="store_true", help=quick)
    return options


def read(options: argparse.ArgumentParser) -> argparse.Namespace:
    """Parses the command line and pins this process to its `--threads` cores."""
    arguments = options.parse_args()
    arguments.binary = arguments.binary.resolve(strict=True)
    if arguments.quick:
        arguments.rounds = 1
    pin(arguments.threads)
    return arguments
