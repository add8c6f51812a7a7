"""Samples of the memory, threads and descriptors of a worker; checks, writes and plots them."""

import csv
import os
import statistics
import time
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from measuring.measure import cpu_seconds, status_bytes
from measuring.plot import svg_lines

WARM_SHARE = 0.4
"""The share of a run in which caches and the allocator's arenas fill. It is not checked."""

ALLOWED_GROWTH = 24e6
"""Bytes that anonymous memory may grow from the first to the last third of the checked samples. The
allocator alternates between arenas, so two runs differ by half of this."""


@dataclass(frozen=True)
class Sample:
    """One sample of the worker."""

    seconds: float
    answered: int
    is_at_rest: int
    """1 if no request was open: then the numbers of threads and descriptors are always the same."""
    anonymous: int
    resident: int
    descriptors: int
    threads: int
    worker_cpu: float
    client_cpu: float


class Samples:
    """All samples of a run."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.began = time.monotonic()
        self.all: list[Sample] = []

    def take(self, answered: int, is_at_rest: bool) -> None:
        """Adds a sample."""
        sizes = status_bytes(self.pid)
        sample = Sample(
            round(time.monotonic() - self.began, 2),
            answered,
            int(is_at_rest),
            sizes.get("RssAnon", 0),
            sizes.get("VmRSS", 0),
            len(os.listdir(f"/proc/{self.pid}/fd")),
            len(os.listdir(f"/proc/{self.pid}/task")),
            round(cpu_seconds(self.pid), 2),
            round(time.process_time(), 2),
        )
        self.all.append(sample)

    def at_rest(self) -> list[Sample]:
        """Returns the samples without open requests, after the caches have filled."""
        rest = [sample for sample in self.all if sample.is_at_rest]
        return rest[int(len(rest) * WARM_SHARE) :]

    def growth(self) -> float:
        """Bytes by which anonymous memory at rest grew: median of the last third less the first's."""
        sizes = [sample.anonymous for sample in self.at_rest()]
        third = max(len(sizes) // 3, 1)
        return statistics.median(sizes[-third:]) - statistics.median(sizes[:third])

    def complaints(self) -> list[str]:
        """Returns the figures that grew."""
        rest = self.at_rest()
        found = []
        if self.growth() > ALLOWED_GROWTH:
            found.append(
                f"memory at rest grew by {self.growth() / 1e6:.1f} MB in"
                f" {rest[-1].answered - rest[0].answered:,} requests"
            )
        for name in ("descriptors", "threads"):
            counts = [getattr(sample, name) for sample in rest]
            if counts[-1] > counts[0]:
                found.append(f"{name} at rest: {counts[0]} at first, {counts[-1]} at last")
        return found

    def write_csv(self, path: Path) -> None:
        """Writes one row per sample."""
        with path.open("w", newline="", encoding="ascii") as file:
            rows = csv.writer(file)
            rows.writerow(field.name for field in fields(Sample))
            rows.writerows(astuple(sample) for sample in self.all)

    def plot(self, directory: Path, name: str) -> list[Path]:
        """Plots memory, threads and descriptors over time."""
        memory, counts = directory / f"{name}-memory.svg", directory / f"{name}-counts.svg"
        title = f"Worker, {self.all[-1].answered:,} requests"
        rest = [sample for sample in self.all if sample.is_at_rest]
        svg_lines(
            memory,
            f"{title}: memory",
            "minutes",
            "MB",
            {
                "RssAnon, busy": [(it.seconds / 60, it.anonymous / 1e6) for it in self.all],
                "RssAnon, at rest": [(it.seconds / 60, it.anonymous / 1e6) for it in rest],
                "VmRSS, at rest": [(it.seconds / 60, it.resident / 1e6) for it in rest],
            },
        )
        svg_lines(
            counts,
            f"{title}: threads and descriptors",
            "minutes",
            "count",
            {
                "threads, at rest": [(it.seconds / 60, it.threads) for it in rest],
                "descriptors, at rest": [(it.seconds / 60, it.descriptors) for it in rest],
            },
        )
        return [memory, counts]
