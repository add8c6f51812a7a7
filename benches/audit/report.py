"""Renders the part of RESULTS.md about audits from the measurements of run.py."""

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
from measuring.page_cache import METHODS
from packing import LEVEL, PackResult
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
    "smallest RLIMIT_DATA that sufficed",
    f"goal: {MEMORY_GOAL / 1e6:.0f} MB",
    "auditwheel, resident, peak MB",
)

INFLATING_HEAD = (
    "wheel",
    "MB",
    "files",
    "ELF files",
    "compressed, MB",
    "inflated, MB",
    "zlib inflate, one core, seconds",
    "read the wheel, seconds",
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

- A round alternates between both tools on the same {cores} cores. Each run is a new process:
  `auditwheel show --json WHEEL` and `wheelworks show --json WHEEL`. On a small wheel, a round runs
  each tool {small} times. Where auditwheel takes minutes, a round runs wheelworks {slow} times and
  auditwheel once.
- A ratio divides the medians of one round. The table shows the median and the range of the rounds'
  ratios. With a single round, the range goes from auditwheel's fastest run divided by wheelworks'
  slowest to the opposite. Seconds are the median and the range of all runs.
- Warm: both tools ran before, and the whole wheel was read before each run.
- Dropped: before each run {how}.
  `mincore` showed that at most 1 % of the wheel was left. Caches of the disk, or of the host of a
  virtual machine, are unknown.
- In both states each run is a new process without a cache of its own. The goal applies to both states.
- Seconds are wall-clock time from the start of the process to its end. CPU seconds are user and
  system time, including children. `sync` ran before each run, so that earlier writes were finished.
- auditwheel unpacks the wheel to the temporary directory and deletes the files again. Its time
  depends on that directory's file system, which the table of the machine names.
- The outputs of both tools were parsed and compared field by field, in every combination of differing
  outputs. Variables that change them (`AUDITWHEEL_*`, `LD_LIBRARY_PATH`) were not set, and
  PYTHONHASHSEED was 0.
- Anonymous memory is the peak of RssAnon in /proc/PID/status, sampled every millisecond in separate
  runs. Mapped file pages do not count. Sampling can miss a short peak, so wheelworks also ran under
  RLIMIT_DATA, which limits private writable memory, touched or not: {limit} MB, and if that is too
  little {larger} MB. auditwheel's resident memory is the value of `wait4`, which is never less than
  the memory of the Python that starts it.
- Inflating is `benches/audit/baseline_inflate.py`: it inflates all ELF members with Python's zlib in
  blocks of 64 KiB on one core, and drops the output. Reading is a sequential read of the whole wheel
  after it was dropped.
- `wheelworks pack` ran at level {level} on unpacked wheels in a warm page cache, with and without
  `--audit FILE`. The order alternates from round to round. The goal applies to the median of the
  rounds, both for wall-clock and for CPU time. The wheels were compared byte for byte.
"""


def verdict(met: bool) -> str:
    """Returns a goal's cell."""
    return "**met**" if met else "**MISSED**"


def runs_of(rounds: Sequence[Round], tool: str) -> list[Run]:
    """Returns all runs of a tool."""
    return [run for each in rounds for run in getattr(each, tool)]


def ratio_range(rounds: Sequence[Round]) -> tuple[float, float, float]:
    """Returns the speed-up of wheelworks: median, minimum and maximum."""
    ratios = [each.ratio() for each in rounds]
    if len(ratios) > 1:
        return statistics.median(ratios), min(ratios), max(ratios)
    ours, judge = ([run.wall for run in runs_of(rounds, tool)] for tool in ("ours", "judge"))
    return ratios[0], min(judge) / max(ours), max(judge) / min(ours)


def tool_cells(rounds: Sequence[Round], tool: str) -> list[str]:
    """Returns the cells of a tool: seconds and CPU seconds."""
    runs = runs_of(rounds, tool)
    return [seconds([run.wall for run in runs]), seconds([statistics.median(run.cpu for run in runs)])]


def show_rows(results: Sequence[WheelResult]) -> list[list[str]]:
    """Returns two rows per wheel: warm and dropped page cache."""
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
    """Returns the ratios for the overview."""
    return {
        f"{result.subject.distribution}, to auditwheel show": ratio_range(result.warm)[0]
        for result in results
        if result.warm and not result.problems
    }


def memory_rows(results: Sequence[WheelResult]) -> list[list[str]]:
    """Returns the rows of the memory table."""
    rows = []
    for result in results:
        peak, limit = result.memory, result.limit
        held = "neither" if limit is None else f"{limit / 1e6:.0f} MB"
        judge = runs_of(result.warm, "judge")
        theirs = megabytes(max(run.max_rss for run in judge)) if judge else "–"
        if peak is None:
            rows.append([result.subject.distribution, *["–"] * 4, "not measured", theirs])
            continue
        # For a process that ended between two samples, only the kernel's limit counts.
        met = peak.anonymous <= MEMORY_GOAL if peak.samples else limit == LIMITS[0]
        anonymous = megabytes(peak.anonymous) if peak.samples else "–"
        resident = megabytes(peak.resident) if peak.samples else "–"
        own = [anonymous, resident, str(peak.samples), held, verdict(met)]
        rows.append([result.subject.distribution, *own, theirs])
    return rows


def inflating_rows(results: Sequence[WheelResult]) -> list[list[str]]:
    """Returns the rows that compare inflating and reading alone with the audit."""
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
    """Formats the median and the range of some relative increases, in percent."""
    low, high = min(values) * 100, max(values) * 100
    return f"{statistics.median(values) * 100:+.2f} % ({low:+.2f} to {high:+.2f})"


def pack_rows(results: Sequence[PackResult]) -> list[list[str]]:
    """Returns the rows of the packing table."""
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
    """Returns a problem as one line, without the directories of this machine."""
    return re.sub(r"(?<!\S)(--[\w-]+=)?/\S*/", r"\1", " ".join(problem.split()))


def problems(wheels: Sequence[WheelResult], packed: Sequence[PackResult]) -> str:
    """Returns a list of all problems, or a sentence that there are none."""
    lines = []
    for result in wheels:
        found = result.differences + [without_directories(it) for it in result.problems]
        lines += [f"- **{result.subject.distribution}**: {problem}" for problem in found]
    for pack in packed:
        found = [without_directories(it) for it in pack.problems]
        lines += [f"- **pack of {pack.tree.name}**: {problem}" for problem in found]
    if lines:
        return "\n".join(lines)
    sentences = ["Both tools gave the same result for every wheel, field by field."] if wheels else []
    if packed:
        sentences.append("Wheels packed with and without an audit are the same, byte for byte.")
    return "\n".join(sentences)


def every_run(wheels: Sequence[WheelResult], packed: Sequence[PackResult]) -> str:
    """Returns the seconds of every run, except of small wheels."""
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
    """Returns the whole part. `how` is the key in METHODS of the way to drop the page cache."""
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
        ("The cost of inflating alone", INFLATING_HEAD, inflating_rows(wheels)),
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
