"""Compares `wheelworks show` and `auditwheel show` on real wheels.

    python3 benches/audit/run.py --binary PATH [--auditwheel PATH] [--rounds N] [--quick]

A round alternates between both tools, each in a new process on the same cores: first with the
wheel in the page cache, then with the cache dropped before each run. The outputs of both must be
equal, field by field. Memory is measured in separate runs. Then trees are packed with and without
an audit. The script writes the part of `benches/RESULTS.md` about audits from the measurements of
this run only. `--quick` audits and packs one small wheel and prints the report, to show that the
scripts work.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import report
from answers import differences
from measured import LIMITS, Inflating, Round, WheelResult
from measuring import figures, measure, page_cache, results, trees
from measuring.measure import Run
from measuring.work import fresh, log, pin
from packing import PackResult, measure_pack
from seekable import Seekable, measure_seekable
from subjects import PACKED, SEEKABLE, SUBJECTS, Subject

STILL_CACHED = 0.01
"""The largest share of a dropped wheel that may still be in the page cache."""

SAMPLE_SECONDS = 0.001
"""Seconds between two memory samples: small wheels take a few milliseconds."""


class Bench:
    """One run of the benchmark."""

    def __init__(self, arguments: argparse.Namespace, work: Path) -> None:
        self.arguments = arguments
        self.work = work
        self.scratch = fresh(work / "scratch")
        self.how = page_cache.method(arguments.drop)

    def commands(self, wheel: Path) -> dict[str, list[str]]:
        """Returns the commands of both tools."""
        tools = {"ours": self.arguments.binary, "judge": self.arguments.auditwheel}
        return {key: [str(tool), "show", "--json", str(wheel)] for key, tool in tools.items()}

    def measure_wheel(self, subject: Subject) -> WheelResult:
        """Makes all measurements of one wheel."""
        wheel = trees.find_wheel(subject.distribution, self.arguments.wheels)
        result = WheelResult(subject, wheel)
        outputs: dict[str, set[str]] = {"ours": set(), "judge": set()}
        steps: list[Callable[[], None]] = [
            lambda: self.rounds(result, outputs),
            lambda: self.memory(result),
            lambda: self.inflate(result),
        ]
        for step in steps:
            try:
                step()
            except measure.CommandFailed as error:
                result.problems.append(str(error))
                log(f"{subject.distribution}: {error}")
        for judge in sorted(outputs["judge"]):
            for ours in sorted(outputs["ours"]):
                result.differences += differences(judge, ours)
        result.differences = list(dict.fromkeys(result.differences))
        result.problems = list(dict.fromkeys(result.problems))
        return result

    def rounds(self, result: WheelResult, outputs: dict[str, set[str]]) -> None:
        """Runs all rounds, for both states of the page cache."""
        subject = result.subject
        slow, few = self.arguments.slow_rounds, self.arguments.rounds
        repeats = subject.repeats
        turns = zip_longest(*([key] * count for key, count in repeats.items()))
        order = [key for turn in turns for key in turn if key]
        commands = self.commands(result.wheel)
        for state, rounds in (("warm", result.warm), ("dropped", result.dropped)):
            if state == "warm":
                self.warm_tools()
            for number in range(slow if subject.is_slow else few):
                each = Round()
                for key in order:
                    run = self.run(commands[key], result, state, outputs[key])
                    getattr(each, key).append(run)
                rounds.append(each)
                medians = ", ".join(
                    f"{key} {statistics.median(run.wall for run in getattr(each, key)):.4f} s"
                    for key in repeats
                )
                log(f"{subject.distribution} {state}, round {number + 1}: {medians}")

    def run(self, command: list[str], result: WheelResult, state: str, outputs: set[str]) -> Run:
        """Times one run in a state of the page cache, and adds its output to `outputs`."""
        if state == "warm":
            trees.warm(result.wheel)
        else:
            page_cache.drop(result.wheel, self.how)
            left = page_cache.share_cached(result.wheel)
            if left > STILL_CACHED:
                result.problems.append(f"{left:.0%} of the wheel stayed in the page cache")
        output = self.scratch / "stdout.txt"
        run = measure.timed(command, self.scratch, output)
        outputs.add(output.read_text(encoding="utf-8"))
        return run

    def warm_tools(self) -> None:
        """Runs both tools once, so that their own files are in the page cache."""
        wheel = trees.find_wheel("markupsafe", self.arguments.wheels)
        for command in self.commands(wheel).values():
            measure.timed(command, self.scratch)

    def memory(self, result: WheelResult) -> None:
        """Measures the memory of wheelworks, in separate runs."""
        command = self.commands(result.wheel)["ours"]
        count = result.subject.repeats["ours"]
        peaks = [measure.watched(command, self.scratch, SAMPLE_SECONDS) for _ in range(count)]
        result.memory = measure.Memory(
            max(peak.anonymous for peak in peaks),
            max(peak.resident for peak in peaks),
            sum(peak.samples for peak in peaks),
        )
        fitting = (it for it in LIMITS if measure.succeeds_within(command, self.scratch, it))
        result.limit = next(fitting, None)
        log(f"{result.subject.distribution}: {result.memory.anonymous / 1e6:.0f} MB anonymous")

    def inflate(self, result: WheelResult) -> None:
        """Measures inflating alone and reading alone."""
        trees.warm(result.wheel)
        output = self.scratch / "stdout.txt"
        script = str(HERE / "baseline_inflate.py")
        measure.timed([sys.executable, script, str(result.wheel)], self.scratch, output)
        page_cache.drop(result.wheel, self.how)
        reading = page_cache.read_seconds(result.wheel)
        found = json.loads(output.read_text(encoding="utf-8"))
        result.inflating = Inflating(**found, reading=reading)
        log(f"{result.subject.distribution}: {found['seconds']:.2f} s to inflate")

    def measure_pack(self, name: str) -> PackResult:
        """Packs one tree with and without an audit."""
        given = self.arguments
        tree = trees.obtain(name, given.wheels)
        return measure_pack(given.binary, tree, self.work, given.threads, given.pack_rounds)

    def measure_seekable(self, name: str) -> Seekable:
        """Audits one wheel that has a chunk table."""
        given = self.arguments
        wheel = trees.find_wheel(name, given.wheels)
        return measure_seekable(given.binary, name, wheel, self.work, self.how, given.rounds)


def plain_environment() -> None:
    """Removes the variables that change the result of an audit. The seed makes auditwheel's output
    reproducible: it keeps libraries in sets."""
    for name in list(os.environ):
        if name.startswith("AUDITWHEEL_") or name == "LD_LIBRARY_PATH":
            del os.environ[name]
    os.environ["PYTHONHASHSEED"] = "0"


def parse_arguments() -> argparse.Namespace:
    """Reads the command line."""
    judge = trees.cache_dir() / "test-venv" / "bin" / "auditwheel"
    wheels = ",".join(subject.distribution for subject in SUBJECTS)
    drop = ["auto", *page_cache.METHODS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True, help="the wheelworks to measure")
    parser.add_argument("--auditwheel", type=Path, default=judge, help="auditwheel; default: the one that scripts/test-env installs")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of both tools")
    parser.add_argument("--slow-rounds", type=int, default=1, help="rounds with wheels for which auditwheel takes minutes")
    parser.add_argument("--pack-rounds", type=int, default=5, help="rounds of each pack")
    parser.add_argument("--names", default=wheels, help="wheels to audit, joined by commas")
    parser.add_argument("--packed", default=",".join(PACKED), help="trees to pack, joined by commas")
    parser.add_argument("--seekable", default=",".join(SEEKABLE), help="wheels to audit with chunk tables, joined by commas")
    parser.add_argument("--drop", default="auto", choices=drop, help="how to drop the page cache")
    parser.add_argument("--threads", type=int, default=2, help="cores for every tool")
    parser.add_argument("--wheels", type=Path, help="directory with the wheels, including markupsafe; default: fetch them")
    parser.add_argument("--out", type=Path, default=results.PATH)
    parser.add_argument("--quick", action="store_true", help="one small wheel, one round")
    arguments = parser.parse_args()
    arguments.binary = arguments.binary.resolve(strict=True)
    if not os.access(arguments.auditwheel, os.X_OK):
        parser.error(f"no auditwheel at `{arguments.auditwheel}`; scripts/test-env installs one")
    # Following links would lose the virtual environment of the path.
    arguments.auditwheel = arguments.auditwheel.absolute()
    return arguments


def quicken(arguments: argparse.Namespace) -> None:
    """Sets the options for `--quick`. Other programs keep their page cache."""
    arguments.rounds, arguments.pack_rounds = 1, 2
    arguments.names = arguments.packed = arguments.seekable = "markupsafe"
    arguments.drop = "wheel"


def main() -> None:
    """Measures and writes the report."""
    arguments = parse_arguments()
    if arguments.quick:
        quicken(arguments)
    names = [name for name in arguments.names.split(",") if name]
    known = {subject.distribution: subject for subject in SUBJECTS}
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"error: unknown wheels without a goal: {', '.join(unknown)}")
    pin(arguments.threads)
    plain_environment()
    work = trees.cache_dir() / "bench"
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="audit-", dir=work) as directory:
        bench = Bench(arguments, Path(directory))
        wheels = [bench.measure_wheel(known[name]) for name in names]
        packed = [bench.measure_pack(name) for name in arguments.packed.split(",") if name]
        seekable = [bench.measure_seekable(name) for name in arguments.seekable.split(",") if name]
        text = report.render(wheels, packed, seekable, arguments, bench.how, work)
    if arguments.quick:
        print(text)
    else:
        results.replace_part(arguments.out, "benches/audit/run.py", text)
        figures.keep("benches/audit/run.py", report.figures(wheels))
        log(f"wrote {arguments.out}")
    differ = any(wheel.differences or wheel.problems for wheel in wheels)
    if differ or any(pack.problems for pack in packed) or any(it.differences for it in seekable):
        sys.exit("error: some checks failed; see the report")


if __name__ == "__main__":
    main()
