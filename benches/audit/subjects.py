"""The wheels to audit, and the goals for their audits."""

from dataclasses import dataclass


SMALL_REPEATS = 10
"""Runs of each tool per round on a small wheel."""

SLOW_REPEATS = 3
"""Runs of wheelworks per round where auditwheel takes minutes."""


@dataclass(frozen=True)
class Subject:
    """A wheel of tests/wheels.txt."""

    distribution: str
    goal: float
    """The minimum speed-up over auditwheel."""
    is_slow: bool = False
    """Whether auditwheel takes minutes, so that there are few rounds."""
    is_small: bool = False
    """Whether the start of the process dominates the time."""

    @property
    def repeats(self) -> dict[str, int]:
        """Returns the runs per round of each tool."""
        if self.is_small:
            return {"ours": SMALL_REPEATS, "judge": SMALL_REPEATS}
        return {"ours": SLOW_REPEATS if self.is_slow else 1, "judge": 1}


SUBJECTS = (
    Subject("tensorflow", 50, is_slow=True),
    Subject("torch", 15, is_slow=True),
    Subject("nvidia-cudnn-cu12", 6),
    Subject("jax-cuda12-pjrt", 2),
    Subject("markupsafe", 20, is_small=True),
    Subject("pyyaml", 20, is_small=True),
    Subject("charset-normalizer", 20, is_small=True),
)

MEMORY_GOAL = 150_000_000
"""Maximum peak of anonymous memory in bytes, for every wheel."""

PACK_GOAL = 0.03
"""The largest relative increase of the time of `pack` by an audit."""

PACKED = ("jax-cuda12-pjrt", "tensorflow")
"""The wheels whose trees are packed with and without an audit."""

SEEKABLE = ("tensorflow", "torch", "jax-cuda12-pjrt")
"""The wheels that are also audited as `wheelworks repack` writes them."""
