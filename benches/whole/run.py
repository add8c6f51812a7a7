"""Compares packing of real trees by wheelworks and its alternatives.

    python3 benches/whole/run.py --binary PATH [--runs N] [--trees pjrt,torch] [--quick]

Every round runs each tool once, one after another, so that a slow phase of the machine affects all of
them; ratios are taken within a round. Every process is pinned to the same cores. The wheels are
compared member by member, and memory is measured in separate runs. The script writes the part of
`benches/RESULTS.md` about packing from the measurements of this run only. `--quick` packs a small
synthetic tree once and prints the report, to show that the scripts work.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import baseline_build
import baseline_wheelmaker
import report
from measured import Case, TreeResult
from measuring import figures, measure, results, trees
from measuring.measure import Run
from measuring.trees import pack_arguments
from measuring.work import fresh, log, pin
from measuring.worker_client import Worker

MEMORY_BOUND = 200_000_000

TREES = ("pjrt", "tensorflow", "torch", "onnxruntime-gpu", "cudnn", "plugin")
"""The trees that are packed unless others are named."""


def zipfile_command(tree: Path, out: Path, level: int | None) -> list[str]:
    """Returns the command of the zipfile + hashlib baseline."""
    options = [] if level is None else [f"--level={level}"]
    script = str(HERE / "baseline_zipfile.py")
    return [sys.executable, script, *options, str(tree), str(out / "baseline.whl")]


class Bench:
    """One run of the benchmark."""

    def __init__(self, arguments: argparse.Namespace, work: Path) -> None:
        self.arguments = arguments
        self.work = work
        self.scratch = fresh(work / "scratch")

    def simple(self, key: str, label: str, rounds: int, command: Callable[[Path], list[str]]) -> Case:
        """Returns a case that starts one command per run."""
        return Case(key, label, rounds, lambda out: [measure.timed(command(out), self.scratch)])

    def worker_case(self, tree: Path) -> Case:
        """Returns a case that sends the same request twice to a new persistent worker."""
        threads = self.arguments.threads
        again = Case("worker-again", "wheelworks, level 6, same request again", 0, lambda _: [])

        def run(out: Path) -> list[Run]:
            pack = pack_arguments(tree, out, 6, threads)
            with Worker(self.arguments.binary, threads, self.scratch) as worker:
                return [worker.timed(pack), worker.timed(pack)]

        label = "wheelworks, level 6, new worker's first request"
        return Case("worker", label, self.arguments.runs, run, [again])

    def wheelmaker(self, tree: Path, script: Path, python: str) -> Callable[[Path], list[str]]:
        """Returns the command of rules_python's script. Its list of files is written before, as by Bazel."""
        inputs = baseline_wheelmaker.prepare(tree, fresh(self.work / "wheelmaker"))
        return lambda out: [python, str(script), *baseline_wheelmaker.arguments(inputs, out)]

    def wheelworks(self, tree: Path, level: int) -> Callable[[Path], list[str]]:
        """Returns the one-shot command of wheelworks at one level."""
        binary, threads = str(self.arguments.binary), self.arguments.threads
        return lambda out: [binary, *pack_arguments(tree, out, level, threads)]

    def cases(self, tree: trees.Tree) -> list[Case]:
        """Returns all cases of a tree, in the order of a round."""
        runs, slow = self.arguments.runs, self.arguments.build_runs
        path = tree.path
        cases = [
            self.simple("ww6", "wheelworks, level 6", runs, self.wheelworks(path, 6)),
            self.simple(
                "zip", "zipfile + hashlib, level 6", runs, lambda out: zipfile_command(path, out, None)
            ),
            self.simple("ww1", "wheelworks, level 1", runs, self.wheelworks(path, 1)),
        ]
        python = baseline_build.find_python(self.arguments.python, trees.cache_dir())
        if python:
            project = self.work / "projects" / tree.name
            baseline_build.prepare(path, project)
            script = str(HERE / "baseline_build.py")

            def build(out: Path) -> list[Run]:
                baseline_build.clean(project)
                command = [sys.executable, script, "build", python, str(project), str(out)]
                return [measure.timed(command, self.scratch)]

            cases.append(Case("build", "python -m build (setuptools)", slow, build))
        wheelmaker = baseline_wheelmaker.find_script(self.arguments.wheelmaker, trees.cache_dir())
        if wheelmaker and python:
            command = self.wheelmaker(path, wheelmaker, python)
            cases.append(self.simple("wheelmaker", "rules_python's wheelmaker.py", slow, command))
        cases.append(self.worker_case(path))
        cases.append(
            self.simple(
                "zip1", "zipfile + hashlib, level 1", slow, lambda out: zipfile_command(path, out, 1)
            )
        )
        return cases

    def measure_tree(self, tree: trees.Tree) -> TreeResult:
        """Makes all measurements of one tree."""
        cases = self.cases(tree)
        trees.warm(tree.path)
        for number in range(max(case.rounds for case in cases)):
            for case in cases:
                if number < case.rounds and not case.problem:
                    self.run_case(case, tree, number)
        differences = self.compare(tree, cases)
        memory, within_bound = self.memory(tree)
        for case in cases:
            shutil.rmtree(self.out(tree, case), ignore_errors=True)
        flat = [each for case in cases for each in (case, *case.repeats)]
        return TreeResult(tree, flat, memory, within_bound, differences)

    def out(self, tree: trees.Tree, case: Case) -> Path:
        """Returns the output directory of a case."""
        return self.work / "out" / tree.name / case.key

    def run_case(self, case: Case, tree: trees.Tree, number: int) -> None:
        """Runs one case in one round."""
        out = fresh(self.out(tree, case))
        try:
            runs = case.run(out)
        except measure.CommandFailed as error:
            case.problem = str(error)
            log(f"{tree.name} {case.label}: {error}")
            return
        wheel = next(out.glob("*.whl"))
        for each, run in zip((case, *case.repeats), runs, strict=True):
            each.runs.append(run)
            each.size = wheel.stat().st_size
            log(f"{tree.name} round {number + 1}: {each.label}: {run.wall:.2f} s, {each.size:,} B")

    def compare(self, tree: trees.Tree, cases: list[Case]) -> list[str]:
        """Returns the differences between the wheels and the tree: every member, and RECORD row by row.
        The dist-info of `python -m build` and wheelmaker is ignored, because they generate it."""
        own = {
            path.relative_to(tree.path).as_posix(): report.file_sha256(path)
            for path in tree.path.rglob("*")
            if path.is_file() and path.name not in ("RECORD", "RECORD.jws", "RECORD.p7s")
        }
        differences = []
        records = {}
        for case in cases:
            if case.problem:
                differences.append(f"{case.label}: failed: {case.problem}")
                continue
            wheel = next(self.out(tree, case).glob("*.whl"))
            expected, found = own, trees.members(wheel)
            if case.key in ("build", "wheelmaker"):
                expected, found = (
                    {name: digest for name, digest in each.items() if ".dist-info/" not in name}
                    for each in (own, found)
                )
            else:
                records[case.label] = trees.record_rows(wheel)
            names = sorted(name for name, _ in expected.items() ^ found.items())
            if names:
                first = ", ".join(names[:3])
                differences.append(f"{case.label}: {len(set(names))} members differ: {first}")
            log(f"{tree.name} {case.label}: {len(found)} members compared")
        if any(rows != records["zipfile + hashlib, level 6"] for rows in records.values()):
            differences.append("the RECORDs differ")
        return differences

    def memory(self, tree: trees.Tree) -> tuple[dict[str, measure.Memory], dict[str, bool]]:
        """Measures memory, in separate runs."""
        commands = {
            "ww6": self.wheelworks(tree.path, 6),
            "ww1": self.wheelworks(tree.path, 1),
            "zip": lambda out: zipfile_command(tree.path, out, None),
        }
        peaks = {}
        within_bound = {}
        for key, command in commands.items():
            peaks[key] = measure.watched(command(fresh(self.work / "out" / "memory")), self.scratch)
            if key.startswith("ww"):
                bounded = command(fresh(self.work / "out" / "memory"))
                within_bound[key] = measure.succeeds_within(bounded, self.scratch, MEMORY_BOUND)
            log(f"{tree.name} {key}: {peaks[key].anonymous / 1e6:.0f} MB anonymous")
        shutil.rmtree(self.work / "out" / "memory", ignore_errors=True)
        return peaks, within_bound


def parse_arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True, help="the wheelworks to measure")
    parser.add_argument("--runs", type=int, default=3, help="rounds")
    parser.add_argument("--build-runs", type=int, default=1, help="rounds with python -m build")
    parser.add_argument("--trees", default=",".join(TREES), help="names, joined by commas")
    parser.add_argument("--threads", type=int, default=2, help="cores for every tool")
    parser.add_argument("--wheels", type=Path, help="directory with the wheels; default: fetch them")
    parser.add_argument("--python", help="a Python with build, setuptools and wheel")
    parser.add_argument("--wheelmaker", type=Path, help="rules_python's tools/wheelmaker.py; default: the one in the cache")
    parser.add_argument("--out", type=Path, default=results.PATH, help="the report to update")
    parser.add_argument("--quick", action="store_true", help="a small synthetic tree, once")
    return parser.parse_args()


def main() -> None:
    """Measures and writes the report."""
    arguments = parse_arguments()
    arguments.binary = arguments.binary.resolve(strict=True)
    pin(arguments.threads)
    work = trees.cache_dir() / "bench"
    work.mkdir(parents=True, exist_ok=True)
    if arguments.quick:
        arguments.runs = 1
        with tempfile.TemporaryDirectory(dir=work) as directory:
            bench = Bench(arguments, Path(directory))
            measured = [bench.measure_tree(trees.make_up(Path(directory) / "tree"))]
    else:
        bench = Bench(arguments, work)
        names = arguments.trees.split(",")
        measured = [bench.measure_tree(trees.obtain(name, arguments.wheels)) for name in names]
    python = baseline_build.find_python(arguments.python, trees.cache_dir())
    text = report.render(measured, arguments, work, python, MEMORY_BOUND)
    if arguments.quick:
        print(text)
    else:
        results.replace_part(arguments.out, "benches/whole/run.py", text)
        figures.keep("benches/whole/run.py", report.figures(measured))
        log(f"wrote {arguments.out}")
    if any(result.differences for result in measured):
        sys.exit("error: the wheels differ; see the report")


if __name__ == "__main__":
    main()
