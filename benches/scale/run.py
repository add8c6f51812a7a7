"""Measures the growth of time and memory with the size of a wheel.

    python3 benches/scale/run.py --binary PATH [--rounds N] [--quick]

Packs trees of 1,000 to 100,000 small files, and of 0.1 to 20 GB of sparse files. Each tree is created
right before its runs and deleted after them. The script writes the part of `benches/RESULTS.md` about growth and
its plots from this run only. `--quick` packs small trees once.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import report
import subjects
from measuring import measure, options, page_cache, results, trees
from measuring.work import fresh, log

MEMORY_BOUND = 200_000_000
"""RLIMIT_DATA of the bounded run, in bytes."""

NEEDED_BYTES = 10 << 30
"""Free disk space that the largest tree needs."""


def measure_subject(
    subject: subjects.Subject, arguments: argparse.Namespace, work: Path
) -> report.Measured:
    """Packs one tree: timed, with memory samples, and within the memory bound."""
    tree, scratch = work / "tree", fresh(work / "scratch")
    log(f"making {subject.label}")
    subject.make(tree)
    files = [file for file in tree.rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files)
    how = page_cache.method("auto")
    if not subject.is_sparse:
        trees.warm(tree)

    def command() -> list[str]:
        out = fresh(work / "out")
        # A warm cache does not hold the largest tree, so that none of its kind has one.
        for file in files if subject.is_sparse else []:
            page_cache.drop(file, how)
        return [str(arguments.binary), "pack", f"--jobs={arguments.threads}", f"--wheel-dir={out}", str(tree)]

    runs = []
    for number in range(arguments.rounds):
        runs.append(measure.timed(command(), scratch))
        log(f"{subject.label}, round {number + 1}: {runs[-1].wall:.2f} s")
    wheel = next((work / "out").glob("*.whl")).stat().st_size
    # Long runs are sampled less often, because sampling takes CPU time.
    pause = measure.SAMPLE_SECONDS if runs[0].wall < 5 else 0.02
    memory = measure.watched(command(), scratch, pause)
    within = measure.succeeds_within(command(), scratch, MEMORY_BOUND)
    log(f"{subject.label}: {memory.anonymous / 1e6:.1f} MB anonymous")
    shutil.rmtree(tree)
    shutil.rmtree(work / "out")
    return report.Measured(subject, len(files), size, wheel, runs, memory, within)


def main() -> None:
    """Measures and writes the report."""
    arguments = options.read(options.parser(__doc__, 2, "timed packs of each tree", "small trees, once"))
    chosen = subjects.QUICK if arguments.quick else subjects.SUBJECTS
    base = trees.cache_dir() / "bench"
    base.mkdir(parents=True, exist_ok=True)
    if not arguments.quick and shutil.disk_usage(base).free < NEEDED_BYTES:
        sys.exit(f"error: `{base}` has less than {NEEDED_BYTES >> 30} GiB free")
    with tempfile.TemporaryDirectory(prefix="scale-", dir=base) as directory:
        work = Path(directory)
        measured = [measure_subject(subject, arguments, work) for subject in chosen]
        plots = work / "plots" if arguments.quick else arguments.out.parent / "plots"
        text = report.render(measured, arguments, base, plots, MEMORY_BOUND)
    results.publish(arguments.out, "benches/scale/run.py", text, is_printed=arguments.quick)


if __name__ == "__main__":
    main()
