"""Measures the overhead of a persistent worker: its start, small requests, and cached large wheels.

    python3 benches/worker/run.py --binary PATH [--rounds N] [--trees pjrt,tensorflow] [--quick]

Measures the time from the start of a worker to its first response, the time of empty requests, the growth
of memory over thousands of small requests, packs of the same files for four Pythons against one cold pack,
and audits by the worker that packed the wheel. The script writes the part of `benches/RESULTS.md` about
workers from this run only. `--quick` sends fewer requests and packs a small wheel.
"""

import argparse
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import large
import report
import small
from measuring import options, results, trees
from measuring.work import fresh, log

STARTS = 40
NOTHINGS = 5_000
SMALL_REQUESTS = 10_000
ARGUMENT_FILES = 50


def measure_small(arguments: argparse.Namespace, work: Path) -> report.Small:
    """Measures starts, empty requests, and the memory over many small requests."""
    binary, threads = arguments.binary, arguments.threads
    starts, nothings, count = STARTS, NOTHINGS, SMALL_REQUESTS
    if arguments.quick:
        starts, nothings, count = 3, 200, 1_000
    scratch = fresh(work / "small")
    (scratch / "wheels").mkdir()
    (scratch / "again").mkdir()
    # The first start reads the binary into the page cache.
    small.start_seconds(binary, threads, scratch)
    started = [small.start_seconds(binary, threads, scratch) for _ in range(starts)]
    nothing = small.nothing_seconds(binary, threads, scratch, nothings)
    read = small.arguments_seconds(binary, threads, scratch, 3 if arguments.quick else ARGUMENT_FILES)
    growths = []
    for kind in (small.same, small.changing):
        growths.append(kind(binary, threads, scratch, count))
        log(f"{growths[-1].label}: {growths[-1].points[0][1]:.1f} to {growths[-1].points[-1][1]:.1f} MB")
    return report.Small(started, nothing, read, growths)


def measure_large(arguments: argparse.Namespace, work: Path) -> list[large.TreeResult]:
    """Measures large wheels in one worker."""
    if arguments.quick:
        chosen = [trees.obtain("markupsafe", None)]
    else:
        chosen = [trees.obtain(name, None) for name in arguments.trees.split(",") if name]
    measured = []
    for tree in chosen:
        result = large.TreeResult(tree)
        trees.warm(tree.path)
        for _ in range(arguments.rounds):
            large.run_round(arguments.binary, tree, work, arguments.threads, result)
        measured.append(result)
    return measured


def main() -> None:
    """Measures and writes the report."""
    parser = options.parser(__doc__, 3, "rounds with large wheels", "fewer requests, a small wheel")
    parser.add_argument("--trees", default="pjrt,tensorflow", help="names, joined by commas")
    arguments = options.read(parser)
    base = trees.cache_dir() / "bench"
    base.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="worker-", dir=base) as directory:
        work = Path(directory)
        measured = measure_small(arguments, work)
        per_tree = measure_large(arguments, work)
        plots = work if arguments.quick else arguments.out.parent / "plots"
        text = report.render(measured, per_tree, arguments, base, plots)
    results.publish(arguments.out, "benches/worker/run.py", text, is_printed=arguments.quick)


if __name__ == "__main__":
    main()
