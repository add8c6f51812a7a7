"""Writes RESULTS.md from what run.py measured."""

import argparse
import datetime
import hashlib
import os
import platform
import statistics
import subprocess
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from run import Case, TreeResult

HEADER = """\
<!-- Written by benches/whole/run.py. Do not edit: run it again. -->

# Packing whole wheels: measured results
"""

METHOD = """\
## How it was measured

- The trees are unpacked wheels, read in full before the first run: the page cache is warm for every
  tool, so that the disk's speed in reading plays no part. Before each run the disk was left to
  finish earlier writes (`sync`). Outputs go to a new directory; no run deletes or replaces a wheel.
- Every tool has the same {cores} cores. A round runs each tool once, one after another; a ratio is
  that of two times of the same round, and the table shows the median of the rounds' ratios.
- Seconds are wall-clock time from the start of the process (in a worker: from the request) to its
  end (to the answer). CPU seconds are user and system time, of children too.
- `zipfile + hashlib` is `benches/whole/baseline_zipfile.py`: one pass over each file in blocks of
  1 MiB through SHA-256 and zipfile's deflate. Level 6 is zlib's default and what wheel builders use.
- `python -m build` is `benches/whole/baseline_build.py`: setuptools packages the same files as
  package data, without build isolation; it copies them twice and then deflates them.
- Anonymous memory is the peak of RssAnon in /proc/PID/status, read every 5 ms in a run of its own:
  mapped file pages do not count. Sampling can miss a short peak, so wheelworks also ran with
  RLIMIT_DATA at {bound} MB, which makes the kernel refuse it more private writable memory than
  that, touched or not. `Resident` is VmHWM of the watched run, mapped file pages included.
- Every member of every wheel was read back with Python's zipfile and its SHA-256 compared with the
  tree's file, except the dist-info that `python -m build` makes itself; RECORDs were compared row
  by row.
"""


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def output_of(*command: str) -> str:
    """What a command prints, in one line; "unknown" without it."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return " ".join(done.stdout.split())


def first_value(path: str, name: str) -> str:
    """The first `name: value` of a file of /proc."""
    with open(path, encoding="ascii") as file:
        for line in file:
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    return "unknown"


def machine(arguments: argparse.Namespace, work: Path, python: str | None) -> list[tuple[str, str]]:
    """The machine and the tools."""
    kib = int(first_value("/proc/meminfo", "MemTotal").split()[0])
    flags = first_value("/proc/cpuinfo", "flags").split()
    special = [flag for flag in ("sha_ni", "pclmulqdq", "avx2", "avx512f", "bmi2") if flag in flags]
    versions = "import build, setuptools, wheel as w;print(build.__version__, setuptools.__version__, w.__version__)"
    packages = output_of(python, "-c", versions) if python else "not found: its rows are missing"
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    root = str(Path(__file__).resolve().parents[2])
    return [
        ("CPU", f"{first_value('/proc/cpuinfo', 'model name')} ({', '.join(special)})"),
        ("Cores", f"{os.cpu_count()} in the machine, {arguments.threads} used"),
        ("RAM", f"{kib * 1024 / 1e9:.1f} GB"),
        ("Kernel", f"{platform.system()} {platform.release()}"),
        ("File system", output_of("stat", "-f", "-c", "%T", str(work))),
        ("Python", f"{platform.python_version()}, zlib {zlib.ZLIB_RUNTIME_VERSION}"),
        ("build, setuptools, wheel", packages),
        ("Rust", output_of("rustc", "--version")),
        ("wheelworks", output_of(str(arguments.binary), "--version")),
        ("Commit", output_of("git", "-C", root, "rev-parse", "--short=12", "HEAD")),
        ("Date", datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")),
        ("Load at the end (1, 5, 15 min)", load),
    ]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table: the first column is text, the others are numbers."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows]) + "\n"


def megabytes(size: float) -> str:
    """Bytes as decimal megabytes."""
    return f"{size / 1e6:,.2f}" if size < 1e9 else f"{size / 1e6:,.1f}"


def seconds(times: Sequence[float]) -> str:
    """Median, and range if there is one."""
    median = f"{statistics.median(times):.2f}"
    return median if len(times) == 1 else f"{median} ({min(times):.2f}–{max(times):.2f})"


def ratios(case: "Case", to: "Case | None") -> list[float]:
    """How many times faster a case was than another, round by round."""
    if to is None:
        return []
    # A case with fewer rounds ran in the first ones.
    return [theirs.wall / own.wall for own, theirs in zip(case.runs, to.runs)]


def times(values: Sequence[float]) -> str:
    """The median of some ratios."""
    return f"{statistics.median(values):.2f}×" if values else "–"


def case_rows(result: "TreeResult") -> list[list[str]]:
    """The rows of a tree's table."""
    by_key = {case.key: case for case in result.cases}
    reference, build = by_key["zip"], by_key.get("build")
    rows = []
    for case in result.cases:
        if not case.runs:
            rows.append([case.label, "failed", *["–"] * 5])
            continue
        rows.append(
            [
                case.label,
                seconds([run.wall for run in case.runs]),
                times(ratios(case, reference)),
                times(ratios(case, build)),
                megabytes(case.size),
                f"{(case.size / reference.size - 1) * 100:+.2f} %" if reference.size else "–",
                f"{statistics.median(run.cpu for run in case.runs):.2f}",
            ]
        )
    return rows


def verdict(result: "TreeResult") -> str:
    """The two goals, met or missed."""
    by_key = {case.key: case for case in result.cases}
    reference = by_key["zip"]
    lines = []
    for key, goal, most in (("ww6", 5.0, 1.0), ("ww1", 10.0, 1.06)):
        case = by_key[key]
        if not case.runs or not reference.runs:
            lines.append(f"- {case.label}: not measured")
            continue
        values = ratios(case, reference)
        ratio, size = statistics.median(values), case.size / reference.size
        met = "met" if ratio >= goal and size <= most else "MISSED"
        lines.append(
            f"- {case.label}, goal at least {goal:.0f}× at a size of at most {most:.2f}: **{met}**, "
            f"{ratio:.2f}× (rounds {min(values):.2f}–{max(values):.2f}) at {size:.4f}"
        )
    return "\n".join(lines) + "\n"


def memory_rows(result: "TreeResult") -> list[list[str]]:
    """The rows of a tree's memory table."""
    labels = {case.key: case.label for case in result.cases}
    rows = []
    for key, peak in result.memory.items():
        within = result.within_bound.get(key)
        held = "–" if within is None else "ran" if within else "FAILED"
        row = [megabytes(peak.anonymous), megabytes(peak.resident), str(peak.samples), held]
        rows.append([labels[key], *row])
    return rows


def section(result: "TreeResult", bound: int) -> str:
    """One tree's part of the report."""
    tree = result.tree
    head = ["tool", "seconds: median (range)", "faster than zipfile + hashlib"]
    head += ["faster than python -m build", "wheel, MB", "size to zipfile's", "CPU seconds"]
    limit = f"with RLIMIT_DATA {bound / 1e6:.0f} MB"
    memory_head = ["tool", "anonymous, peak MB", "resident, peak MB", "samples", limit]
    same = "All wheels hold the same members, byte for byte.\n"
    found = same if not result.differences else "\n".join(f"- **{it}**" for it in result.differences)
    runs = "; ".join(
        f"{case.label}: {', '.join(f'{run.wall:.2f}' for run in case.runs)}" for case in result.cases
    )
    return (
        f"## {tree.name}\n\n`{tree.wheel}`: {tree.files:,} files, {megabytes(tree.size)} MB, "
        f"the largest {megabytes(tree.largest)} MB.\n\n{verdict(result)}\n"
        f"{table(head, case_rows(result))}\n{table(memory_head, memory_rows(result))}\n"
        f"{found}\nSeconds of every round, in order: {runs}.\n"
    )


def render(
    results: Sequence["TreeResult"],
    arguments: argparse.Namespace,
    work: Path,
    python: str | None,
) -> str:
    """The whole report."""
    from run import MEMORY_BOUND

    shown = [argument for argument in sys.argv[1:] if not argument.startswith("--out")]
    shown = [os.path.basename(a) if os.path.isabs(a) else a for a in shown]
    command = " ".join(["python3 benches/whole/run.py", *shown])
    facts = table(["", ""], machine(arguments, work, python)).replace("---:", "---")
    method = METHOD.format(cores=arguments.threads, bound=MEMORY_BOUND // 10**6)
    sections = "\n".join(section(result, MEMORY_BOUND) for result in results)
    return f"{HEADER}\nCommand: `{command}`\n\n{facts}\n{sections}\n{method}"
