"""Measures audits of wheels with chunk tables, each in a new process."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from measuring import measure, page_cache, trees
from measuring.measure import Run
from measuring.work import fresh, log

GOAL = ("tensorflow", 0.3)
"""The wheel with a goal, and the maximum seconds of its audit with the cache dropped."""

WAYS = {
    "published": ((), "published"),
    "with its table": ((), "repacked"),
    "with its table, trusted": (("--trust-chunk-table",), "repacked"),
}
"""By label of the row: options, and which of the two wheels is audited."""

STATES = ("dropped", "warm")


@dataclass
class Seekable:
    """The measurements of one wheel: as published, and as `wheelworks repack` writes it."""

    distribution: str
    sizes: dict[str, int] = field(default_factory=dict)
    runs: dict[tuple[str, str], list[Run]] = field(default_factory=dict)
    """By row and page cache state."""
    cached: dict[str, float] = field(default_factory=dict)
    """By row, the share of the wheel that an audit read into the page cache."""
    reading: float = 0
    """Seconds to read the whole wheel after it was dropped from the cache."""
    differences: list[str] = field(default_factory=list)


def measure_seekable(
    binary: Path, distribution: str, wheel: Path, work: Path, how: str, rounds: int
) -> Seekable:
    """Repacks a wheel and audits it in all ways."""
    result = Seekable(distribution)
    out, scratch = fresh(work / "repacked"), fresh(work / "seekable")
    command = [str(binary), "repack", f"--wheel-dir={out}", str(wheel)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    paths = {"published": wheel, "repacked": next(out.glob("*.whl"))}
    result.sizes = {name: path.stat().st_size for name, path in paths.items()}
    outputs: dict[str, str] = {}
    for number in range(rounds):
        for state in STATES:
            for label, (options, which) in WAYS.items():
                path, output = paths[which], scratch / "stdout.txt"
                prepare(path, state, how)
                run = measure.timed([str(binary), "show", "--json", *options, str(path)], scratch, output)
                result.runs.setdefault((label, state), []).append(run)
                if state == "dropped":
                    result.cached[label] = page_cache.share_cached(path)
                outputs[label] = output.read_text(encoding="utf-8")
                log(f"{distribution} {label}, {state}, round {number + 1}: {run.wall:.3f} s")
    page_cache.drop(paths["repacked"], how)
    result.reading = page_cache.read_seconds(paths["repacked"])
    result.differences = [label for label, text in outputs.items() if text != outputs["published"]]
    fresh(out)
    return result


def prepare(wheel: Path, state: str, how: str) -> None:
    """Puts the page cache into a state of STATES."""
    if state == "warm":
        trees.warm(wheel)
    else:
        page_cache.drop(wheel, how)
