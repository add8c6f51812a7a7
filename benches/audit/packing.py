"""Measures `wheelworks pack` with and without an audit, alternating."""

import filecmp
import json
import shutil
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from measuring import measure, trees
from measuring.measure import Run
from measuring.work import fresh, log

LEVEL = 6


@dataclass
class PackResult:
    """All measurements of one tree."""

    tree: trees.Tree
    plain: list[Run] = field(default_factory=list)
    audited: list[Run] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def added(self, figure: str) -> list[float]:
        """Returns the relative increase of a figure (`wall` or `cpu`) by the audit, per round."""
        pairs = zip(self.plain, self.audited, strict=True)
        return [getattr(audited, figure) / getattr(plain, figure) - 1 for plain, audited in pairs]

    def meets(self, goal: float) -> bool:
        """Returns whether the medians of wall-clock time and of CPU time meet the goal."""
        return all(statistics.median(self.added(figure)) <= goal for figure in ("wall", "cpu"))


def problems_of(plain: Path, audited: Path, report: Path) -> list[str]:
    """Returns the faults of the wheels and the report of one round."""
    found = []
    if not filecmp.cmp(next(plain.glob("*.whl")), next(audited.glob("*.whl")), shallow=False):
        found.append("the wheel differs from the one packed without an audit")
    try:
        wheels = json.loads(report.read_text(encoding="utf-8"))["wheels"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        return [*found, f"the report cannot be read: {error}"]
    if len(wheels) != 1:
        found.append(f"the report is about {len(wheels)} wheels")
    return found


def measure_pack(
    binary: Path, tree: trees.Tree, work: Path, threads: int, rounds: int
) -> PackResult:
    """Packs a tree `rounds` times in both ways. The order alternates, so that neither way always runs in
    the state that the other leaves behind."""
    result = PackResult(tree)
    scratch = fresh(work / "scratch")
    report = scratch / "audit.json"
    trees.warm(tree.path)
    try:
        for number in range(rounds):
            order: Sequence[bool] = (False, True) if number % 2 == 0 else (True, False)
            for audits in order:
                out = fresh(work / "out" / ("audited" if audits else "plain"))
                command = [str(binary), *trees.pack_arguments(tree.path, out, LEVEL, threads)]
                command += [f"--audit={report}"] if audits else []
                run = measure.timed(command, scratch)
                (result.audited if audits else result.plain).append(run)
                log(f"pack {tree.name} round {number + 1}: audit {audits}: {run.wall:.2f} s")
            out = work / "out"
            result.problems += problems_of(out / "plain", out / "audited", report)
    except measure.CommandFailed as error:
        result.problems.append(str(error))
    result.problems = list(dict.fromkeys(result.problems))
    shutil.rmtree(work / "out", ignore_errors=True)
    return result
