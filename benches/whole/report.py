"""Writes the part of RESULTS.md about packing, from what run.py measured."""

import argparse
import hashlib
import statistics
from collections.abc import Sequence
from pathlib import Path

from baseline_wheelmaker import find_script
from measured import Case, TreeResult
from measuring.figures import Figures
from measuring.machine import command_line, describe, output_of
from measuring.markdown import facts, megabytes, seconds, table
from measuring.trees import cache_dir

METHOD = """\
### How packing was measured

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
- `wheelmaker.py` is the script that rules_python's `py_wheel` runs, unchanged, of the SHA-256 that the
  table of the machine has; it got the same files, one `NAME;PATH` a line, as Bazel gives them to it.
- Anonymous memory is the peak of RssAnon in /proc/PID/status, read every 5 ms in a run of its own:
  mapped file pages do not count. Sampling can miss a short peak, so wheelworks also ran with
  RLIMIT_DATA at {bound} MB, which makes the kernel refuse it more private writable memory than
  that, touched or not. `Resident` is VmHWM of the watched run, mapped file pages included.
- Every member of every wheel was read back with Python's zipfile and its SHA-256 compared with the
  tree's file, except the dist-info that `python -m build` and wheelmaker make themselves; RECORDs
  were compared row by row.
"""


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def packages_of(python: str | None) -> str:
    """The versions of what builds wheels in that Python."""
    versions = "import build, setuptools, wheel as w;print(build.__version__, setuptools.__version__, w.__version__)"
    return output_of(python, "-c", versions) if python else "not found: its rows are missing"


def ratios(case: Case, to: Case | None) -> list[float]:
    """How many times faster a case was than another, round by round."""
    if to is None:
        return []
    # A case with fewer rounds ran in the first ones.
    return [theirs.wall / own.wall for own, theirs in zip(case.runs, to.runs)]


def times(values: Sequence[float]) -> str:
    """The median of some ratios."""
    return f"{statistics.median(values):.2f}×" if values else "–"


def case_rows(result: TreeResult) -> list[list[str]]:
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


def figures(results: Sequence[TreeResult]) -> Figures:
    """What the overview shows."""
    found = {}
    for result in results:
        by_key = {case.key: case for case in result.cases}
        for key, label in (("ww6", "level 6"), ("ww1", "level 1")):
            for other in ("zip", "build", "wheelmaker") if key == "ww6" else ("zip1",):
                if other in by_key and by_key[other].runs and by_key[key].runs:
                    values = ratios(by_key[key], by_key[other])
                    found[f"{result.tree.name}, {label}, to {by_key[other].label}"] = statistics.median(values)
    return found


def verdict(result: TreeResult) -> str:
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


def memory_rows(result: TreeResult) -> list[list[str]]:
    """The rows of a tree's memory table."""
    labels = {case.key: case.label for case in result.cases}
    rows = []
    for key, peak in result.memory.items():
        within = result.within_bound.get(key)
        held = "–" if within is None else "ran" if within else "FAILED"
        row = [megabytes(peak.anonymous), megabytes(peak.resident), str(peak.samples), held]
        rows.append([labels[key], *row])
    return rows


def section(result: TreeResult, bound: int) -> str:
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
        f"### {tree.name}\n\n`{tree.wheel}`: {tree.files:,} files, {megabytes(tree.size)} MB, "
        f"the largest {megabytes(tree.largest)} MB.\n\n{verdict(result)}\n"
        f"{table(head, case_rows(result))}\n{table(memory_head, memory_rows(result))}\n"
        f"{found}\nSeconds of every round, in order: {runs}.\n"
    )


def render(
    results: Sequence[TreeResult],
    arguments: argparse.Namespace,
    work: Path,
    python: str | None,
    bound: int,
) -> str:
    """The whole part; `bound` is that of memory."""
    packages = ("build, setuptools, wheel", packages_of(python))
    script = find_script(arguments.wheelmaker, cache_dir())
    digest = file_sha256(script)[:16] if script else "not found: its row is missing"
    tools = [packages, ("SHA-256 of wheelmaker.py", digest)]
    machine = describe(arguments.binary, arguments.threads, work, tools)
    method = METHOD.format(cores=arguments.threads, bound=bound // 10**6)
    sections = "\n".join(section(result, bound) for result in results)
    return (
        f"## Packing whole wheels\n\nCommand: `{command_line('benches/whole/run.py')}`\n\n"
        f"{facts(machine)}\n{sections}\n{method}"
    )
