"""Renders the part of RESULTS.md about whole builds from the measurements of run.py."""

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

- A round builds a job in all ways, one after another, in one Bazel server on the same {cores} cores. Every
  second round has the opposite order. Each way starts with `bazel clean`, which ends workers. Three builds are
  timed: the clean build, a build after one line of a Python file changed, and a build without a change.
- Seconds are those of the whole command `bazel build`, including Bazel's own work, such as digests of inputs
  and outputs. The server is running and has loaded its packages; sources are in the page cache; `sync` runs
  before each build.
- Each build checks the kind of processes that Bazel reports (`worker`, `linux-sandbox`, `local`).
- The script is `benches/bazel/workspace/script/build_wheel.py`, run by its own rule. It reads each file once
  and copies nothing, which is less than most such scripts do.
- The wheels of all ways hold the same members with the same bytes, except the changing file and dist-info.
  `times faster` divides the unsandboxed script's time by the time of the way, per step and round.
"""


def cell(values: Sequence[float], script: Sequence[float]) -> list[str]:
    """Returns the cells of one step: seconds, and the speed-up over the script."""
    ratios = [theirs / own for own, theirs in zip(values, script, strict=True)]
    return [seconds(values), f"{statistics.median(ratios):.1f}×"]


def figures(jobs: dict[str, Sequence[Result]], steps: Sequence[str]) -> Figures:
    """Returns the ratios for the overview: the worker against the script, except for builds without a change."""
    found = {}
    for job, measured in jobs.items():
        script = next(result for result in measured if result.way.prefix == "script")
        for step in steps[:2]:
            label = f"{job}, {step}, to a script"
            found[label] = median_ratio(measured[0].seconds[step], script.seconds[step])
    return found


def section(job: str, measured: Sequence[Result], steps: Sequence[str]) -> str:
    """Returns the section of one job."""
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
    """Returns the whole part."""
    bazel = output_of("dpkg-query", "--show", "--showformat=${Version}", "bazel-bootstrap")
    machine = describe(arguments.binary, arguments.threads, work, [("Bazel (Debian)", bazel)])
    sections = "\n".join(section(job, measured, steps) for job, measured in jobs.items())
    return (
        f"## Whole builds with Bazel\n\nCommand: `{command_line('benches/bazel/run.py')}`\n\n"
        f"{facts(machine)}\n{sections}\n{METHOD.format(cores=arguments.threads)}"
    )
