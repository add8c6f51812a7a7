"""The measurements of one wheel's audit."""

import statistics
from dataclasses import dataclass, field
from pathlib import Path

from measuring.measure import Memory, Run
from subjects import MEMORY_GOAL, Subject

LIMITS = (MEMORY_GOAL, MEMORY_GOAL + (16 << 20))
"""RLIMIT_DATA of the bounded runs: the goal, and the goal plus 16 MiB for the program itself."""


@dataclass
class Round:
    """The runs of one round."""

    ours: list[Run] = field(default_factory=list)
    judge: list[Run] = field(default_factory=list)

    def ratio(self) -> float:
        """Returns the speed-up of wheelworks: auditwheel's median time divided by wheelworks'."""
        medians = (statistics.median(run.wall for run in runs) for runs in (self.judge, self.ours))
        return next(medians) / next(medians)


@dataclass(frozen=True)
class Inflating:
    """The output of baseline_inflate.py for a wheel, and the time to read the wheel."""

    files: int
    elf: int
    compressed: int
    inflated: int
    seconds: float
    reading: float
    """Seconds to read the whole wheel after it was dropped from the page cache."""


@dataclass
class WheelResult:
    """All measurements of one wheel."""

    subject: Subject
    wheel: Path
    warm: list[Round] = field(default_factory=list)
    dropped: list[Round] = field(default_factory=list)
    memory: Memory | None = None
    limit: int | None = None
    """The smallest of LIMITS within which wheelworks succeeded."""
    inflating: Inflating | None = None
    differences: list[str] = field(default_factory=list)
    """Differences between the two tools' JSON."""
    problems: list[str] = field(default_factory=list)
    """All other failures."""
