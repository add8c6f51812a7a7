"""Writes the part of RESULTS.md about growth, from what run.py measured."""

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

- `wheelworks pack` at level 6, one process, {cores} threads. Small members are modules of 2 KB or so, in
  directories of a hundred. Files with holes have one random page of {page} bytes in each {every}; all else is
  holes, which read as zeros. No file is longer than 4 GiB; 20 GB are five.
- The page cache is warm, but for trees of 4 GB and more: those are read as they come.
- Growth is how many times more a member, or a gigabyte, of the largest tree takes than one of that tree's
  kind in which each costs least: 1 is linear.
- Anonymous memory is the peak of RssAnon, looked at every 5 ms (every 20 where a pack takes over 5 s) in a
  run of its own; and each tree was packed once more under RLIMIT_DATA of {bound} MB.
"""


@dataclass(frozen=True)
class Measured:
    """One tree, and what packing it took."""

    subject: Subject
    files: int
    size: int
    wheel: int
    runs: list[Run]
    memory: Memory
    within: bool
    """Whether it was packed within the bound of memory."""

    @property
    def wall(self) -> float:
        """Seconds: the median."""
        return statistics.median(run.wall for run in self.runs)

    @property
    def each(self) -> float:
        """Seconds a member, or a gigabyte."""
        return self.wall / self.subject.amount

    @property
    def cpu_each(self) -> float:
        """CPU seconds a member, or a gigabyte."""
        return statistics.median(run.cpu for run in self.runs) / self.subject.amount


def rows(measured: Sequence[Measured], unit: str, factor: float) -> list[list[str]]:
    """One table."""
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
    """How far from linear, in a sentence; and the memory."""
    largest = max(measured, key=lambda it: it.subject.amount)
    ratio = largest.each / min(it.each for it in measured)
    cpu = largest.cpu_each / min(it.cpu_each for it in measured)
    peak = max(it.memory.anonymous for it in measured)
    first = min(measured, key=lambda it: it.subject.amount)
    return (
        f"- each {what} of the largest costs {ratio:.2f}× what one costs where it is cheapest; of CPU time, {cpu:.2f}×\n"
        f"- peak of anonymous memory: {first.memory.anonymous / 1e6:.1f} MB at {first.subject.label}, "
        f"{largest.memory.anonymous / 1e6:.1f} MB at {largest.subject.label}, at most {peak / 1e6:.1f} MB\n"
        f"- within the bound of memory: {goal(all(it.within for it in measured))}\n"
    )


def draw(measured: Sequence[Measured], plots: Path, name: str, x_label: str) -> None:
    """Two plots: time, and memory."""
    plots.mkdir(parents=True, exist_ok=True)
    times = {"pack": [(it.subject.amount, it.wall) for it in measured]}
    memory = {"RssAnon": [(it.subject.amount, it.memory.anonymous / 1e6) for it in measured]}
    svg_lines(plots / f"scale-{name}-time.svg", f"Time over {x_label}", x_label, "seconds", times, True, True)
    svg_lines(plots / f"scale-{name}-memory.svg", f"Peak memory over {x_label}", x_label, "MB", memory, True)


def render(
    measured: Sequence[Measured], arguments: argparse.Namespace, work: Path, plots: Path, bound: int
) -> str:
    """The whole part; the plots go to `plots`."""
    small = [it for it in measured if not it.subject.is_sparse]
    sparse = [it for it in measured if it.subject.is_sparse]
    draw(small, plots, "members", "members")
    draw(sparse, plots, "bytes", "gigabytes")
    head = ["tree", "MB", "wheel, MB", "seconds: median (range)", "CPU seconds", "each"]
    head += ["anonymous, peak MB", f"with RLIMIT_DATA {bound / 1e6:.0f} MB"]
    method = METHOD.format(cores=arguments.threads, page=PAGE, every=RANDOM_EVERY, bound=bound // 10**6)
    return (
        f"## Growth with size\n\nCommand: `{command_line('benches/scale/run.py')}`\n\n"
        f"{facts(describe(arguments.binary, arguments.threads, work, []))}\n"
        f"### Many small members\n\n{table(head, rows(small, 'µs', 1e6))}\n{growth(small, 'member')}\n"
        "![Time over members](plots/scale-members-time.svg)\n"
        "![Memory over members](plots/scale-members-memory.svg)\n\n"
        f"### Large files with holes\n\n{table(head, rows(sparse, 's/GB', 1))}\n{growth(sparse, 'gigabyte')}\n"
        "![Time over gigabytes](plots/scale-bytes-time.svg)\n"
        f"![Memory over gigabytes](plots/scale-bytes-memory.svg)\n\n{method}"
    )
