"""Writes the part of benches/README.md about where the time goes, from what run.py measured."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from jobs import Job
from measuring.machine import command_line, describe
from measuring.markdown import facts, megabytes, seconds, table

LEAST = 0.01
"""Categories with less of the time go to `all else`."""

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
"""Which speed bounds a category."""

METHOD = """\
Shares are of CPU time, sampled with `perf record -e cpu-clock` {hertz} times a second on each core; seconds of
the kernel go to what it was called for. `least` is what one core takes for the bytes that the job cannot do
without handling, at the speed in the table above. The limit is the sum of those, divided by the cores that can
share it; no work on many members, no header, no thread that waits is in it. Times are medians of runs that were
not profiled. Speeds are of at most 512 MiB of the tree's largest file, by CPU time, the best of three: what is
written goes to a new file and nobody waits for the disk; libdeflate gets the chunks that wheelworks cuts.
"""

COUNTED = """\
Instructions were counted by callgrind on one thread, of commit {commit}. It has neither SHA instructions nor
AVX-512, so that hashes take many more there; nothing of the kernel is in it.
"""


def kept(job: Job) -> dict[str, float]:
    """Seconds by category, for one time, the small ones together."""
    total = sum(job.shares.values())
    shown = {}
    rest = 0.0
    for category, spent in job.shares.most_common():
        if category == "all else" or spent < LEAST * total:
            rest += spent
        else:
            shown[category] = spent / job.times
    shown["all else"] = rest / job.times
    return shown


def least(job: Job, speed: Mapping[str, float]) -> dict[str, float]:
    """Seconds of one core for what the job cannot do without, by the name of the speed."""
    return {name: size / speed[name] for name, size in job.bytes.items()}


def limit(job: Job, speed: Mapping[str, float]) -> float:
    """The least seconds that the job can take on this machine. Packing one huge member, its SHA-256
    is one chain that no second core can help with."""
    bounds = least(job, speed)
    chain = bounds.get("sha256", 0) if job.is_packing else 0
    return max(sum(bounds.values()) / job.threads, chain)


def section(job: Job, speed: Mapping[str, float]) -> str:
    """One job."""
    spent, bounds = kept(job), least(job, speed)
    total, counted = sum(spent.values()), sum(job.instructions.values())
    head = ["what", "share", "CPU seconds", "least"]
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
        shown = limit(job, speed)
        cores = f"{job.threads} cores" if job.threads > 1 else "one core"
        found += f"; the limit on {cores} is {shown:.3f} s: {job.wall / shown:.2f}× of it"
        found += f", and {total / sum(bounds.values()):.2f}× of its CPU time"
    return f"### {job.label[0].upper()}{job.label[1:]}: {job.subject}\n\n{found}.\n\n{table(head, rows)}\n"


def render(
    jobs: Sequence[Job],
    speeds: Mapping[str, Mapping[str, float]],
    counted_of: Mapping[str, object],
    arguments: argparse.Namespace,
    work: Path,
) -> str:
    """The whole part."""
    head = ["one core, MB/s", *speeds]
    rows = [
        [label, *(f"{speed[name] / 1e6:,.0f}" for speed in speeds.values())] for name, label in SPEEDS.items()
    ]
    sizes = ["of so many MB", *(megabytes(speed["bytes"]) for speed in speeds.values())]
    sections = "\n".join(section(job, speeds.get(job.subject, {})) for job in jobs)
    counted = COUNTED.format(commit=counted_of.get("commit")) if any(job.instructions for job in jobs) else ""
    return (
        f"## Where the time goes\n\nCommand: `{command_line('benches/profile/run.py')}`\n\n"
        f"{facts(describe(arguments.binary, arguments.threads, work, []))}\n"
        f"{table(head, [*rows, sizes])}\n{METHOD.format(hertz=997)}{counted}\n{sections}"
    )
