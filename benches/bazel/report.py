"""Writes the part of RESULTS.md about whole builds, from what run.py measured."""

import argparse
import statistics
from collections.abc import Sequence
from pathlib import Path

from measured import Result
from measuring.figures import Figures, median_ratio
from measuring.machine import command_line, describe, output_of
from measuring.markdown import facts, megabytes, seconds, table

METHOD = """\
### How builds were measured

- A round builds a job in all ways, one after another, in one Bazel server with the same {cores} cores; every
  other round in the opposite order. Each way begins with `bazel clean`, which ends workers; then the build is
  timed, then again after one line of a Python file was changed, then again with nothing changed.
- Seconds are of the whole command `bazel build`: Bazel's own work, such as digests of inputs and outputs, is
  in all of them. The server runs, and has read its packages; sources are in the page cache; `sync` before
  each build.
- What Bazel said of its processes (`worker`, `linux-sandbox`, `local`) was looked at in each build.
- The script is `benches/bazel/workspace/script/build_wheel.py`, run by a rule of its own: each file is read
  once and nothing is copied, which is less than most such scripts do.
- Wheels of all ways hold the same members with the same bytes, but for the file that changes and dist-info.
  `times faster` is the script's time by this one's, not sandboxed, step by step, of the same round.
"""


def cell(values: Sequence[float], script: Sequence[float]) -> list[str]:
    """Seconds of one step, and how many times faster than the script."""
    ratios = [theirs / own for own, theirs in zip(values, script, strict=True)]
    return [seconds(values), f"{statistics.median(ratios):.1f}×"]


def figures(jobs: dict[str, Sequence[Result]], steps: Sequence[str]) -> Figures:
    """What the overview shows: the worker against the script, but for builds of nothing."""
    found = {}
    for job, measured in jobs.items():
        script = next(result for result in measured if result.way.prefix == "script")
        for step in steps[:2]:
            label = f"{job}, {step}, to a script"
            found[label] = median_ratio(measured[0].seconds[step], script.seconds[step])
    return found


def section(job: str, measured: Sequence[Result], steps: Sequence[str]) -> str:
    """One job."""
    script = next(result for result in measured if result.way.prefix == "script")
    head = ["way"]
    for step in steps:
        head += [f"{step}, seconds", "times faster"]
    rows = []
    for result in measured:
        cells = [part for step in steps for part in cell(result.seconds[step], script.seconds[step])]
        rows.append([result.way.label, *cells, megabytes(result.size)])
    count = measured[0].count
    what = f"{count} wheels" if count > 1 else "One wheel"
    return f"### {job[0].upper()}{job[1:]}\n\n{what}.\n\n{table([*head, 'wheels, MB'], rows)}\n"


def render(
    jobs: dict[str, Sequence[Result]], steps: Sequence[str], arguments: argparse.Namespace, work: Path
) -> str:
    """The whole part."""
    bazel = output_of("dpkg-query", "--show", "--showformat=${Version}", "bazel-bootstrap")
    machine = describe(arguments.binary, arguments.threads, work, [("Bazel (Debian)", bazel)])
    sections = "\n".join(section(job, measured, steps) for job, measured in jobs.items())
    return (
        f"## Whole builds with Bazel\n\nCommand: `{command_line('benches/bazel/run.py')}`\n\n"
        f"{facts(machine)}\n{sections}\n{METHOD.format(cores=arguments.threads)}"
    )
