"""Renders the part of RESULTS.md about workers from the measurements of run.py."""

import argparse
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import large
from measuring.machine import command_line, describe
from measuring.markdown import facts, goal, megabytes, seconds, table
from measuring.plot import svg_lines
from small import MEMBERS, PARTS, Growth

START_GOAL = 0.020
NOTHING_GOAL = 0.001
FOUR_GOAL = 1.15
AUDIT_GOAL = 0.020
ARGUMENTS_GOAL = 0.010
GROWTH_GOAL = 1.02
"""Maximum ratio of memory after all requests to memory after the first tenth: it allows a few pages."""

JUDGED = 10_000
"""Minimum requests for the growth goal: the last nine tenths must not take more memory than the first tenth."""

PLOT = "worker-memory.svg"

METHOD = """\
### How workers were measured

- Start: from before the process starts until Python has read its first response (to `--version`). The
  binary is in the page cache.
- An empty request is `--version`. The time runs from before the request is written to the pipe until its
  response has been read, in one Python process, and includes Python's overhead.
- Memory is RssAnon in /proc/PID/status, sampled after every {every} requests. The first series repeats
  `pack`, `show`, `check`, `unpack` and `repack` of each of {trees} small wheels, with the default
  `--cache-memory`, after the sources rested for four seconds. In the second series every request packs a
  new file of {new} KiB, with a `--cache-memory` that the first tenth of the requests fills.
- The heap's figures are glibc's (`mallinfo`): blocks in use, with mapped ones, and free blocks.
- The argument file has one option for each member. Its request names a wrong output, which is refused when the
  arguments have been read and parsed, before any member is looked at.
- Large wheels: level 6, warm page cache, `sync` before each request. Members are named one by one, as by
  a Bazel rule, and every input has a digest, as from Bazel. The cold pack is the first request to a new
  worker; the four packs are the first four requests to another one. Both wrote the same bytes. `cp` copies each
  wheel to a new file, right after its pack: both take pages that the system may have to get from its host.
- An audit is `show --json --no-host` by the worker that packed the wheel. `again` repeats the audit;
  `of a copy` audits the same bytes in another file.
"""


@dataclass(frozen=True)
class Small:
    """The measurements of small requests."""

    starts: list[float]
    nothing: list[float]
    arguments: list[float]
    growths: list[Growth]


def percentile(values: Sequence[float], share: float) -> float:
    """Returns the value that a share of all values does not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def milliseconds(value: float) -> str:
    """Formats seconds as milliseconds."""
    return f"{value * 1e3:.3f}" if value < 0.01 else f"{value * 1e3:.1f}"


def time_rows(small: Small) -> list[list[str]]:
    """Returns the rows of starts and empty requests."""
    rows = []
    for label, values, most in (
        ("start to first response", small.starts, START_GOAL),
        ("an empty request", small.nothing, NOTHING_GOAL),
        (f"an argument file of {MEMBERS:,} members, until packing begins", small.arguments, ARGUMENTS_GOAL),
    ):
        percentiles = [milliseconds(percentile(values, share)) for share in (0.5, 0.99)]
        met = goal(percentile(values, 0.5) <= most)
        rows.append([label, str(len(values)), *percentiles, milliseconds(max(values)), f"≤ {most * 1e3:g} ms", met])
    return rows


def growth_rows(growths: Sequence[Growth]) -> list[list[str]]:
    """Returns the rows of memory after a tenth, half and all of the requests."""
    rows = []
    for growth in growths:
        last = int(growth.points[-1][0])
        early, middle, late = (growth.at(last // part) for part in PARTS)
        times = [milliseconds(percentile(growth.walls, share)) for share in (0.5, 0.99)]
        met = goal(late <= early * GROWTH_GOAL) if last >= JUDGED else "too few to tell"
        rows.append([growth.label, f"{last:,}", f"{early:.2f}", f"{middle:.2f}", f"{late:.2f}", f"{late / early:.3f}×", met, *times])
    return rows


def heap_rows(growths: Sequence[Growth]) -> list[list[str]]:
    """Returns the rows of the allocator's figures."""
    rows = []
    for growth in growths:
        for requests, heap in sorted(growth.heaps.items()):
            megabytes_ = [f"{value / 1e6:.2f}" for value in (heap.in_use, heap.free, heap.cached)]
            rows.append([growth.label, f"{requests:,}", *megabytes_[:2], f"{heap.entries:,}", megabytes_[2]])
    return rows


def four_rows(results: Sequence[large.TreeResult]) -> list[list[str]]:
    """Returns the rows of the same files for four Pythons."""
    rows = []
    for result in results:
        ratios = [four / cold for four, cold in zip(result.four, result.cold, strict=True)]
        ratio = statistics.median(ratios)
        cell = f"{ratio:.2f}× ({min(ratios):.2f}–{max(ratios):.2f})"
        times = [seconds(values) for values in (result.cold, result.four, result.later, result.copies)]
        rows.append([result.tree.name, megabytes(result.tree.size), *times, cell, f"≤ {FOUR_GOAL}×", goal(ratio <= FOUR_GOAL)])
    return rows


def audit_rows(results: Sequence[large.TreeResult]) -> list[list[str]]:
    """Returns the rows of audits by the worker that packed the wheel."""
    rows = []
    for result in results:
        for label, values in result.audits.items():
            wanted = label == next(iter(result.audits))
            met = goal(statistics.median(values) <= AUDIT_GOAL) if wanted else ""
            rows.append([f"{result.tree.name}, {label}", seconds(values), f"≤ {AUDIT_GOAL} s" if wanted else "", met])
    return rows


def draw(growths: Sequence[Growth], plots: Path) -> None:
    """Writes the memory plot."""
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
    """Returns the whole part, and writes the plot to `plots`."""
    draw(small.growths, plots)
    last = int(small.growths[0].points[-1][0])
    time_head = ["measurement", "count", "p50, ms", "p99, ms", "maximum, ms", "goal, p50", ""]
    growth_head = ["requests", "count", f"MB after {last // 10:,}", f"after {last // 2:,}", f"after {last:,}", "growth", "goal: none"]
    growth_head += ["p50, ms", "p99, ms"]
    heap_head = ["requests", "after", "heap in use, MB", "free in the heap, MB", "cache entries", "of MB"]
    four_head = ["tree", "MB", "one, cold, seconds", "all four, seconds", "last three, seconds", "cp of the last three, seconds", "four relative to one"]
    method = METHOD.format(every=100, trees=100, new=16)
    return (
        f"## What a worker costs\n\nCommand: `{command_line('benches/worker/run.py')}`\n\n"
        f"{facts(describe(arguments.binary, arguments.threads, work, []))}\n"
        f"### Start and small requests\n\n{table(time_head, time_rows(small))}\n"
        f"{table(growth_head, growth_rows(small.growths))}\n{table(heap_head, heap_rows(small.growths))}\n![Memory over requests](plots/{PLOT})\n\n"
        f"### The same files for four Pythons, one after another\n\n"
        f"{table([*four_head, 'goal', ''], four_rows(results))}\n"
        f"### Audits after packing\n\n"
        f"{table(['audit', 'seconds', 'goal', ''], audit_rows(results))}\n{method}"
    )
