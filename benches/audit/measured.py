"""What was measured of one wheel's audit."""

import statistics
from dataclasses import dataclass, field
from pathlib import Path

from measuring.measure import Memory, Run
from subjects import MEMORY_GOAL, Subject

LIMITS = (MEMORY_GOAL, MEMORY_GOAL + (16 << 20))
"""RLIMIT_DATA of the runs that show a bound: the goal, and with room for the program itself."""


@dataclass
class Round:
    """The runs of one round."""

    ours: list[Run] = field(default_factory=list)
    judge: list[Run] = field(default_factory=list)

    def ratio(self) -> float:
        """How many times faster wheelworks was: the median of one tool's runs by the other's."""
        medians = (statistics.median(run.wall for run in runs) for runs in (self.judge, self.ours))
        return next(medians) / next(medians)


@dataclass(frozen=True)
class Inflating:
    """What baseline_inflate.py said of a wheel, and how long it takes to read."""

    files: int
    elf: int
    compressed: int
    inflated: int
    seconds: float
    reading: float
    """Seconds to read the whole wheel after it was dropped from the page cache."""


@dataclass
class WheelResult:
    """All that was measured of one wheel."""

    subject: Subject
    wheel: Path
    warm: list[Round] = field(default_factory=list)
    dropped: list[Round] = field(default_factory=list)
    memory: Memory | None = None
    limit: int | None = None
    """The smallest of LIMITS that wheelworks ran with."""
    inflating: Inflating | None = None
    differences: list[str] = field(default_factory=list)
    """Where the two tools' JSON differs."""
    problems: list[str] = field(default_factory=list)
    """Whatever else is not as it should be."""
