"""What a warm worker costs: real trees are packed, changed, and packed again.

    python3 benches/warm/run.py --binary PATH [--runs N] [--trees pjrt,tensorflow] [--quick]

Each round starts a worker of its own, packs a copy of the tree cold and then again after each of some
changes, one after another. Beside every warm pack stands `cp` of the wheel that came out,
in the same round: no tool writes a wheel in less. How many bytes were reused is what the worker
itself says; that the wheels are right is compared with a cold process. The part of
`benches/RESULTS.md` about warm packs is written from this run alone. `--quick` uses a small made-up tree and
waits for nothing.
"""

import argparse
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
from measuring.worker_client import Worker

SETTLE_SECONDS = 3.2
"""How long files must have been left alone before a worker knows them without reading them."""


@dataclass
class Step:
    """One change, and what the packs after it cost."""

    label: str
    walls: list[float] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)
    copies: list[float] = field(default_factory=list)
    made: list[int] = field(default_factory=list)
    """Bytes that had to be compressed."""
    total: int = 0
    build: float = 0
    """Seconds of `python -m build` with the same files; 0 if it was not measured."""

    def row(self) -> list[str]:
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
    """One worker, one copy of a tree."""

    def __init__(self, binary: Path, tree: Path, work: Path, threads: int) -> None:
        self.binary, self.tree, self.work, self.threads = binary, tree, work, threads
        self.worker = Worker(binary, threads, work)

    def pack(self) -> tuple[float, int, int, Path]:
        """Seconds, bytes that were compressed, bytes in all, and the wheel."""
        out = fresh(self.work / "out")
        arguments = ["pack", "--json", f"--wheel-dir={out}", str(self.tree)]
        run, summary = self.worker.asked(arguments, digests.tokens(self.tree))
        made = summary["bytes_in"] - summary["bytes_reused"]
        return run.wall, made, summary["bytes_in"], next(out.glob("*.whl"))

    def check(self, wheel: Path) -> None:
        """Compares a wheel with what a cold process makes."""
        cold = fresh(self.work / "cold")
        command = [str(self.binary), "pack", f"--wheel-dir={cold}", str(self.tree)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        if next(cold.glob("*.whl")).read_bytes() != wheel.read_bytes():
            raise SystemExit(f"error: `{wheel.name}` is not what a cold process makes")
        shutil.rmtree(cold)


def copy_seconds(wheel: Path, work: Path) -> float:
    """What `cp` takes for a file whose pages are in the cache."""
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
            wall, made, total, wheel = round_.pack()
            step.walls.append(wall)
            step.made.append(made)
            step.cold.append(cold)
            step.total = total
            step.copies.append(copy_seconds(wheel, work))
            if check:
                round_.check(wheel)
    shutil.rmtree(copy)


def build_seconds(tree: trees.Tree, work: Path) -> float:
    """What `python -m build` takes for the tree, once; 0 without it."""
    python = baseline_build.find_python(None, trees.cache_dir())
    if python is None:
        return 0
    log("python -m build")
    project, out = fresh(work / "project"), fresh(work / "built")
    # Hard links to a tree in the cache: the build reads them and writes none.
    baseline_build.prepare(tree.path, project)
    script = str(HERE.parent / "whole" / "baseline_build.py")
    run = timed([sys.executable, script, "build", python, str(project), str(out)], work)
    shutil.rmtree(project)
    shutil.rmtree(out)
    return run.wall


def ratios(per_tree: list[tuple[trees.Tree, list[Step]]]) -> figures.Figures:
    """What the overview shows."""
    return {
        f"{tree.name}, {step.label}, to python -m build": step.build / statistics.median(step.walls)
        for tree, all_steps in per_tree
        for step in all_steps
        if step.build and step.label in (steps.LINE, steps.OVERWRITTEN, steps.INSERTED)
    }


def goals(all_steps: list[Step]) -> str:
    """The goals of a large wheel, met or missed."""
    by_label = {step.label: step for step in all_steps}
    line = by_label[steps.LINE]
    wall, copy = statistics.median(line.walls), statistics.median(line.copies)
    checks = [(f"{steps.LINE}, at most twice cp and 50 ms", wall <= 2 * copy + 0.05, f"{wall:.3f} s, cp {copy:.3f} s")]
    for label, most, times in ((steps.LINE, None, 60), (steps.OVERWRITTEN, 1.2, 20), (steps.INSERTED, 1.2, 20)):
        step = by_label[label]
        wall = statistics.median(step.walls)
        if most is not None:
            checks.append((f"{label}, at most {most} s", wall <= most, f"{wall:.3f} s"))
        if step.build:
            ratio = step.build / wall
            checks.append((f"{label}, at least {times}× as fast as python -m build", ratio >= times, f"{ratio:.0f}×"))
    return "\n".join(f"- {what}: {markdown.goal(met)}, {found}" for what, met, found in checks) + "\n"


HEAD = ["change since the pack before", "seconds", "faster than cold", "of cp", "faster than python -m build"]
HEAD += ["compressed, MB", "reused"]

METHOD = """
### How warm packs were measured

- Level 6. A worker packs a copy of the tree, the tree changes, the same worker packs it again; all
  in one round, on the same cores, the page cache warm. Each round has a worker and a copy of its own.
- `faster than cold` is the first pack of that round by the time of this one; `of cp` is this one by the
  time of `cp` of the finished wheel, right after it.
- `reused` is the share of the bytes of all members that were not compressed, as the worker says.
- In the last round every wheel was compared with that of a cold process, byte by byte.
- Files are left alone for 3.2 s after a change, unless the row says otherwise: only then does a
  worker know them without reading them. With each request go the digests of its inputs, as from Bazel.
- `python -m build` is `benches/whole/baseline_build.py` with the same files: it has no state to
  be warm, so that a change costs it as much as the first build. It ran once, in the first round.
"""


def report(per_tree: list[tuple[trees.Tree, list[Step]]], reuse: list[list[str]], arguments: argparse.Namespace) -> str:
    """The part of RESULTS.md."""
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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--trees", default="pjrt,tensorflow")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
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
            for number in range(arguments.runs):
                log(f"{tree.name}: round {number + 1} of {arguments.runs}")
                build = build_seconds(tree, work) if number == 0 else all_steps[0].build
                for step in all_steps:
                    step.build = build
                is_last = number + 1 == arguments.runs
                pause = 0 if arguments.quick else SETTLE_SECONDS
                run_round(binary, tree, work, arguments.threads, all_steps, is_last, pause)
            per_tree.append((tree, all_steps))
        reuse = library.reuse(binary, work, arguments.threads, arguments.quick)
    text = report(per_tree, reuse, arguments)
    if arguments.quick:
        print(text)
    else:
        results.replace_part(results.PATH, "benches/warm/run.py", text)
        figures.keep("benches/warm/run.py", ratios(per_tree))


if __name__ == "__main__":
    main()
