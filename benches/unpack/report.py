"""Writes the part of RESULTS.md about unpacking, from what run.py measured."""

import argparse
import re
import statistics
from collections.abc import Sequence
from pathlib import Path

from measured import Subject
from measuring.figures import Figures, median_ratio
from measuring.machine import command_line, describe, output_of
from measuring.markdown import facts, megabytes, seconds, table
from measuring.measure import Run
from rewriting import LEVEL, Rewriting
from ways import UV_OPTIONS, Way

SEEKABLE_GOAL = 1.5
"""How many times faster than uv a wheel is unpacked whose chunks are listed in its directory."""

GOAL = 1.0
"""How many times faster than each tool any wheel is unpacked, at least."""

REWRITING_GOAL = 5.0
"""How many times faster than zipfile a wheel is written again: the goal of packing."""

HEAD = ["way", "seconds: median (range)", "CPU seconds", "anonymous, peak MB", "resident, peak MB"]

REWRITING_HEAD = ["tool", *HEAD[1:3], "wheel, MB", *HEAD[3:]]

METHOD = """
### How unpacking was measured

- Each round unpacks a wheel in all ways, one after another, on the same {cores} cores; a ratio is that
  of two times of the same round. The wheel is read in full before, so that it is in the page cache. Before
  each run the disk was left to finish earlier writes (`sync`). Outputs go to a new directory, on the
  same file system. Nobody waits for the disk to have written them. No file is deleted before all is done:
  a file system may be slow to make new files for a minute after many were deleted.
- `repacked` is the wheel as `wheelworks repack` writes it, at level {level}.
- wheelworks is `unpack --wheel`, which compares every file's SHA-256 with RECORD. No other tool does
  that: they compare CRCs at most.
- `zipfile's extractall` is `benches/unpack/baseline_extractall.py`; `unzip` is `unzip -q`; `uv pip install`
  is `uv pip install {uv} --target DIRECTORY`,
  its temporary directory on the same file system.
- In the first round every file of every way was compared with the wheel's member, by SHA-256: the same
  files with the same bytes, but for what an installer adds to the dist-info directory and the
  commands that it makes of entry points.
- Anonymous memory is the peak of RssAnon in /proc/PID/status, read every 5 ms in a run of its own;
  `resident` is VmHWM of that run, and of the worker: the pages of a mapped wheel count there.
- A wheel whose members are stored is written again by `wheelworks repack`, which hashes all of it as
  well, and by `benches/unpack/baseline_rewrite.py`, both at level {level}. Members and RECORD are compared.
"""


def without_directories(problem: str) -> str:
    """What went wrong, in one line that names no directory of this machine."""
    return re.sub(r"(?<!\S)(--[\w-]+=)?/\S*/", r"\1", " ".join(problem.split()))


def ratios(other: Sequence[float], own: Sequence[float]) -> str:
    """How many times faster the second is: median and range of the rounds."""
    found = [a / b for a, b in zip(other, own, strict=True)]
    median = f"{statistics.median(found):.2f}×"
    return median if len(found) == 1 else f"{median} ({min(found):.2f}–{max(found):.2f})"


def verdict(met: bool) -> str:
    """Whether a goal was met."""
    return "**met**" if met else "**MISSED**"


def walls(way: Way) -> list[float]:
    """The seconds of a way's rounds."""
    return [run.wall for run in way.runs]


def goal_lines(subject: Subject) -> list[str]:
    """For each of our ways: how many times faster than the others it is, and whether that is enough."""
    others = [way for way in subject.ways if not way.is_ours]
    lines = []
    for ours in (way for way in subject.ways if way.is_ours):
        if any(not way.runs or len(way.runs) != len(ours.runs) for way in [ours, *others]):
            lines.append(f"- {ours.label}: not measured")
            continue
        shown, met = [], True
        for way in others:
            least = SEEKABLE_GOAL if way.is_installer and subject.is_repacked else GOAL
            found = statistics.median(a / b for a, b in zip(walls(way), walls(ours), strict=True))
            met = met and (found >= least if least > GOAL else found > least)
            shown.append(f"{ratios(walls(way), walls(ours))} as fast as {way.label}")
        goal = "faster than each"
        if subject.is_repacked:
            goal += f", and {SEEKABLE_GOAL}× as fast as uv"
        lines.append(f"- {ours.label}, goal {goal}: {verdict(met)}; {', '.join(shown)}")
    return lines


def figures(subjects: Sequence[Subject]) -> Figures:
    """What the overview shows: a process of its own against the others."""
    found = {}
    for subject in subjects:
        ours = next(way for way in subject.ways if way.is_ours)
        for way in subject.ways:
            if not way.is_ours and way.runs and ours.runs:
                found[f"{subject.title}, to {way.label}"] = median_ratio(walls(ours), walls(way))
    return found


def time_cells(runs: Sequence[Run]) -> list[str]:
    """Seconds and CPU seconds."""
    if not runs:
        return ["–", "–"]
    return [seconds([run.wall for run in runs]), seconds([statistics.median(run.cpu for run in runs)])]


def memory_cells(way: Way) -> list[str]:
    """Peaks of anonymous and of resident memory."""
    if way.command is None and way.runs:
        return ["–", megabytes(max(run.max_rss for run in way.runs))]
    # A process that ended between two looks was not seen.
    if way.memory is None or not way.memory.samples:
        return ["–", "–"]
    return [megabytes(way.memory.anonymous), megabytes(way.memory.resident)]


def subject_text(subject: Subject) -> str:
    """The section of one archive."""
    rows = [[way.label, *time_cells(way.runs), *memory_cells(way)] for way in subject.ways]
    problems = [
        f"- **{way.label}**: {without_directories(problem)}"
        for way in subject.ways
        for problem in way.problems
    ]
    same = problems or ["All ways unpacked the same files, byte for byte."]
    rounds = "; ".join(
        f"{way.label}: {', '.join(f'{wall:.3f}' for wall in walls(way))}" for way in subject.ways if way.runs
    )
    parts = [
        f"### {subject.title}",
        f"`{subject.wheel.name}`: {len(subject.members):,} files, {megabytes(subject.bytes)} MB, "
        f"of {megabytes(subject.wheel_len)} MB.",
        "\n".join(goal_lines(subject)),
        table(HEAD, rows),
        "\n".join(same),
        f"Seconds of every round, in order: {rounds}.",
    ]
    return "\n\n".join(part.strip() for part in parts)


def rewriting_text(result: Rewriting) -> str:
    """The section of a wheel that was written again."""
    labels = {"ours": "wheelworks repack", "theirs": "zipfile"}
    rows = []
    for key, label in labels.items():
        runs, memory = getattr(result, key), result.memory.get(key)
        peaks = [megabytes(memory.anonymous), megabytes(memory.resident)] if memory else ["–", "–"]
        size = megabytes(result.sizes[key]) if key in result.sizes else "–"
        rows.append([label, *time_cells(runs), size, *peaks])
    goal = f"- goal at least {REWRITING_GOAL:.0f}× as fast as zipfile, at no larger size: "
    if len(result.sizes) == 2:
        own, other = ([run.wall for run in getattr(result, key)] for key in labels)
        median = statistics.median(b / a for a, b in zip(own, other, strict=True))
        met = median >= REWRITING_GOAL and result.sizes["ours"] <= result.sizes["theirs"]
        share = result.sizes["ours"] / result.sizes["theirs"]
        goal += f"{verdict(met)}, {ratios(other, own)} at {share:.4f}"
    else:
        goal += "not measured"
    problems = [f"- **{without_directories(problem)}**" for problem in result.problems]
    parts = [
        "### Written again, its members stored before",
        f"`{result.wheel}`, stored: {megabytes(result.stored)} MB.",
        goal,
        table(REWRITING_HEAD, rows),
        "\n".join(problems or ["Both hold the same members and the same RECORD."]),
    ]
    return "\n\n".join(part.strip() for part in parts)


def render(
    subjects: Sequence[Subject],
    rewritten: Sequence[Rewriting],
    arguments: argparse.Namespace,
    work: Path,
) -> str:
    """The whole part."""
    others = [
        ("uv", output_of(str(arguments.uv), "--version")),
        ("unzip", output_of("unzip", "-v").partition(",")[0]),
    ]
    parts = [
        "## Unpacking whole wheels",
        f"Command: `{command_line('benches/unpack/run.py')}`",
        facts(describe(arguments.binary, arguments.threads, work, others)),
        *(subject_text(subject) for subject in subjects),
        *(rewriting_text(result) for result in rewritten),
        METHOD.format(cores=arguments.threads, level=LEVEL, uv=" ".join(UV_OPTIONS)),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"
