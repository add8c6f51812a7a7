"""Counts of the events of a soak."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Counts:
    """The number of events of each kind."""

    kinds: Counter[str] = field(default_factory=Counter)
    cancelled: int = 0
    in_time: int = 0
    """Cancel requests that came after the response."""
    changes: int = 0
    disturbed: int = 0
    noticed: int = 0
    """Requests that reported a source that changed while they ran."""
