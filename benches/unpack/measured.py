"""The results for one archive."""

from dataclasses import dataclass, field
from pathlib import Path

from ways import Way


@dataclass
class Subject:
    """All measurements of one archive."""

    title: str
    wheel: Path
    is_repacked: bool
    ways: list[Way]
    members: dict[str, str] = field(default_factory=dict)
    """The SHA-256 of each file in the archive."""
    bytes: int = 0
    """Total bytes of its files."""
    wheel_len: int = 0
    """Bytes of the archive, which is deleted before the report is written."""
