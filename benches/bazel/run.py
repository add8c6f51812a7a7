"""Measures whole Bazel builds of wheels: with a worker, with a process per wheel, and with a script.

    python3 benches/bazel/run.py --binary PATH [--rounds N] [--quick]

Builds, with a real Bazel, the wheel of jax-cuda12-pjrt, the same for four Pythons, and forty smaller
wheels: after `bazel clean`, after a change of one line in a Python file, and without a change. All ways
build the same files in the same server, one after another. The script writes the part of
`benches/RESULTS.md` about builds from this run only. `--quick` builds small wheels once. Needs
scripts/bazel-env.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import report
from measured import Result, Way
from measuring import figures, options, results, trees
from measuring.work import log
from workspace import Workspace


WAYS = (
    Way("wheelworks, worker", "ours", ("--config=multiplex",)),
    Way("wheelworks, a process a wheel", "ours", ("--config=local",)),
    Way("wheelworks, a sandboxed process a wheel", "ours", ("--config=oneshot",)),
    Way("a Python script (zipfile, hashlib)", "script", ("--strategy=ScriptBuiltWheel=local",)),
    Way("the same, sandboxed", "script", ("--strategy=ScriptBuiltWheel=sandboxed",)),
)

STEPS = ("clean", "one line changed", "nothing changed")

JOBS = {
    "one wheel of jax-cuda12-pjrt": "//cuda:{}_py3",
    "the same for four Pythons": "//cuda:{}_pythons",
    "forty wheels with files in common": "//many:{}",
}
"""Jobs, and the target of a way that builds each."""


class Bench:
    """One run of the benchmark."""

    def __init__(self, arguments: argparse.Namespace, workspace: Workspace) -> None:
        self.arguments = arguments
        self.workspace = workspace
        self.changes = 0

    def timed(self, target: str, way: Way, wanted: str) -> float:
        """Returns the seconds of one build. Bazel's log must contain `wanted`."""
        start = time.perf_counter()
        output = self.workspace.build(target, way.flags)
        seconds = time.perf_counter() - start
        if wanted not in output:
            sys.exit(f"error: {way.label}: `{wanted}` is not in the output of Bazel:\n{output[-2000:]}")
        return seconds

    def measure_job(self, job: str, target: str) -> list[Result]:
        """Runs all rounds of all ways."""
        measured = [Result(way) for way in WAYS]
        members: dict[str, dict[str, str]] = {}
        for number in range(self.arguments.rounds):
            for result in measured if number % 2 == 0 else measured[::-1]:
                self.run(job, target.format(result.way.prefix), result)
                self.compare(target.format(result.way.prefix), result, members)
        return measured

    def run(self, job: str, target: str, result: Result) -> None:
        """Runs one round of one way."""
        way = result.way
        process = "worker" if "multiplex" in way.flags[0] else "linux-sandbox" if way.flags[0].endswith(("oneshot", "sandboxed")) else "local"
        # `clean` ends the worker, but not the server.
        self.workspace.bazel("clean")
        for step in STEPS:
            if step == "one line changed":
                self.changes += 1
                self.workspace.change(self.changes)
            seconds = self.timed(target, way, "1 process" if step == "nothing changed" else process)
            result.seconds.setdefault(step, []).append(seconds)
            log(f"{job}: {way.label}: {step}: {seconds:.2f} s")

    def compare(self, target: str, result: Result, members: dict[str, dict[str, str]]) -> None:
        """Fails unless all ways packed the same files under the same names."""
        wheels = self.workspace.outputs(target)
        result.size, result.count = sum(wheel.stat().st_size for wheel in wheels), len(wheels)
        for wheel in wheels:
            found = {name: it for name, it in trees.members(wheel).items() if ".dist-info/" not in name}
            # Each round changes this file.
            found = {name: it for name, it in found.items() if not name.endswith("build_info.py")}
            if members.setdefault(wheel.name, found) != found:
                sys.exit(f"error: {result.way.label}: `{wheel.name}` holds other files than before")


def main() -> None:
    """Measures and writes the report."""
    arguments = options.read(options.parser(__doc__, 2, "rounds of all ways", "small wheels, once"))
    base = trees.cache_dir() / "bench"
    base.mkdir(parents=True, exist_ok=True)
    tree = trees.obtain("markupsafe" if arguments.quick else "pjrt", None)
    trees.warm(tree.path)
    with tempfile.TemporaryDirectory(prefix="bazel-", dir=base) as directory:
        workspace = Workspace(Path(directory), arguments.binary, tree.path)
        workspace.make(arguments.quick)
        bench = Bench(arguments, workspace)
        try:
            # The server starts and loads all packages before anything is timed.
            workspace.bazel("build", "--nobuild", "--config=multiplex", "//cuda/...", "//many/...")
            jobs = {job: bench.measure_job(job, target) for job, target in JOBS.items()}
        finally:
            workspace.end()
        text = report.render(jobs, STEPS, arguments, base)
    if arguments.quick:
        print(text)
    else:
        results.replace_part(arguments.out, "benches/bazel/run.py", text)
        figures.keep("benches/bazel/run.py", report.figures(jobs, STEPS))
        log(f"wrote {arguments.out}")


if __name__ == "__main__":
    main()
