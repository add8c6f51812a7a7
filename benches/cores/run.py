"""Draws how a pack would grow faster on more cores than this machine has, by a model of its stages.

    python3 benches/cores/run.py --binary PATH [--rounds N] [--trees pjrt,tensorflow] [--quick]

`model.py` measures the CPU time of each stage, and predicts the time on N cores; its prediction for one and two
cores is compared with the time that they take. `small.py` does the same for the threads of a worker. Writes its
part of `benches/RESULTS.md` and its plot from this run only. `--quick` uses a small synthetic tree.
"""

import argparse
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import model
import small
from measuring import machine, markdown, options, plot, results, trees

PLOT = "cores.svg"

METHOD = """
### How many cores were modelled

- The CPU seconds of each thread are read every {sample:.0f} ms from a pack at level 6, with a warm page cache, on one
  core and on two; the fastest of {rounds} rounds counts. `binds from` is the number of cores from which a stage takes
  longer than all work on all cores.
- `cut on one thread, written on one` is with {jobs} threads in the pool, on the same cores: so many make a pack
  use another thread for cutting. `cut and written on one thread` has a thread for each core.
- SHA-256 is Python's, which is OpenSSL's, on {hashed} MiB of the longest member, the best of three.
- The model has neither the limits of memory bandwidth nor of caches that cores share, and knows no clock that
  slows down if all cores work. So it is a bound: the real time is not less.
- A worker gets {requests} packs of {files} modules, without a cache; {in_flight} are in flight.
"""


def binds_from(total: float, serial: float) -> str:
    """Returns the number of cores from which a serial stage takes longer than all work on all cores."""
    return f"{total / serial:.0f} cores" if serial > 0 else "never"


def stage_rows(stages: model.Stages) -> list[list[str]]:
    """Returns the rows of the stages."""
    rows = [["all threads", f"{stages.cpu:.3f}", ""]]
    for name, seconds in stages.serial.items():
        rows.append([name, f"{seconds:.3f}", binds_from(stages.cpu, seconds)])
    return [*rows, ["before and after the pool", f"{stages.first + stages.last:.3f}", ""]]


def prediction_rows(stages: model.Stages) -> list[list[str]]:
    """Returns the rows of the predictions."""
    rows = []
    for cores in model.CORES:
        predicted, measured = stages.seconds(cores), stages.measured.get(cores)
        check = f"{measured:.2f} s, {predicted / measured:.2f}× of it" if measured else ""
        speed = stages.seconds(1) / predicted
        rows.append([str(cores), f"{predicted:.3f}", f"{speed:.1f}×", stages.binding(cores), check])
    return rows


def worker_rows(times: dict[str, float]) -> list[list[str]]:
    """Returns the rows of a worker's threads."""
    total = times[small.ALL]
    rows = [[small.ALL, f"{total:.0f}", ""]]
    for name, label in small.SERIAL.items():
        rows.append([label, f"{times[name]:.1f}", binds_from(total, times[name])])
    return rows


def main() -> None:
    """Measures and writes the report."""
    parser = options.parser(__doc__, 3, "packs on each number of cores", "a small synthetic tree, once")
    parser.add_argument("--trees", default="pjrt,tensorflow", help="names, joined by commas")
    arguments = options.read(parser)
    with tempfile.TemporaryDirectory(prefix="cores-", dir=trees.cache_dir()) as folder:
        work = Path(folder)
        if arguments.quick:
            chosen = [trees.make_up(work / "made-up")]
        else:
            chosen = [trees.obtain(name, None) for name in arguments.trees.split(",")]
        ways = (("cut and written on one thread", None), ("cut on one thread, written on one", model.AHEAD_JOBS))
        measured = {
            f"{tree.name}, {label}": model.measure(arguments.binary, tree, work, arguments.rounds, jobs)
            for tree in chosen
            for label, jobs in ways
        }
        count = small.REQUESTS // (20 if arguments.quick else 1)
        times = small.microseconds(arguments.binary, arguments.threads, work, count)
        plots = work if arguments.quick else arguments.out.parent / "plots"
        text = render(measured, times, arguments, plots, count)
    if arguments.quick:
        print(text)
    else:
        results.replace_part(arguments.out, "benches/cores/run.py", text)


def render(
    measured: dict[str, model.Stages],
    times: dict[str, float],
    arguments: argparse.Namespace,
    plots: Path,
    count: int,
) -> str:
    """Returns the part of RESULTS.md, and writes the plot."""
    plots.mkdir(parents=True, exist_ok=True)
    curves = {
        label: [(float(cores), stages.seconds(1) / stages.seconds(cores)) for cores in model.CORES]
        for label, stages in measured.items()
    }
    plot.svg_lines(plots / PLOT, "Speed over cores, by the model", "cores", "times one core", curves, True, True)
    about = machine.describe(arguments.binary, arguments.threads, trees.cache_dir(), [])
    text = f"## Many cores\n\nCommand: `{machine.command_line('benches/cores/run.py')}`\n\n{markdown.facts(about)}\n"
    text += f"![Speed over cores](plots/{PLOT})\n"
    for label, stages in measured.items():
        text += f"\n### {label}\n\n"
        text += markdown.table(["stage", "CPU seconds", "binds from"], stage_rows(stages)) + "\n"
        head = ["cores", "seconds, by the model", "speed", "bound by", "measured"]
        text += markdown.table(head, prediction_rows(stages))
    text += "\n### Small requests to a worker\n\n"
    text += markdown.table(["thread", "CPU µs a request", "binds from"], worker_rows(times))
    return text + METHOD.format(
        sample=1000 * model.SAMPLE_SECONDS,
        rounds=arguments.rounds,
        jobs=model.AHEAD_JOBS,
        hashed=model.HASHED_BYTES >> 20,
        requests=count,
        files=small.FILES,
        in_flight=small.IN_FLIGHT,
    )


if __name__ == "__main__":
    main()
