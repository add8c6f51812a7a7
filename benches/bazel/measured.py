"""The measured times of one way to build a job."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Way:
    """One way to build the wheels."""

    label: str
    prefix: str
    """Prefix of its targets' names."""
    flags: tuple[str, ...]


@dataclass
class Result:
    """The measurements of one way to build one job: seconds per step and round."""

    way: Way
    seconds: dict[str, list[float]] = field(default_factory=dict)
    size: int = 0
    count: int = 0
