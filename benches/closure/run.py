"""Measures closures: of torch with all that it requires, cold and in a worker.

    python3 benches/closure/run.py --binary PATH [--rounds N] [--quick]

Every round judges the closure in a new process, audits its wheels one after another, and asks one worker for the same
closure: once cold, again without a change, after a small wheel has changed, after the first one has, and after the worker
has packed that one. The wheels are those of
`tests/closure/torch.txt`. The script writes the part of `benches/RESULTS.md` about closures. `--quick` judges two small
wheels and prints the report, to show that the scripts work.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

from measuring import figures, measure, options, results, trees
from measuring.figures import median_ratio
from measuring.machine import command_line, describe
from measuring.markdown import facts, goal, megabytes, seconds, table
from measuring.work import log
from measuring.worker_client import Worker

TABLE = trees.ROOT / "tests" / "closure" / "torch.txt"

QUICK = ("nvidia-nvtx", "nvidia-cufile")
"""Two of the wheels."""

COLD_GOAL, WARM_GOAL, CHANGED_GOAL = 1.5, 0.2, 0.05
"""Times the audits of the wheels; seconds."""

SETTLE_SECONDS = 2.5
"""A worker trusts a file that has not changed for so long."""

METHOD = """\
### How closures were measured

- Cold: `wheelworks closure --exit-zero -q torch-….whl --with DIRECTORY`, in a new process, with a warm page cache.
- Audits: `wheelworks audit --exit-zero -q WHEEL` of each wheel of the closure, one process after another; their sum.
- In the worker: the same closure as a request. The second and third requests change nothing. Then one wheel is replaced by
  a copy, a new file with new times, so that its facts are read again; then the first wheel. Then the worker itself packs the
  first wheel anew (`repack`, not timed), and judges it.
- All processes run on the same {cores} cores. Ratios are taken within a round; the table shows their median.
"""


@dataclass
class Result:
    """The measurements."""

    wheels: list[Path]
    changed: Path
    cold: list[float] = field(default_factory=list)
    audits: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    """Seconds of the first request of a worker."""
    warm: list[float] = field(default_factory=list)
    replaced: list[float] = field(default_factory=list)
    """Seconds of the request after one wheel was replaced."""
    first_replaced: list[float] = field(default_factory=list)
    """Seconds of the request after the first wheel was replaced."""
    packed: list[float] = field(default_factory=list)
    """Seconds of the request after the worker has packed the first wheel."""
    memory: int = 0


def fetch(names: tuple[str, ...]) -> list[Path]:
    """Returns the paths of wheels of the table."""
    command = [str(trees.ROOT / "scripts" / "fetch-wheels"), "--table", str(TABLE), *names]
    return [Path(line) for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()]


def link(wheels: list[Path], directory: Path) -> list[Path]:
    """Links wheels into a directory, so that one can be replaced. Returns their paths there."""
    for wheel in wheels:
        try:
            os.link(wheel, directory / wheel.name)
        except OSError:
            shutil.copy2(wheel, directory)
    return [directory / wheel.name for wheel in wheels]


def replace(wheel: Path) -> None:
    """Replaces a wheel by a copy of it."""
    copy = wheel.with_suffix(".copy")
    shutil.copyfile(wheel, copy)
    copy.replace(wheel)
    time.sleep(SETTLE_SECONDS)


def run_round(result: Result, arguments: argparse.Namespace, work: Path) -> None:
    """Makes all measurements once."""
    binary, options_of_all = str(arguments.binary), ["--exit-zero", "-q"]
    first, packed = result.wheels[0], work / "packed" / result.wheels[0].name
    closure = ["closure", *options_of_all, str(first), "--with", str(first.parent)]
    for wheel in result.wheels:
        trees.warm(wheel)
    output = work / "stdout.txt"
    result.cold.append(measure.timed([binary, *closure], work, output).wall)
    audits = [measure.timed([binary, "audit", *options_of_all, str(wheel)], work, output) for wheel in result.wheels]
    result.audits.append(sum(run.wall for run in audits))
    with Worker(arguments.binary, arguments.threads, work) as worker:
        result.first.append(worker.timed(closure).wall)
        result.warm += [worker.timed(closure).wall for _ in range(2)]
        replace(result.changed)
        result.replaced.append(worker.timed(closure).wall)
        replace(first)
        result.first_replaced.append(worker.timed(closure).wall)
        result.memory = max(result.memory, measure.status_bytes(worker.process.pid).get("VmHWM", 0))
        worker.timed(["repack", "-q", f"--wheel-dir={packed.parent}", str(first)])
        time.sleep(SETTLE_SECONDS)
        result.packed.append(worker.timed([str(packed) if it == str(first) else it for it in closure]).wall)
        shutil.rmtree(packed.parent)
    log(
        f"cold {result.cold[-1]:.2f} s, audits {result.audits[-1]:.2f} s, worker: cold {result.first[-1]:.2f} s, "
        f"warm {result.warm[-1]:.3f} s, one wheel changed {result.replaced[-1]:.3f} s, the first "
        f"{result.first_replaced[-1]:.3f} s, packed by the worker {result.packed[-1]:.3f} s"
    )


def median(times: list[float]) -> float:
    """Returns the median."""
    return sorted(times)[len(times) // 2]


def changed_goal(times: list[float]) -> str:
    """Returns whether the goal for a changed wheel is met."""
    return f"{CHANGED_GOAL} s {goal(median(times) <= CHANGED_GOAL)}"


def render(result: Result, arguments: argparse.Namespace, work: Path) -> str:
    """Returns the part of the report."""
    times = 1 / median_ratio(result.cold, result.audits)
    size = sum(wheel.stat().st_size for wheel in result.wheels)
    first = result.wheels[0].name.split("-")[0]
    rows = [
        ("sum of the audits", seconds(result.audits), "–", ""),
        ("cold", seconds(result.cold), f"{times:.2f}× the audits", f"{COLD_GOAL}× {goal(times <= COLD_GOAL)}"),
        ("first request of a worker", seconds(result.first), "–", ""),
        ("warm", seconds(result.warm), "–", f"{WARM_GOAL} s {goal(median(result.warm) <= WARM_GOAL)}"),
        (
            f"`{result.changed.name.split('-')[0]}` changed",
            seconds(result.replaced),
            "–",
            changed_goal(result.replaced),
        ),
        (f"`{first}` packed by the worker", seconds(result.packed), "–", changed_goal(result.packed)),
        (f"`{first}` changed by another tool", seconds(result.first_replaced), "–", changed_goal(result.first_replaced)),
    ]
    parts = [
        "## Closures",
        f"`{command_line('benches/closure/run.py')}`",
        f"{result.wheels[0].name} and {len(result.wheels) - 1} wheels that it requires, {megabytes(size)} MB; the worker "
        f"had {megabytes(result.memory)} MB at its peak.",
        table(("", "seconds", "ratio", "goal"), rows),
        facts(describe(arguments.binary, arguments.threads, work, [])),
        METHOD.format(cores=arguments.threads),
    ]
    return "\n\n".join(parts)


def main() -> None:
    """Measures and writes the report."""
    arguments = options.read(options.parser(__doc__, 5, "rounds of all measurements", "two small wheels, one round"))
    work = trees.cache_dir() / "bench"
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="closure-", dir=work) as directory:
        at = Path(directory)
        (at / "wheels").mkdir()
        wheels = link(fetch(QUICK if arguments.quick else ()), at / "wheels")
        changed = next(wheel for wheel in wheels if wheel.name.startswith("nvidia_nvtx-"))
        result = Result(wheels, changed)
        for _ in range(arguments.rounds):
            run_round(result, arguments, at)
        text = render(result, arguments, work)
    if arguments.quick:
        print(text)
        return
    results.replace_part(arguments.out, "benches/closure/run.py", text)
    ratio = {"closure of torch: sum of the audits": median_ratio(result.cold, result.audits)}
    figures.keep("benches/closure/run.py", ratio)
    log(f"wrote {arguments.out}")


if __name__ == "__main__":
    main()
