"""Renders the part of RESULTS.md about unpacking from the measurements of run.py."""

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
from ways import LINK_MODE, UV_OPTIONS, Way

SEEKABLE_GOAL = 1.5
"""The minimum speed-up over uv for a wheel with chunk tables."""

GOAL = 1.0
"""The minimum speed-up over each tool for every wheel."""

REWRITING_GOAL = 5.0
"""The minimum speed-up of rewriting over zipfile, the same as for packing."""

HEAD = ["way", "seconds: median (range)", "CPU seconds", "anonymous, peak MB", "resident, peak MB"]

REWRITING_HEAD = ["tool", *HEAD[1:3], "wheel, MB", *HEAD[3:]]

METHOD = """
### How unpacking was measured

- Each round unpacks a wheel in all ways, one after another, on the same {cores} cores. A ratio divides two
  times of the same round. The whole wheel is read before, so it is in the page cache. `sync` runs before
  each run, so that earlier writes are finished. Outputs go to a new directory on the same file system; no
  run waits for the disk. No file is deleted before the end: a file system may create files slowly for a
  minute after many were deleted.
- `repacked` is the wheel as `wheelworks repack` writes it, at level {level}.
- wheelworks is `unpack --wheel`, which verifies every file's SHA-256 against RECORD. The other tools verify
  CRCs at most.
- `zipfile's extractall` is `benches/unpack/baseline_extractall.py`; `unzip` is `unzip -q`; `uv pip install`
  is `uv pip install {uv} --target DIRECTORY`,
  with its temporary directory on the same file system.
- `from its cache directory` is the same command with `--cache-dir` and `--link-mode {link_mode}`, and `from its cache`
  is uv with `--cache-dir` and the same link mode, each after a run that filled the cache and whose output still exists.
- The first round compared every file of every way with the wheel's member, by SHA-256. All ways give the
  same files with the same bytes, except for the files that an installer adds to dist-info and the
  commands that it generates from entry points.
- Anonymous memory is the peak of RssAnon in /proc/PID/status, sampled every 5 ms in a separate run.
  `resident` is VmHWM of that run, or of the worker; it includes the pages of a mapped wheel.
- A wheel with stored members is rewritten by `wheelworks repack`, which also hashes all members, and by
  `benches/unpack/baseline_rewrite.py`, both at level {level}. Members and RECORD are compared.
"""


def without_directories(problem: str) -> str:
    """Returns a problem as one line, without the directories of this machine."""
    return re.sub(r"(?<!\S)(--[\w-]+=)?/\S*/", r"\1", " ".join(problem.split()))


def ratios(other: Sequence[float], own: Sequence[float]) -> str:
    """Formats the speed-up of the second sequence: median and range of the rounds."""
    found = [a / b for a, b in zip(other, own, strict=True)]
    median = f"{statistics.median(found):.2f}×"
    return median if len(found) == 1 else f"{median} ({min(found):.2f}–{max(found):.2f})"


def verdict(met: bool) -> str:
    """Returns a goal's cell."""
    return "**met**" if met else "**MISSED**"


def walls(way: Way) -> list[float]:
    """Returns the seconds of a way's rounds."""
    return [run.wall for run in way.runs]


def rivals(subject: Subject, ours: Way) -> list[Way]:
    """Returns the other tools that do the same: with a filled cache, or without a cache."""
    return [way for way in subject.ways if not way.is_ours and way.is_linked == ours.is_linked]


def goal_lines(subject: Subject) -> list[str]:
    """Returns one line per way of wheelworks: its speed-up over each other tool, and whether it meets the goal."""
    lines = []
    for ours in (way for way in subject.ways if way.is_ours):
        others = rivals(subject, ours)
        if any(not way.runs or len(way.runs) != len(ours.runs) for way in [ours, *others]):
            lines.append(f"- {ours.label}: not measured")
            continue
        speedups, met = [], True
        for way in others:
            is_seekable = way.is_installer and subject.is_repacked and not way.is_linked
            least = SEEKABLE_GOAL if is_seekable else GOAL
            found = statistics.median(a / b for a, b in zip(walls(way), walls(ours), strict=True))
            met = met and (found >= least if least > GOAL else found > least)
            speedups.append(f"{ratios(walls(way), walls(ours))} as fast as {way.label}")
        goal = "faster than each"
        if subject.is_repacked and not ours.is_linked:
            goal += f", and {SEEKABLE_GOAL}× as fast as uv"
        lines.append(f"- {ours.label}, goal {goal}: {verdict(met)}; {', '.join(speedups)}")
    return lines


def figures(subjects: Sequence[Subject]) -> Figures:
    """Returns the ratios for the overview: a wheelworks process against the other tools."""
    found = {}
    for subject in subjects:
        for is_linked in (False, True):
            ours = next(way for way in subject.ways if way.is_ours and way.is_linked == is_linked)
            for way in rivals(subject, ours):
                if way.runs and ours.runs:
                    found[f"{subject.title}, to {way.label}"] = median_ratio(walls(ours), walls(way))
    return found


def time_cells(runs: Sequence[Run]) -> list[str]:
    """Returns the cells of seconds and CPU seconds."""
    if not runs:
        return ["–", "–"]
    return [seconds([run.wall for run in runs]), seconds([statistics.median(run.cpu for run in runs)])]


def memory_cells(way: Way) -> list[str]:
    """Returns the cells of the peaks of anonymous and resident memory."""
    if way.command is None and way.runs:
        return ["–", megabytes(max(run.max_rss for run in way.runs))]
    # A process that ended between two samples has none.
    if way.memory is None or not way.memory.samples:
        return ["–", "–"]
    return [megabytes(way.memory.anonymous), megabytes(way.memory.resident)]


def subject_text(subject: Subject) -> str:
    """Returns the section of one archive."""
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
        f"wheel {megabytes(subject.wheel_len)} MB.",
        "\n".join(goal_lines(subject)),
        table(HEAD, rows),
        "\n".join(same),
        f"Seconds of every round, in order: {rounds}.",
    ]
    return "\n\n".join(part.strip() for part in parts)


def rewriting_text(result: Rewriting) -> str:
    """Returns the section of a rewritten wheel."""
    labels = {"ours": "wheelworks repack", "theirs": "zipfile"}
    rows = []
    for key, label in labels.items():
        runs, memory = getattr(result, key), result.memory.get(key)
        peaks = [megabytes(memory.anonymous), megabytes(memory.resident)] if memory else ["–", "–"]
        size = megabytes(result.sizes[key]) if key in result.sizes else "–"
        rows.append([label, *time_cells(runs), size, *peaks])
    goal = f"- goal at least {REWRITING_GOAL:.0f}× as fast as zipfile, and no larger: "
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
        "### Rewriting a wheel with stored members",
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
    """Returns the whole part."""
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
        METHOD.format(
            cores=arguments.threads,
            level=LEVEL,
            uv=" ".join([*UV_OPTIONS, "--no-cache"]),
            link_mode=LINK_MODE,
        ),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"
