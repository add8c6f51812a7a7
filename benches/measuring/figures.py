"""Ratios that benchmarks store for the overview of all benchmarks."""

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from measuring import machine, trees

Figures = Mapping[str, float]
"""Speed-ups, by a label that names both tools."""


def folder() -> Path:
    """Returns the directory of the stored figures."""
    return trees.cache_dir() / "bench" / "figures"


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Returns the median speed-up of the rounds. Surplus rounds of the longer sequence are ignored."""
    return statistics.median(their / our for our, their in zip(ours, theirs))


def keep(script: str, figures: Mapping[str, object]) -> None:
    """Stores the figures of a script, and replaces its earlier ones."""
    path = folder() / (script.replace("/", "-") + ".json")
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {"commit": machine.commit(), "date": machine.now(), "figures": figures}
    path.write_text(json.dumps(kept, indent=1), encoding="utf-8")


def kept(script: str) -> dict[str, object]:
    """Returns the stored `commit`, `date` and `figures` of a script; empty if it has not run."""
    path = folder() / (script.replace("/", "-") + ".json")
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
