"""The measured times of one way to build a job."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Way:
    """One way of building the same wheels."""

    label: str
    prefix: str
    """What its targets' names begin with."""
    flags: tuple[str, ...]


@dataclass
class Result:
    """What was measured of one way of building one job: seconds of each step, round by round."""

    way: Way
    seconds: dict[str, list[float]] = field(default_factory=dict)
    size: int = 0
    count: int = 0
