"""Writes the part of RESULTS.md about workers, from what run.py measured."""

import argparse
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import large
from measuring.machine import command_line, describe
from measuring.markdown import facts, goal, megabytes, seconds, table
from measuring.plot import svg_lines
from small import Growth

START_GOAL = 0.020
NOTHING_GOAL = 0.001
FOUR_GOAL = 1.3
AUDIT_GOAL = 0.020
GROWTH_GOAL = 1.02
"""Memory after all requests by that after the first tenth: a few pages more are no growth."""

JUDGED = 10_000
"""Requests of which the last nine tenths must not take more memory than the first tenth."""

PLOT = "worker-memory.svg"

METHOD = """\
### How workers were measured

- Start: from before the process is started until its first response (to `--version`) has been read by
  the Python that started it; the binary is in the page cache.
- A request with nothing to do is `--version`. Time is from before it is written to the pipe until its
  response has been read, by one Python process, so that Python's own share is in it.
- Memory is RssAnon in /proc/PID/status, looked at after every {every} requests. The first kind is
  `pack`, `show`, `check`, `unpack` and `repack` of each of {trees} small wheels, over and over, with the
  default `--cache-memory`, after the sources were left alone for four seconds; of the second every request
  packs a file of {new} KiB that was not there before, with a `--cache-memory` that the first tenth of the
  requests fills.
- Large wheels: level 6, the page cache warm, `sync` before each request. Members are named one by one, as
  a Bazel rule does, and every input has the digest that Bazel would give. One cold pack is the first
  request to a new worker; the four are the first four to another. Both made the same bytes.
- An audit is `show --json --no-host` by the worker that has packed; `again` is the same once more, and
  `of a copy` is of the same bytes in another file.
"""


@dataclass(frozen=True)
class Small:
    """What was measured of small requests."""

    starts: list[float]
    nothing: list[float]
    growths: list[Growth]


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of all values does not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def milliseconds(value: float) -> str:
    """Seconds, shown in milliseconds."""
    return f"{value * 1e3:.3f}" if value < 0.01 else f"{value * 1e3:.1f}"


def time_rows(small: Small) -> list[list[str]]:
    """Start, and requests with nothing to do."""
    rows = []
    for label, values, most in (
        ("start to first response", small.starts, START_GOAL),
        ("a request with nothing to do", small.nothing, NOTHING_GOAL),
    ):
        shown = [milliseconds(percentile(values, share)) for share in (0.5, 0.99)]
        met = goal(percentile(values, 0.5) <= most)
        rows.append([label, str(len(values)), *shown, milliseconds(max(values)), f"≤ {most * 1e3:g} ms", met])
    return rows


def growth_rows(growths: Sequence[Growth]) -> list[list[str]]:
    """Memory after a tenth of the requests and after all of them."""
    rows = []
    for growth in growths:
        last = int(growth.points[-1][0])
        early, middle, late = (growth.at(last // part) for part in (10, 2, 1))
        times = [milliseconds(percentile(growth.walls, share)) for share in (0.5, 0.99)]
        met = goal(late <= early * GROWTH_GOAL) if last >= JUDGED else "too few to tell"
        rows.append([growth.label, f"{last:,}", f"{early:.2f}", f"{middle:.2f}", f"{late:.2f}", f"{late / early:.3f}×", met, *times])
    return rows


def four_rows(results: Sequence[large.TreeResult]) -> list[list[str]]:
    """The same files for four Pythons."""
    rows = []
    for result in results:
        ratios = [four / cold for four, cold in zip(result.four, result.cold, strict=True)]
        ratio = statistics.median(ratios)
        shown = f"{ratio:.2f}× ({min(ratios):.2f}–{max(ratios):.2f})"
        times = [seconds(values) for values in (result.cold, result.four, result.later)]
        rows.append([result.tree.name, megabytes(result.tree.size), *times, shown, f"≤ {FOUR_GOAL}×", goal(ratio <= FOUR_GOAL)])
    return rows


def audit_rows(results: Sequence[large.TreeResult]) -> list[list[str]]:
    """Audits by the worker that packed."""
    rows = []
    for result in results:
        for label, values in result.audits.items():
            wanted = label == next(iter(result.audits))
            met = goal(statistics.median(values) <= AUDIT_GOAL) if wanted else ""
            rows.append([f"{result.tree.name}, {label}", seconds(values), f"≤ {AUDIT_GOAL} s" if wanted else "", met])
    return rows


def draw(growths: Sequence[Growth], plots: Path) -> None:
    """The memory as a plot."""
    plots.mkdir(parents=True, exist_ok=True)
    title = "Memory of a worker over small requests"
    series = {growth.label.split(",")[0]: growth.points for growth in growths}
    svg_lines(plots / PLOT, title, "requests answered", "RssAnon, MB", series)


def render(
    small: Small,
    results: Sequence[large.TreeResult],
    arguments: argparse.Namespace,
    work: Path,
    plots: Path,
) -> str:
    """The whole part; the plot goes to `plots`."""
    draw(small.growths, plots)
    last = int(small.growths[0].points[-1][0])
    time_head = ["what", "times", "p50, ms", "p99, ms", "slowest, ms", "goal, p50", ""]
    growth_head = ["requests", "how many", f"MB after {last // 10:,}", f"after {last // 2:,}", f"after {last:,}", "growth", "goal: none"]
    growth_head += ["p50, ms", "p99, ms"]
    four_head = ["tree", "MB", "one, cold, seconds", "all four, seconds", "the last three of them", "four by one"]
    method = METHOD.format(every=100, trees=100, new=16)
    return (
        f"## What a worker costs\n\nCommand: `{command_line('benches/worker/run.py')}`\n\n"
        f"{facts(describe(arguments.binary, arguments.threads, work, []))}\n"
        f"### Start and small requests\n\n{table(time_head, time_rows(small))}\n"
        f"{table(growth_head, growth_rows(small.growths))}\n![Memory over requests](plots/{PLOT})\n\n"
        f"### The same files for four Pythons, one after another\n\n"
        f"{table([*four_head, 'goal', ''], four_rows(results))}\n"
        f"### Audits by the worker that packed\n\n"
        f"{table(['audit', 'seconds', 'goal', ''], audit_rows(results))}\n{method}"
    )
