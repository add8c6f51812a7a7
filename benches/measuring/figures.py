"""Figures that a benchmark has measured, kept for another: ratios for the overview of all benchmarks."""

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from measuring import machine, trees

Figures = Mapping[str, float]
"""How many times faster than what: by a label that names both."""


def folder() -> Path:
    """Where they are kept."""
    return trees.cache_dir() / "bench" / "figures"


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """How many times faster, the median of rounds; of several and few, those there are of both."""
    return statistics.median(their / our for our, their in zip(ours, theirs))


def keep(script: str, figures: Mapping[str, object]) -> None:
    """Replaces what this script kept before."""
    path = folder() / (script.replace("/", "-") + ".json")
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {"commit": machine.commit(), "date": machine.now(), "figures": figures}
    path.write_text(json.dumps(kept, indent=1), encoding="utf-8")


def kept(script: str) -> dict[str, object]:
    """What a script kept: `commit`, `date` and `figures`; nothing if it has not run."""
    path = folder() / (script.replace("/", "-") + ".json")
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
