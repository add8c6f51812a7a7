"""Renders the part of benches/README.md about profiles from the measurements of run.py."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from jobs import Job
from measuring.machine import command_line, describe
from measuring.markdown import facts, megabytes, seconds, table

LEAST = 0.01
"""Categories with a smaller share of the time are added to `all else`."""

SPEEDS = {
    "deflate_6": "libdeflate, level 6",
    "deflate_1": "libdeflate, level 1",
    "inflate": "libdeflate, inflating",
    "sha256": "SHA-256",
    "blake3": "BLAKE3",
    "crc32": "CRC-32",
    "write": "writing a new file",
    "read": "reading a cached file",
}

CATEGORIES = {
    "deflate (libdeflate)": "deflate_6",
    "inflating": "inflate",
    "SHA-256": "sha256",
    "kernel: write": "write",
}
"""The speed that bounds each category."""

METHOD = """\
Shares are shares of CPU time, sampled with `perf record -e cpu-clock` {hertz} times per second and core. Kernel
time counts for the category of its system call. `minimum` is the time that one core takes for the bytes that the
job must process, at the speed in the table above. The limit is the sum of the minimums, divided by the cores that
can share the work. It excludes per-member work, headers and waiting threads. Times are medians of unprofiled runs.
Speeds are the best of three for at most 512 MiB of the tree's largest file, by CPU time. Writes go to a new file
without waiting for the disk; libdeflate gets the chunks that wheelworks cuts.
"""

COUNTED = """\
callgrind counted the instructions on one thread, at commit {commit}. It supports neither SHA instructions nor
AVX-512, so hashes take many more instructions there. It does not count kernel instructions.
"""


def kept(job: Job) -> dict[str, float]:
    """Returns the seconds per repetition by category, with small categories merged."""
    total = sum(job.shares.values())
    listed = {}
    rest = 0.0
    for category, spent in job.shares.most_common():
        if category == "all else" or spent < LEAST * total:
            rest += spent
        else:
            listed[category] = spent / job.times
    listed["all else"] = rest / job.times
    return listed


def least(job: Job, speed: Mapping[str, float]) -> dict[str, float]:
    """Returns the minimum seconds of one core, by name of the speed."""
    return {name: size / speed[name] for name, size in job.bytes.items()}


def limit(job: Job, speed: Mapping[str, float]) -> float:
    """Returns the minimum seconds of the job on this machine. The SHA-256 of one huge packed member is
    serial, so a second core does not help."""
    bounds = least(job, speed)
    chain = bounds.get("sha256", 0) if job.is_packing else 0
    return max(sum(bounds.values()) / job.threads, chain)


def section(job: Job, speed: Mapping[str, float]) -> str:
    """Returns the section of one job."""
    spent, bounds = kept(job), least(job, speed)
    total, counted = sum(spent.values()), sum(job.instructions.values())
    head = ["category", "share", "CPU seconds", "minimum"]
    if counted:
        head.append("instructions")
    rows = []
    for category, value in [*spent.items(), ("all", total)]:
        bound = bounds.get(CATEGORIES.get(category, ""))
        row = [category, f"{100 * value / total:.1f} %", f"{value:.3f}", f"{bound:.3f}" if bound else ""]
        if counted:
            part = counted if category == "all" else job.instructions.get(category, 0)
            row.append(f"{100 * part / counted:.1f} %" if part else "")
        rows.append(row)
    found = f"{seconds(job.walls)} s"
    if bounds:
        bound = limit(job, speed)
        cores = f"{job.threads} cores" if job.threads > 1 else "one core"
        found += f"; the limit on {cores} is {bound:.3f} s: {job.wall / bound:.2f}× of it"
        found += f", and {total / sum(bounds.values()):.2f}× of its CPU time"
    return f"### {job.label[0].upper()}{job.label[1:]}: {job.subject}\n\n{found}.\n\n{table(head, rows)}\n"


def render(
    jobs: Sequence[Job],
    speeds: Mapping[str, Mapping[str, float]],
    counted_of: Mapping[str, object],
    arguments: argparse.Namespace,
    work: Path,
) -> str:
    """Returns the whole part."""
    head = ["one core, MB/s", *speeds]
    rows = [
        [label, *(f"{speed[name] / 1e6:,.0f}" for speed in speeds.values())] for name, label in SPEEDS.items()
    ]
    sizes = ["measured on, MB", *(megabytes(speed["bytes"]) for speed in speeds.values())]
    sections = "\n".join(section(job, speeds.get(job.subject, {})) for job in jobs)
    counted = COUNTED.format(commit=counted_of.get("commit")) if any(job.instructions for job in jobs) else ""
    return (
        f"## Where the time goes\n\nCommand: `{command_line('benches/profile/run.py')}`\n\n"
        f"{facts(describe(arguments.binary, arguments.threads, work, []))}\n"
        f"{table(head, [*rows, sizes])}\n{METHOD.format(hertz=997)}{counted}\n{sections}"
    )
