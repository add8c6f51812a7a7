"""Measures `wheelworks repack` of a wheel with stored members, against zipfile."""

import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from measuring import measure, trees
from measuring.measure import Memory, Run
from measuring.work import fresh, log

LEVEL = 6

SCRIPT = Path(__file__).resolve().parent / "baseline_rewrite.py"


@dataclass
class Rewriting:
    """All measurements of one wheel."""

    wheel: str
    stored: int
    """Bytes of the wheel with stored members."""
    ours: list[Run] = field(default_factory=list)
    theirs: list[Run] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    memory: dict[str, Memory] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def commands(binary: Path, stored: Path, out: Path, threads: int) -> dict[str, list[str]]:
    """Returns both commands. Each writes to its own directory."""
    options = [f"--compression-level={LEVEL}", f"--jobs={threads}", f"--wheel-dir={out / 'ours'}"]
    target = out / "theirs" / stored.name
    return {
        "ours": [str(binary), "repack", *options, str(stored)],
        "theirs": [sys.executable, str(SCRIPT), f"--level={LEVEL}", str(stored), str(target)],
    }


def measure_rewriting(binary: Path, wheel: Path, work: Path, threads: int, rounds: int) -> Rewriting:
    """Rewrites a wheel `rounds` times, and once more for memory."""
    scratch = fresh(work / "scratch")
    stored = fresh(work / "stored") / wheel.name
    store = [sys.executable, str(SCRIPT), "--store", str(wheel), str(stored)]
    result = Rewriting(wheel.name, 0)
    try:
        measure.timed(store, scratch)
        result.stored = stored.stat().st_size
        trees.warm(stored)
        out = work / "rewritten"
        both = commands(binary, stored, out, threads)
        for number in range(rounds):
            for key, command in both.items():
                fresh(out / key)
                run = measure.timed(command, scratch)
                getattr(result, key).append(run)
                log(f"rewriting {wheel.name} round {number + 1}: {key}: {run.wall:.2f} s")
        written = {key: next((out / key).glob("*.whl")) for key in both}
        result.sizes = {key: path.stat().st_size for key, path in written.items()}
        result.problems += problems_of(written["ours"], written["theirs"])
        for key, command in both.items():
            fresh(out / key)
            result.memory[key] = measure.watched(command, scratch)
    except measure.CommandFailed as error:
        result.problems.append(str(error))
    for name in ("stored", "rewritten"):
        shutil.rmtree(work / name, ignore_errors=True)
    return result


def problems_of(ours: Path, theirs: Path) -> list[str]:
    """Compares the wheels: members by their bytes, RECORD row by row."""
    found = []
    if trees.members(ours) != trees.members(theirs):
        found.append("the members differ")
    if trees.record_rows(ours) != trees.record_rows(theirs):
        found.append("the RECORDs differ")
    return found
