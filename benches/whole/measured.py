"""The results for one tree."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from measuring import measure, trees
from measuring.measure import Run


@dataclass
class Case:
    """One way of writing the wheel, and its measurements."""

    key: str
    label: str
    rounds: int
    run: Callable[[Path], list[Run]]
    """Writes the wheel into an empty directory. Its second and later runs belong to `repeats`."""
    repeats: list["Case"] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    size: int = 0
    problem: str = ""


@dataclass
class TreeResult:
    """All measurements of one tree."""

    tree: trees.Tree
    cases: list[Case]
    memory: dict[str, measure.Memory]
    within_bound: dict[str, bool]
    differences: list[str]
