"""Writes the part of RESULTS.md about audits, from what run.py measured."""

import argparse
import re
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

import seekable_report
from measured import LIMITS, Round, WheelResult
from measuring.figures import Figures
from measuring.machine import command_line, describe, file_system, output_of
from measuring.markdown import facts, megabytes, seconds, table
from measuring.measure import Run
from packing import LEVEL, PackResult
from page_cache import METHODS
from seekable import Seekable
from subjects import MEMORY_GOAL, PACK_GOAL, SLOW_REPEATS, SMALL_REPEATS

SHOW_HEAD = (
    "wheel, page cache",
    "auditwheel, seconds: median (range)",
    "its CPU seconds",
    "wheelworks, seconds",
    "its CPU seconds",
    "faster",
    "goal",
    "",
    "same JSON",
)

MEMORY_HEAD = (
    "wheel",
    "anonymous, peak MB",
    "resident, peak MB",
    "samples",
    "least RLIMIT_DATA that it ran with",
    f"goal: {MEMORY_GOAL / 1e6:.0f} MB",
    "auditwheel, resident, peak MB",
)

INFLATING_HEAD = (
    "wheel",
    "MB",
    "files",
    "ELF files",
    "compressed MB of them",
    "inflated MB",
    "to inflate them with zlib, one core, seconds",
    "to read the wheel, seconds",
    "wheelworks, CPU seconds, warm",
)

PACK_HEAD = (
    "tree",
    "seconds without",
    "seconds with",
    "added",
    "CPU seconds without",
    "CPU seconds with",
    "added",
    f"goal: {PACK_GOAL * 100:.0f} %",
)

METHOD = """\
### How audits were measured

- A round runs both tools, taking turns, on the same {cores} cores, each run in a new process:
  `auditwheel show --json WHEEL` and `wheelworks show --json WHEEL`. On a small wheel a round runs
  each tool {small} times; where auditwheel takes long, wheelworks {slow} times and auditwheel once.
- A ratio is that of the medians of one round; the table shows the median of the rounds' ratios, and
  their range. Of a single round the range is from the fastest run of auditwheel by the slowest of
  wheelworks to the opposite. Seconds are the median and the range of all runs.
- Warm: both tools ran before, and the wheel was read in full before each run.
- Dropped: before each run {how}.
  `mincore` showed that at most 1 % of the wheel was left. What the disk, or the host of a virtual
  machine, keeps of it is not known.
- Both states are cold in that each run is a new process, which has no cache of its own. The goal is
  for each.
- Seconds are wall-clock time from the start of the process to its end. CPU seconds are user and
  system time, of children too. Before each run the disk was left to finish earlier writes (`sync`).
- auditwheel unpacks the wheel to the temporary directory, and deletes it again; so its time
  depends on that directory's file system, which the table of the machine names.
- What both print was parsed and compared field by field, in each combination of differing outputs.
  Variables that change it (`AUDITWHEEL_*`, `LD_LIBRARY_PATH`) were not set, and PYTHONHASHSEED was 0.
- Anonymous memory is the peak of RssAnon in /proc/PID/status, looked at every millisecond in runs of
  their own: mapped file pages do not count. Sampling can miss a short peak, so wheelworks also ran
  with RLIMIT_DATA, which makes the kernel refuse it more private writable memory than that, touched
  or not: at {limit} MB, and if that is too little at {larger} MB. auditwheel's resident memory is
  what `wait4` reports, which is never less than that of the Python that starts it.
- Inflating is `benches/audit/baseline_inflate.py`: all ELF members through Python's zlib in blocks
  of 64 KiB, nothing kept and nothing looked at, on one core. Reading is the wheel from its beginning
  to its end after it was dropped.
- `wheelworks pack` ran at level {level} on unpacked wheels in a warm page cache, with `--audit FILE`
  and without, one after another; every other round begins with the audit. The goal is for the median
  of the rounds, of wall-clock and of CPU time. The wheels were compared byte for byte.
"""


def verdict(met: bool) -> str:
    """A goal, met or missed."""
    return "**met**" if met else "**MISSED**"


def runs_of(rounds: Sequence[Round], tool: str) -> list[Run]:
    """All runs of a tool."""
    return [run for each in rounds for run in getattr(each, tool)]


def ratio_range(rounds: Sequence[Round]) -> tuple[float, float, float]:
    """How many times faster wheelworks was: median, least and most."""
    ratios = [each.ratio() for each in rounds]
    if len(ratios) > 1:
        return statistics.median(ratios), min(ratios), max(ratios)
    ours, judge = ([run.wall for run in runs_of(rounds, tool)] for tool in ("ours", "judge"))
    return ratios[0], min(judge) / max(ours), max(judge) / min(ours)


def tool_cells(rounds: Sequence[Round], tool: str) -> list[str]:
    """Seconds and CPU seconds of a tool."""
    runs = runs_of(rounds, tool)
    return [seconds([run.wall for run in runs]), seconds([statistics.median(run.cpu for run in runs)])]


def show_rows(results: Sequence[WheelResult]) -> list[list[str]]:
    """Two rows a wheel: the page cache warm and dropped."""
    rows = []
    for result in results:
        goal = f"{result.subject.goal:.0f}×"
        equal = "**no**" if result.differences else "yes"
        for state, rounds in (("warm", result.warm), ("dropped", result.dropped)):
            label = f"{result.subject.distribution}, {state}"
            if not rounds:
                rows.append([label, *["–"] * 5, goal, "not measured", "–"])
                continue
            median, least, most = ratio_range(rounds)
            rows.append(
                [
                    label,
                    *tool_cells(rounds, "judge"),
                    *tool_cells(rounds, "ours"),
                    f"{median:.2f}× ({least:.2f}–{most:.2f})",
                    goal,
                    verdict(median >= result.subject.goal),
                    equal,
                ]
            )
    return rows


def figures(results: Sequence[WheelResult]) -> Figures:
    """What the overview shows."""
    return {
        f"{result.subject.distribution}, to auditwheel show": ratio_range(result.warm)[0]
        for result in results
        if result.warm and not result.problems
    }


def memory_rows(results: Sequence[WheelResult]) -> list[list[str]]:
    """The rows of the memory table."""
    rows = []
    for result in results:
        peak, limit = result.memory, result.limit
        held = "neither" if limit is None else f"{limit / 1e6:.0f} MB"
        judge = runs_of(result.warm, "judge")
        theirs = megabytes(max(run.max_rss for run in judge)) if judge else "–"
        if peak is None:
            rows.append([result.subject.distribution, *["–"] * 4, "not measured", theirs])
            continue
        # A process that ended between two looks is bounded by the kernel alone.
        met = peak.anonymous <= MEMORY_GOAL if peak.samples else limit == LIMITS[0]
        anonymous = megabytes(peak.anonymous) if peak.samples else "–"
        resident = megabytes(peak.resident) if peak.samples else "–"
        own = [anonymous, resident, str(peak.samples), held, verdict(met)]
        rows.append([result.subject.distribution, *own, theirs])
    return rows


def inflating_rows(results: Sequence[WheelResult]) -> list[list[str]]:
    """What inflating and reading alone take, next to the audit."""
    rows = []
    for result in results:
        found = result.inflating
        if found is None:
            rows.append([result.subject.distribution, *["–"] * 8])
            continue
        ours = tool_cells(result.warm, "ours") if result.warm else ["–", "–"]
        rows.append(
            [
                result.subject.distribution,
                megabytes(result.wheel.stat().st_size),
                f"{found.files:,}",
                f"{found.elf:,}",
                megabytes(found.compressed),
                megabytes(found.inflated),
                seconds([found.seconds]),
                seconds([found.reading]),
                ours[1],
            ]
        )
    return rows


def share(values: Sequence[float]) -> str:
    """The median of some added shares in percent, and their range."""
    low, high = min(values) * 100, max(values) * 100
    return f"{statistics.median(values) * 100:+.2f} % ({low:+.2f} to {high:+.2f})"


def pack_rows(results: Sequence[PackResult]) -> list[list[str]]:
    """The rows of the table of packing."""
    rows = []
    for result in results:
        if not result.plain or len(result.plain) != len(result.audited):
            rows.append([result.tree.name, *["–"] * 6, "not measured"])
            continue
        cells = [result.tree.name]
        for figure in ("wall", "cpu"):
            for runs in (result.plain, result.audited):
                cells.append(seconds([getattr(run, figure) for run in runs]))
            cells.append(share(result.added(figure)))
        rows.append([*cells, verdict(result.meets(PACK_GOAL))])
    return rows


def without_directories(problem: str) -> str:
    """What went wrong, in one line that names no directory of this machine."""
    return re.sub(r"(?<!\S)(--[\w-]+=)?/\S*/", r"\1", " ".join(problem.split()))


def problems(wheels: Sequence[WheelResult], packed: Sequence[PackResult]) -> str:
    """All that is not as it should be, or that all is."""
    lines = []
    for result in wheels:
        found = result.differences + [without_directories(it) for it in result.problems]
        lines += [f"- **{result.subject.distribution}**: {problem}" for problem in found]
    for pack in packed:
        found = [without_directories(it) for it in pack.problems]
        lines += [f"- **pack of {pack.tree.name}**: {problem}" for problem in found]
    if lines:
        return "\n".join(lines)
    said = ["Both tools said the same of every wheel, field by field."] if wheels else []
    if packed:
        said.append("Wheels packed with an audit and without are the same, byte for byte.")
    return "\n".join(said)


def every_run(wheels: Sequence[WheelResult], packed: Sequence[PackResult]) -> str:
    """The seconds behind the tables, but for small wheels."""
    lines = []
    for result in wheels:
        if result.subject.is_small or not result.warm:
            continue
        for state, rounds in (("warm", result.warm), ("dropped", result.dropped)):
            for label, tool in (("auditwheel", "judge"), ("wheelworks", "ours")):
                times = ", ".join(f"{run.wall:.2f}" for run in runs_of(rounds, tool))
                lines.append(f"{result.subject.distribution}, {state}, {label}: {times}")
    for pack in packed:
        if not pack.plain:
            continue
        for label, runs in (("without", pack.plain), ("with", pack.audited)):
            times = ", ".join(f"{run.wall:.2f}" for run in runs)
            lines.append(f"pack of {pack.tree.name} {label} an audit: {times}")
    return f"Seconds of every run, in order: {'; '.join(lines)}." if lines else ""


def render(
    wheels: Sequence[WheelResult],
    packed: Sequence[PackResult],
    seekable: Sequence[Seekable],
    arguments: argparse.Namespace,
    how: str,
    work: Path,
) -> str:
    """The whole part; `how` is how the page cache was dropped."""
    temporary = Path(tempfile.gettempdir())
    version = output_of(str(arguments.auditwheel), "-V").split(" installed at ")[0]
    others = [("auditwheel", version), ("auditwheel's file system", file_system(temporary))]
    machine = describe(arguments.binary, arguments.threads, work, others)
    method = METHOD.format(
        cores=arguments.threads,
        small=SMALL_REPEATS,
        slow=SLOW_REPEATS,
        how=METHODS[how],
        limit=LIMITS[0] // 10**6,
        larger=LIMITS[1] // 10**6,
        level=LEVEL,
    )
    tables = [
        ("`show`", SHOW_HEAD, show_rows(wheels)),
        ("Memory", MEMORY_HEAD, memory_rows(wheels)),
        ("What inflating alone takes", INFLATING_HEAD, inflating_rows(wheels)),
        ("Audit during `pack`", PACK_HEAD, pack_rows(packed)),
    ]
    parts = [
        "## Auditing whole wheels",
        f"Command: `{command_line('benches/audit/run.py')}`",
        facts(machine),
        problems(wheels, packed),
        *(f"### {title}\n\n{table(head, rows)}" for title, head, rows in tables if rows),
        seekable_report.section(seekable),
        every_run(wheels, packed),
        method,
    ]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"
