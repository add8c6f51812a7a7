"""The results for one archive."""

from dataclasses import dataclass, field
from pathlib import Path

from ways import Way


@dataclass
class Subject:
    """One archive, and all that was measured of it."""

    title: str
    wheel: Path
    is_repacked: bool
    ways: list[Way]
    members: dict[str, str] = field(default_factory=dict)
    """Its files with their SHA-256."""
    bytes: int = 0
    """Of its files."""
    wheel_len: int = 0
    """Of the archive itself, which is gone when the report is written."""
