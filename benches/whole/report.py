"""Renders the part of RESULTS.md about packing from the measurements of run.py."""

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

- The trees are unpacked wheels, read in full before the first run. The page cache is warm for every
  tool, so the disk's read speed does not matter. `sync` runs before each run, so that earlier writes
  are finished. Outputs go to a new directory; no run deletes or replaces a wheel.
- Every tool has the same {cores} cores. A round runs each tool once, one after another. A ratio divides
  two times of the same round; the table shows the median of the rounds' ratios.
- Seconds are wall-clock time from the start of the process to its end, or in a worker from the request
  to the response. CPU seconds are user and system time, including children.
- `zipfile + hashlib` is `benches/whole/baseline_zipfile.py`: one pass over each file in blocks of
  1 MiB through SHA-256 and zipfile's deflate. Level 6 is zlib's default, which wheel builders use.
- `python -m build` is `benches/whole/baseline_build.py`: setuptools packages the same files as
  package data, without build isolation. It copies them twice and then deflates them.
- `wheelmaker.py` is the unchanged script that rules_python's `py_wheel` runs; the table of the machine
  has its SHA-256. Its input is the same files, one `NAME;PATH` per line, as from Bazel.
- Anonymous memory is the peak of RssAnon in /proc/PID/status, sampled every 5 ms in a separate run.
  Mapped file pages do not count. Sampling can miss a short peak, so wheelworks also ran under
  RLIMIT_DATA of {bound} MB, which limits private writable memory, touched or not. `Resident` is VmHWM
  of the sampled run, including mapped file pages.
- Every member of every wheel was read back with Python's zipfile, and its SHA-256 was compared with
  the tree's file, except the dist-info that `python -m build` and wheelmaker generate. RECORDs were
  compared row by row.
"""


def file_sha256(path: Path) -> str:
    """Returns the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def packages_of(python: str | None) -> str:
    """Returns the versions of build, setuptools and wheel in a Python."""
    versions = "import build, setuptools, wheel as w;print(build.__version__, setuptools.__version__, w.__version__)"
    return output_of(python, "-c", versions) if python else "not found: its rows are missing"


def ratios(case: Case, to: Case | None) -> list[float]:
    """Returns the speed-up of a case over another, per round."""
    if to is None:
        return []
    # A case with fewer rounds ran in the first rounds.
    return [theirs.wall / own.wall for own, theirs in zip(case.runs, to.runs)]


def times(values: Sequence[float]) -> str:
    """Formats the median of some ratios."""
    return f"{statistics.median(values):.2f}×" if values else "–"


def case_rows(result: TreeResult) -> list[list[str]]:
    """Returns the rows of a tree's table."""
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
    """Returns the ratios for the overview."""
    found = {}
    for result in results:
        by_key = {case.key: case for case in result.cases}
        for key, label in (("ww6", "level 6"), ("ww1", "level 1")):
            for other in ("zip", "build", "wheelmaker") if key == "ww6" else ("zip1",):
                if other in by_key and by_key[other].runs and by_key[key].runs:
                    values = ratios(by_key[key], by_key[other])
                    found[f"{result.tree.name}, {label}, to {by_key[other].label}"] = statistics.median(values)
    return found


GOALS = {"torch": 6.5}
"""Goals at level 6 of trees that have their own, in times faster than zipfile + hashlib."""


def verdict(result: TreeResult) -> str:
    """Returns one line per goal, met or missed."""
    by_key = {case.key: case for case in result.cases}
    reference = by_key["zip"]
    lines = []
    for key, goal, most in (("ww6", GOALS.get(result.tree.name, 5.0), 1.0), ("ww1", 10.0, 1.06)):
        case = by_key[key]
        if not case.runs or not reference.runs:
            lines.append(f"- {case.label}: not measured")
            continue
        values = ratios(case, reference)
        ratio, size = statistics.median(values), case.size / reference.size
        met = "met" if ratio >= goal and size <= most else "MISSED"
        lines.append(
            f"- {case.label}, goal at least {goal:g}× at a size of at most {most:.2f}: **{met}**, "
            f"{ratio:.2f}× (rounds {min(values):.2f}–{max(values):.2f}) at {size:.4f}"
        )
    return "\n".join(lines) + "\n"


def memory_rows(result: TreeResult) -> list[list[str]]:
    """Returns the rows of a tree's memory table."""
    labels = {case.key: case.label for case in result.cases}
    rows = []
    for key, peak in result.memory.items():
        within = result.within_bound.get(key)
        held = "–" if within is None else "ran" if within else "FAILED"
        row = [megabytes(peak.anonymous), megabytes(peak.resident), str(peak.samples), held]
        rows.append([labels[key], *row])
    return rows


def section(result: TreeResult, bound: int) -> str:
    """Returns the section of one tree."""
    tree = result.tree
    head = ["tool", "seconds: median (range)", "faster than zipfile + hashlib"]
    head += ["faster than python -m build", "wheel, MB", "size relative to zipfile's", "CPU seconds"]
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
    """Returns the whole part. `bound` is the memory bound in bytes."""
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
