"""Renders the part of RESULTS.md about growth from the measurements of run.py."""

import argparse
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from measuring.machine import command_line, describe
from measuring.markdown import facts, goal, megabytes, seconds, table
from measuring.measure import Memory, Run
from measuring.plot import svg_lines
from subjects import PAGE, RANDOM_EVERY, Subject

METHOD = """\
### How growth was measured

- `wheelworks pack` at level 6, one process, {cores} threads. Small members are modules of about 2 KB, a hundred
  per directory. In sparse files, one page of {page} bytes in {every} is random; the others are holes, which read
  as zeros. No file is longer than 4 GiB; 20 GB are five files.
- Small members are in the page cache. Sparse files are dropped from it before each run, because 20 GB do not fit in.
- Growth divides the time per member, or per gigabyte, of the largest tree by the smallest such time of its
  kind: 1 is linear.
- Anonymous memory is the peak of RssAnon in a separate run, sampled every 5 ms (every 20 ms where a pack takes
  over 5 s). Each tree was packed once more under RLIMIT_DATA of {bound} MB.
"""


@dataclass(frozen=True)
class Measured:
    """The measurements of packing one tree."""

    subject: Subject
    files: int
    size: int
    wheel: int
    runs: list[Run]
    memory: Memory
    within: bool
    """Whether the pack succeeded within the memory bound."""

    @property
    def wall(self) -> float:
        """Returns the median seconds."""
        return statistics.median(run.wall for run in self.runs)

    @property
    def each(self) -> float:
        """Returns the seconds per member, or per gigabyte."""
        return self.wall / self.subject.amount

    @property
    def cpu_each(self) -> float:
        """Returns the CPU seconds per member, or per gigabyte."""
        return statistics.median(run.cpu for run in self.runs) / self.subject.amount


def rows(measured: Sequence[Measured], unit: str, factor: float) -> list[list[str]]:
    """Returns the rows of one table."""
    return [
        [
            it.subject.label,
            megabytes(it.size),
            megabytes(it.wheel),
            seconds([run.wall for run in it.runs]),
            f"{statistics.median(run.cpu for run in it.runs):.2f}",
            f"{it.each * factor:.3g} {unit}",
            megabytes(it.memory.anonymous),
            "ran" if it.within else "**FAILED**",
        ]
        for it in measured
    ]


def growth(measured: Sequence[Measured], what: str) -> str:
    """Returns a list of growth of time and memory."""
    largest = max(measured, key=lambda it: it.subject.amount)
    ratio = largest.each / min(it.each for it in measured)
    cpu = largest.cpu_each / min(it.cpu_each for it in measured)
    peak = max(it.memory.anonymous for it in measured)
    first = min(measured, key=lambda it: it.subject.amount)
    return (
        f"- time per {what} of the largest tree: {ratio:.2f}× the smallest; CPU time: {cpu:.2f}×\n"
        f"- peak of anonymous memory: {first.memory.anonymous / 1e6:.1f} MB at {first.subject.label}, "
        f"{largest.memory.anonymous / 1e6:.1f} MB at {largest.subject.label}, at most {peak / 1e6:.1f} MB\n"
        f"- within the memory bound: {goal(all(it.within for it in measured))}\n"
    )


def draw(measured: Sequence[Measured], plots: Path, name: str, x_label: str) -> None:
    """Writes two plots: time and memory."""
    plots.mkdir(parents=True, exist_ok=True)
    times = {"pack": [(it.subject.amount, it.wall) for it in measured]}
    memory = {"RssAnon": [(it.subject.amount, it.memory.anonymous / 1e6) for it in measured]}
    svg_lines(plots / f"scale-{name}-time.svg", f"Time over {x_label}", x_label, "seconds", times, True, True)
    svg_lines(plots / f"scale-{name}-memory.svg", f"Peak memory over {x_label}", x_label, "MB", memory, True)


def render(
    measured: Sequence[Measured], arguments: argparse.Namespace, work: Path, plots: Path, bound: int
) -> str:
    """Returns the whole part, and writes the plots to `plots`."""
    small = [it for it in measured if not it.subject.is_sparse]
    sparse = [it for it in measured if it.subject.is_sparse]
    draw(small, plots, "members", "members")
    draw(sparse, plots, "bytes", "gigabytes")
    head = ["tree", "MB", "wheel, MB", "seconds: median (range)", "CPU seconds", "per unit"]
    head += ["anonymous, peak MB", f"with RLIMIT_DATA {bound / 1e6:.0f} MB"]
    method = METHOD.format(cores=arguments.threads, page=PAGE, every=RANDOM_EVERY, bound=bound // 10**6)
    return (
        f"## Growth with size\n\nCommand: `{command_line('benches/scale/run.py')}`\n\n"
        f"{facts(describe(arguments.binary, arguments.threads, work, []))}\n"
        f"### Many small members\n\n{table(head, rows(small, 'µs', 1e6))}\n{growth(small, 'member')}\n"
        "![Time over members](plots/scale-members-time.svg)\n"
        "![Memory over members](plots/scale-members-memory.svg)\n\n"
        f"### Large sparse files\n\n{table(head, rows(sparse, 's/GB', 1))}\n{growth(sparse, 'gigabyte')}\n"
        "![Time over gigabytes](plots/scale-bytes-time.svg)\n"
        f"![Memory over gigabytes](plots/scale-bytes-memory.svg)\n\n{method}"
    )
