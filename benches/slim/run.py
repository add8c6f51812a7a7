"""Compares `wheelworks slim` and `wheelworks split` with a plain copy of the wheel.

    python3 benches/slim/run.py --binary PATH [--rounds N] [--only NAME] [--quick]

Every round copies a wheel with `cp`, slims it to one architecture, and splits it, each in a new process. The script
writes the part of `benches/RESULTS.md` about slimming. `--quick` slims one small wheel and prints the report, to show
that the scripts work.
"""

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from measuring import measure, options, results, trees
from measuring.machine import command_line, describe
from measuring.markdown import facts, megabytes, seconds, table
from measuring.work import fresh, log

ROOT = HERE.parent.parent

METHOD = """\
### How slimming was measured

- A round runs `cp`, `slim --keep` of one architecture and `split`, each in a new process on the same {cores} cores,
  with a warm page cache. `sync` ran before each run. Seconds are the median and the range of all runs.
- `slim` inflates every member once, to find its device code and to verify it, and each library that changes once more.
- Anonymous memory is the peak of RssAnon in /proc/PID/status, sampled in a separate run of `slim`.
"""

HEAD = (
    "wheel",
    "MB",
    "kept",
    "slim, MB",
    "cp, seconds",
    "slim, seconds",
    "split, wheels",
    "split, seconds",
    "split / slim",
    "anonymous, peak MB",
)


@dataclass(frozen=True)
class Subject:
    """A wheel and the architecture that it keeps."""

    name: str
    table: str
    kept: str


SUBJECTS = [Subject("torch", "tests/wheels.txt", "sm_90"), Subject("jax-cuda12-plugin", "tests/device_code/wheels.txt", "sm_90")]
QUICK = [Subject("bitsandbytes", "tests/device_code/wheels.txt", "sm_90")]


@dataclass
class Result:
    """The measurements of one wheel."""

    subject: Subject
    wheel: Path
    copies: list[measure.Run] = field(default_factory=list)
    slims: list[measure.Run] = field(default_factory=list)
    splits: list[measure.Run] = field(default_factory=list)
    slim_bytes: int = 0
    wheels: int = 0
    memory: int = 0


def median(runs: list[measure.Run]) -> float:
    """Returns the median of the wall times."""
    return sorted(run.wall for run in runs)[len(runs) // 2]


def measure_subject(subject: Subject, arguments: argparse.Namespace, scratch: Path) -> Result:
    """Measures one wheel."""
    fetch = [ROOT / "scripts/fetch-wheels", "--table", ROOT / subject.table, subject.name]
    wheel = Path(subprocess.run(fetch, check=True, capture_output=True, text=True).stdout.strip())
    result = Result(subject, wheel)
    common = ["--allow-empty", "-w", "out", str(wheel)]
    slim = [str(arguments.binary), "slim", f"--keep={subject.kept}", *common]
    split = [str(arguments.binary), "split", *common]
    for number in range(arguments.rounds):
        trees.warm(wheel)
        for command, runs in [(["cp", str(wheel), "."], result.copies), (slim, result.slims), (split, result.splits)]:
            fresh(scratch)
            runs.append(measure.timed(command, scratch))
            if command is slim:
                (result.slim_bytes,) = (file.stat().st_size for file in (scratch / "out").iterdir())
        result.wheels = len(list((scratch / "out").iterdir()))
        log(f"{subject.name}, round {number + 1}: slim {result.slims[-1].wall:.2f} s, split {result.splits[-1].wall:.2f} s")
    fresh(scratch)
    result.memory = measure.watched(slim, scratch).anonymous
    fresh(scratch)
    return result


def row(result: Result) -> list[str]:
    """Returns a wheel's row."""
    return [
        result.subject.name,
        megabytes(result.wheel.stat().st_size),
        f"`{result.subject.kept}`",
        megabytes(result.slim_bytes),
        seconds([run.wall for run in result.copies]),
        seconds([run.wall for run in result.slims]),
        str(result.wheels),
        seconds([run.wall for run in result.splits]),
        f"{median(result.splits) / median(result.slims):.1f}",
        megabytes(result.memory),
    ]


def main() -> None:
    """Measures and writes the report."""
    parser = options.parser(__doc__, 3, "rounds", "one small wheel, one round")
    parser.add_argument("--only", default="", help="a part of the names of the wheels to slim")
    arguments = options.read(parser)
    work = trees.cache_dir() / "bench"
    work.mkdir(parents=True, exist_ok=True)
    subjects = QUICK if arguments.quick else [it for it in SUBJECTS if arguments.only in it.name]
    with tempfile.TemporaryDirectory(prefix="slim-", dir=work) as directory:
        scratch = Path(directory, "scratch")
        measured = [measure_subject(subject, arguments, fresh(scratch)) for subject in subjects]
        parts = [
            "## Slimming whole wheels",
            f"`{command_line('benches/slim/run.py')}`",
            table(HEAD, [row(result) for result in measured]),
            facts(describe(arguments.binary, arguments.threads, work, [])),
            METHOD.format(cores=arguments.threads),
        ]
    text = "\n\n".join(parts)
    if arguments.quick or arguments.only:
        print(text)
    else:
        results.replace_part(arguments.out, "benches/slim/run.py", text)
        log(f"wrote {arguments.out}")


if __name__ == "__main__":
    main()
