"""Measures packs in a warm worker: packs real trees, changes them, and packs them again.

    python3 benches/warm/run.py --binary PATH [--runs N] [--trees pjrt,tensorflow] [--quick]

Each round starts a new worker, packs a copy of the tree cold, and packs it again after each of several
changes. Every warm pack is compared with `cp` of the finished wheel in the same round, the minimum time to
write it. The worker reports the number of reused bytes. The last round compares the wheels with those of a
cold process. The script writes the part of `benches/RESULTS.md` about warm packs from this run only.
`--quick` uses a small synthetic tree and does not wait.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "whole")]

import baseline_build
import library
import steps
from measuring import digests, figures, machine, markdown, results, trees
from measuring.measure import timed
from measuring.work import fresh, log, pin
from measuring.worker_client import Inputs, Worker

SETTLE_SECONDS = 3.2
"""Seconds after the last change of a file until a worker trusts its fingerprint without reading it."""


@dataclass
class Step:
    """One change, and the measurements of the packs after it."""

    label: str
    walls: list[float] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)
    copies: list[float] = field(default_factory=list)
    made: list[int] = field(default_factory=list)
    """Bytes compressed by each pack."""
    total: int = 0
    build: float = 0
    """Seconds of `python -m build` with the same files; 0 if not measured."""

    def row(self) -> list[str]:
        """Returns the row of the table."""
        ratios = [cold / wall for cold, wall in zip(self.cold, self.walls, strict=True)]
        times = [wall / copy for wall, copy in zip(self.walls, self.copies, strict=True)]
        made = statistics.median(self.made)
        builds = f"{self.build / statistics.median(self.walls):.0f}×" if self.build else "–"
        return [
            self.label,
            markdown.seconds(self.walls),
            f"{statistics.median(ratios):.1f}×",
            f"{statistics.median(times):.1f}×",
            builds,
            markdown.megabytes(made),
            f"{100 * (1 - made / self.total):.2f} %",
        ]


class Round:
    """One worker and one copy of a tree."""

    def __init__(self, binary: Path, tree: Path, work: Path, threads: int) -> None:
        self.binary, self.tree, self.work, self.threads = binary, tree, work, threads
        self.worker = Worker(binary, threads, work)

    def pack(self) -> tuple[float, int, int, Path]:
        """Packs the tree. Returns seconds, compressed bytes, total bytes, and the wheel."""
        return self.pack_with(digests.tokens(self.tree))

    def pack_with(self, inputs: Inputs, at_once: bool = False) -> tuple[float, int, int, Path]:
        """Packs the tree with these digests, `at_once` without flushing earlier writes."""
        out = fresh(self.work / "out")
        arguments = ["pack", "--json", f"--wheel-dir={out}", str(self.tree)]
        run, summary = self.worker.asked(arguments, inputs, at_once)
        made = summary["bytes_in"] - summary["bytes_reused"]
        return run.wall, made, summary["bytes_in"], next(out.glob("*.whl"))

    def check(self, wheel: Path) -> None:
        """Fails unless a wheel equals that of a cold process."""
        cold = fresh(self.work / "cold")
        command = [str(self.binary), "pack", f"--wheel-dir={cold}", str(self.tree)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        if next(cold.glob("*.whl")).read_bytes() != wheel.read_bytes():
            raise SystemExit(f"error: `{wheel.name}` differs from the wheel of a cold process")
        shutil.rmtree(cold)

    def pack_again(self, step: Step, cold: float, check: bool) -> None:
        """Packs after a step, and adds the measurements to it. `cold` are the seconds of the first pack."""
        wall, made, total, wheel = self.pack()
        step.walls.append(wall)
        step.made.append(made)
        step.cold.append(cold)
        step.total = total
        step.copies.append(copy_seconds(wheel, self.work))
        if check:
            self.check(wheel)


def copy_seconds(wheel: Path, work: Path) -> float:
    """Returns the seconds of `cp` for a file in the page cache."""
    copy = wheel.with_suffix(".copy")
    seconds = timed(["cp", str(wheel), str(copy)], work).wall
    copy.unlink()
    return seconds


def run_round(
    binary: Path, tree: trees.Tree, work: Path, threads: int, all_steps: list[Step], check: bool, settle: float
) -> None:
    """Packs cold, then again after each step."""
    copy = work / "tree"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(tree.path, copy)
    trees.warm(copy)
    round_ = Round(binary, copy, work, threads)
    with round_.worker:
        cold, _, _, _ = round_.pack()
        changes: list[Callable[[Path], None]] = [change for _, change in steps.steps(tree.name)]
        for step, change in zip(all_steps, changes, strict=True):
            log(f"  {step.label}")
            change(copy)
            time.sleep(settle if step.label != steps.FRESH else 0)
            round_.pack_again(step, cold, check)
    shutil.rmtree(copy)


def run_copied(binary: Path, tree: trees.Tree, work: Path, threads: int, step: Step, check: bool) -> None:
    """Packs with a new worker right after the largest file was copied, as a build does, then after a changed line."""
    copy = work / "tree"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(tree.path, copy)
    trees.warm(copy)
    inputs = digests.tokens(copy)
    round_ = Round(binary, copy, work, threads)
    log(f"  {step.label}")
    with round_.worker:
        os.sync()
        steps.copy_in_place(copy)
        cold, _, _, _ = round_.pack_with(inputs, at_once=True)
        steps.append_line(copy)
        round_.pack_again(step, cold, check)
    shutil.rmtree(copy)


def build_seconds(tree: trees.Tree, work: Path) -> float:
    """Returns the seconds of one `python -m build` of the tree; 0 if it is not available."""
    python = baseline_build.find_python(None, trees.cache_dir())
    if python is None:
        return 0
    log("python -m build")
    project, out = fresh(work / "project"), fresh(work / "built")
    # Hard links to a cached tree are safe: the build only reads them.
    baseline_build.prepare(tree.path, project)
    script = str(HERE.parent / "whole" / "baseline_build.py")
    run = timed([sys.executable, script, "build", python, str(project), str(out)], work)
    shutil.rmtree(project)
    shutil.rmtree(out)
    return run.wall


def ratios(per_tree: list[tuple[trees.Tree, list[Step]]]) -> figures.Figures:
    """Returns the ratios for the overview."""
    return {
        f"{tree.name}, {step.label}, to python -m build": step.build / statistics.median(step.walls)
        for tree, all_steps in per_tree
        for step in all_steps
        if step.build and step.label in (steps.LINE, steps.OVERWRITTEN, steps.INSERTED)
    }


def goals(all_steps: list[Step]) -> str:
    """Returns one line per goal of a large wheel, met or missed."""
    by_label = {step.label: step for step in all_steps}
    checks = []
    for label in (steps.LINE, steps.COPIED):
        step = by_label[label]
        wall, copy = statistics.median(step.walls), statistics.median(step.copies)
        checks.append((f"{label}, at most twice cp and 50 ms", wall <= 2 * copy + 0.05, f"{wall:.3f} s, cp {copy:.3f} s"))
    for label, most, times in ((steps.LINE, None, 60), (steps.OVERWRITTEN, 1.2, 20), (steps.INSERTED, 1.2, 20)):
        step = by_label[label]
        wall = statistics.median(step.walls)
        if most is not None:
            checks.append((f"{label}, at most {most} s", wall <= most, f"{wall:.3f} s"))
        if step.build:
            ratio = step.build / wall
            checks.append((f"{label}, at least {times}× as fast as python -m build", ratio >= times, f"{ratio:.0f}×"))
    return "\n".join(f"- {what}: {markdown.goal(met)}, {found}" for what, met, found in checks) + "\n"


HEAD = ["change since the previous pack", "seconds", "faster than cold", "time relative to cp", "faster than python -m build"]
HEAD += ["compressed, MB", "reused"]

METHOD = """
### How warm packs were measured

- Level 6. A worker packs a copy of the tree, the tree changes, and the same worker packs it again, all
  in one round, on the same cores, with a warm page cache. Each round has a new worker and a new copy.
- `faster than cold` divides the time of the round's first pack by the time of this pack; `time relative
  to cp` divides the time of this pack by the time of `cp` of the finished wheel, right after it.
- `reused` is the share of all members' bytes that the worker did not compress again, as it reports.
- In the last round every wheel was compared byte by byte with that of a cold process.
- Files rest for 3.2 s after a change, unless the row says otherwise: then a worker trusts their fingerprints on
  any file system without reading them. In the last row a new worker gets its first request within a few
  milliseconds after the largest file was copied, without a flush in between; the pack after that is measured. Each request has the digests of its inputs, as from Bazel.
- `python -m build` is `benches/whole/baseline_build.py` with the same files. It keeps no state, so a
  change costs as much as the first build. It ran once, in the first round.
"""


def report(per_tree: list[tuple[trees.Tree, list[Step]]], reuse: list[list[str]], arguments: argparse.Namespace) -> str:
    """Returns the part of RESULTS.md."""
    about = machine.describe(arguments.binary, arguments.threads, trees.cache_dir(), [])
    command = machine.command_line("benches/warm/run.py")
    text = f"## Packing again\n\nCommand: `{command}`\n\n{markdown.facts(about)}"
    for tree, all_steps in per_tree:
        text += f"\n### {tree.name}, again\n\n"
        text += f"`{tree.wheel}`: {tree.files:,} files, {markdown.megabytes(tree.size)} MB.\n\n"
        text += markdown.table(HEAD, [step.row() for step in all_steps]) + "\n" + goals(all_steps)
    text += "\n### From one version of a library to the next\n\n"
    text += markdown.table(["library", "from", "to", "MB", "reused"], reuse)
    return text + METHOD


def main() -> None:
    """Measures and writes the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True, help="the wheelworks to measure")
    parser.add_argument("--runs", type=int, default=3, help="rounds")
    parser.add_argument("--trees", default="pjrt,tensorflow", help="names, joined by commas")
    parser.add_argument("--threads", type=int, default=2, help="cores")
    parser.add_argument("--quick", action="store_true", help="a small synthetic tree, once")
    arguments = parser.parse_args()
    binary = arguments.binary.resolve()
    pin(arguments.threads)
    with tempfile.TemporaryDirectory(dir=trees.cache_dir()) as folder:
        work = Path(folder)
        if arguments.quick:
            chosen, arguments.runs = [trees.make_up(work / "made-up")], 1
        else:
            chosen = [trees.obtain(name, None) for name in arguments.trees.split(",")]
        per_tree = []
        for tree in chosen:
            all_steps = [Step(label) for label, _ in steps.steps(tree.name)]
            copied = Step(steps.COPIED)
            for number in range(arguments.runs):
                log(f"{tree.name}: round {number + 1} of {arguments.runs}")
                build = build_seconds(tree, work) if number == 0 else all_steps[0].build
                for step in (*all_steps, copied):
                    step.build = build
                is_last = number + 1 == arguments.runs
                pause = 0 if arguments.quick else SETTLE_SECONDS
                run_round(binary, tree, work, arguments.threads, all_steps, is_last, pause)
                run_copied(binary, tree, work, arguments.threads, copied, is_last)
            per_tree.append((tree, [*all_steps, copied]))
        reuse = library.reuse(binary, work, arguments.threads, arguments.quick)
    text = report(per_tree, reuse, arguments)
    if arguments.quick:
        print(text)
    else:
        results.replace_part(results.PATH, "benches/warm/run.py", text)
        figures.keep("benches/warm/run.py", ratios(per_tree))


if __name__ == "__main__":
    main()
