"""Compares unpacking of real wheels by wheelworks, Python's extractall, unzip and uv.

    python3 benches/unpack/run.py --binary PATH [--uv PATH] [--rounds N] [--quick]

Every round unpacks a wheel in all ways, one after another on the same cores, with the wheel in the
page cache: first as published, then as `wheelworks repack` writes it, with chunk tables. Ratios are
taken within a round. The first round compares all files with the wheel's members. Memory is measured
in separate runs. Then `repack` and zipfile rewrite a wheel with stored members. The script writes the
part of `benches/RESULTS.md` about unpacking from the measurements of this run only. `--quick` unpacks
one small wheel and prints the report, to show that the scripts work.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import contents
import report
from measured import Subject
from measuring import figures, measure, results, trees
from measuring.measure import CommandFailed
from measuring.work import fresh, log, pin
from rewriting import measure_rewriting
from ways import Tools, Way

NAMES = "jax-cuda12-pjrt,torch"
REWRITTEN = "jax-cuda12-pjrt"


def empty(directory: Path) -> None:
    """Frees the space of all files without deleting them before the benchmark ends.

    ext4 without a journal does not reuse a freed inode for a minute, and scans for an older one. Right
    after 13,000 files were deleted, unpacking torch took 5 s more system time, with every tool.
    """
    for path in directory.rglob("*"):
        if path.is_file() and not path.is_symlink():
            os.chmod(path, 0o644)
            os.truncate(path, 0)


class Bench:
    """One run of the benchmark."""

    def __init__(self, arguments: argparse.Namespace, work: Path) -> None:
        self.arguments = arguments
        self.work = work
        self.outputs = 0
        scratch = fresh(work / "scratch")
        self.tools = Tools(arguments.binary, arguments.uv, arguments.threads, scratch)

    def subjects(self, distribution: str) -> list[Subject]:
        """Returns a wheel as published, and as `repack` writes it."""
        wheel = trees.find_wheel(distribution, self.arguments.wheels)
        folder = fresh(self.work / "repacked" / distribution)
        repack = [str(self.arguments.binary), "repack", f"--wheel-dir={folder}", str(wheel)]
        measure.timed(repack, self.tools.scratch)
        # The new name may sort the tags.
        repacked = next(folder.glob("*.whl"))
        found = [
            Subject(f"{distribution}, as published", wheel, False, self.tools.ways(wheel)),
            Subject(f"{distribution}, repacked", repacked, True, self.tools.ways(repacked)),
        ]
        for subject in found:
            subject.members = contents.members(subject.wheel)
            subject.wheel_len = subject.wheel.stat().st_size
        return found

    def measure_wheel(self, distribution: str) -> list[Subject]:
        """Makes all measurements of one wheel."""
        subjects = self.subjects(distribution)
        for number in range(self.arguments.rounds):
            for subject in subjects:
                trees.warm(subject.wheel)
                # The order alternates, so that no tool always follows the same one.
                for way in subject.ways if number % 2 == 0 else reversed(subject.ways):
                    self.run(subject, way, number)
        for subject in subjects:
            for way in subject.ways:
                self.memory(way)
        return subjects

    def run(self, subject: Subject, way: Way, number: int) -> None:
        """Runs one way in one round."""
        if way.problems:
            return
        out = self.new_output()
        try:
            run = way.run(out)
        except CommandFailed as error:
            way.problems.append(str(error))
            log(f"{subject.title}: {way.label}: {error}")
            return
        way.runs.append(run)
        log(f"{subject.title} round {number + 1}: {way.label}: {run.wall:.3f} s, CPU {run.cpu:.2f} s")
        if number == 0:
            files = [path for path in out.rglob("*") if path.is_file()]
            subject.bytes = subject.bytes or sum(path.stat().st_size for path in files)
            way.problems += contents.differences(subject.members, out, way.is_installer)
        # Hard links take no room, and their content is the cache's.
        if not way.is_linked:
            empty(out.parent)

    def memory(self, way: Way) -> None:
        """Measures the memory of a command, in a separate run."""
        if way.command is None or way.problems:
            return
        out = self.new_output()
        way.memory = measure.watched(way.command(out), self.tools.scratch)
        empty(out.parent)

    def new_output(self) -> Path:
        """Returns a new path to unpack to, alone in its directory."""
        self.outputs += 1
        return fresh(self.work / "outputs" / str(self.outputs)) / "unpacked"


def parse_arguments() -> argparse.Namespace:
    """Reads the command line."""
    uv = trees.cache_dir() / "test-venv" / "bin" / "uv"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True, help="the wheelworks to measure")
    parser.add_argument("--uv", type=Path, default=uv, help="uv; default: the one that scripts/test-env installs")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of all ways")
    parser.add_argument("--names", default=NAMES, help="wheels to unpack, joined by commas")
    parser.add_argument("--rewritten", default=REWRITTEN, help="wheels to rewrite, joined by commas")
    parser.add_argument("--threads", type=int, default=2, help="cores for every tool")
    parser.add_argument("--wheels", type=Path, help="directory with the wheels; default: fetch them")
    parser.add_argument("--out", type=Path, default=results.PATH)
    parser.add_argument("--quick", action="store_true", help="one small wheel, one round")
    arguments = parser.parse_args()
    arguments.binary = arguments.binary.resolve(strict=True)
    for tool in (arguments.uv, shutil.which("unzip") or "unzip"):
        if not os.access(tool, os.X_OK):
            parser.error(f"no `{tool}`; scripts/test-env installs it")
    arguments.uv = arguments.uv.absolute()
    if arguments.quick:
        arguments.rounds, arguments.names, arguments.rewritten = 1, "markupsafe", "markupsafe"
    return arguments


def main() -> None:
    """Measures and writes the report."""
    arguments = parse_arguments()
    pin(arguments.threads)
    work = trees.cache_dir() / "bench"
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="unpack-", dir=work) as directory:
        # Without a cache, uv unpacks into the temporary directory and links from there.
        os.environ["TMPDIR"] = directory
        bench = Bench(arguments, Path(directory))
        names = [name for name in arguments.names.split(",") if name]
        subjects = [subject for name in names for subject in bench.measure_wheel(name)]
        rewritten = [
            measure_rewriting(
                arguments.binary,
                trees.find_wheel(name, arguments.wheels),
                Path(directory),
                arguments.threads,
                arguments.rounds,
            )
            for name in arguments.rewritten.split(",")
            if name
        ]
        text = report.render(subjects, rewritten, arguments, work)
    if arguments.quick:
        print(text)
    else:
        results.replace_part(arguments.out, "benches/unpack/run.py", text)
        figures.keep("benches/unpack/run.py", report.figures(subjects))
        log(f"wrote {arguments.out}")
    failed = any(way.problems for subject in subjects for way in subject.ways)
    if failed or any(each.problems for each in rewritten):
        sys.exit("error: some checks failed; see the report")


if __name__ == "__main__":
    main()
