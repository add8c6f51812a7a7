"""The wheels that are audited, and what their audit should reach."""

from dataclasses import dataclass


SMALL_REPEATS = 10
"""How often a round runs each tool on a small wheel."""

SLOW_REPEATS = 3
"""How often a round runs wheelworks where auditwheel takes long."""


@dataclass(frozen=True)
class Subject:
    """A wheel of tests/wheels.txt."""

    distribution: str
    goal: float
    """How many times faster than auditwheel the audit should be."""
    is_slow: bool = False
    """Whether auditwheel takes so long that there are few rounds."""
    is_small: bool = False
    """Whether starting the process is most of it."""

    @property
    def repeats(self) -> dict[str, int]:
        """How often a round runs each tool."""
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
"""Peak of anonymous memory in bytes, for every wheel."""

PACK_GOAL = 0.03
"""The largest share that an audit may add to `pack`."""

PACKED = ("jax-cuda12-pjrt", "tensorflow")
"""The wheels whose trees are packed with an audit and without."""

SEEKABLE = ("tensorflow", "torch", "jax-cuda12-pjrt")
"""The wheels that are audited as `wheelworks repack` writes them, too."""
