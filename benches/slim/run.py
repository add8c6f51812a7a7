"""Compares `wheelworks slim` and `wheelworks split` with a plain copy of the wheel.

    python3 benches/slim/run.py --binary PATH [--rounds N] [--only NAME] [--quick]

Every round copies a wheel with `cp`, slims it to one architecture, splits it into six wheels and into all, and deflates
the bytes that slimming changes, each in a new process. The script writes the part of `benches/RESULTS.md` about slimming. `--quick` slims one small wheel and prints the report, to show
that the scripts work.
"""

import argparse
import base64
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from measuring import measure, options, results, trees
from measuring.machine import command_line, describe
from measuring.markdown import facts, goal, megabytes, seconds, table
from measuring.work import fresh, log

ROOT = HERE.parent.parent

METHOD = """\
### How slimming was measured

- A round runs `cp`, `slim --keep` of one architecture, `split` into six wheels (`--only`) and into all, each in a new
  process on the same {cores} cores, with a warm page cache. `sync` ran before each run. Seconds are the median and the
  range of all runs.
- "Deflating what changed": `repack` of a wheel with one stored file that has the bytes of the slimmed libraries which
  differ from the old ones, in pages of 4 KiB. The goal of `slim` is {slim} times the seconds of `cp` and of that
  together; the goal of a split in six is {split} times those of `slim`.
- `slim` and `split` inflate every member once, to find its device code and to verify it, and each library that changes
  once more, however many wheels are written.
- Anonymous memory is the peak of RssAnon in /proc/PID/status, sampled in a separate run of `slim`.
"""

SLIM_GOAL, SPLIT_GOAL = 1.3, 2.5
"""Slimming over copying and deflating what changed; a split in six over slimming."""

PAGE = 4096

HEAD = (
    "wheel",
    "MB",
    "kept",
    "slim, MB",
    "cp, seconds",
    "changed, MB",
    "deflating what changed, seconds",
    "slim, seconds",
    "slim / both",
    "goal",
    "split in six, seconds",
    "split in six / slim",
    "goal",
    "split, wheels",
    "split, seconds",
    "split / slim",
    "anonymous, peak MB",
)


@dataclass(frozen=True)
class Subject:
    """A wheel, the architecture that it keeps, and six that it is split by."""

    name: str
    table: str
    kept: str
    six: tuple[str, ...]


DEVICE_CODE = "tests/device_code/wheels.txt"
SUBJECTS = [
    Subject("torch", "tests/wheels.txt", "sm_90", ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120")),
    Subject("jax-cuda12-plugin", DEVICE_CODE, "sm_90", ("sm_60", "sm_70", "sm_80", "sm_90", "sm_100", "sm_120")),
]
QUICK = [Subject("bitsandbytes", DEVICE_CODE, "sm_90", ("sm_70", "sm_75", "sm_80", "sm_86", "sm_89", "sm_90"))]


@dataclass
class Result:
    """The measurements of one wheel."""

    subject: Subject
    wheel: Path
    copies: list[measure.Run] = field(default_factory=list)
    slims: list[measure.Run] = field(default_factory=list)
    deflates: list[measure.Run] = field(default_factory=list)
    sixes: list[measure.Run] = field(default_factory=list)
    splits: list[measure.Run] = field(default_factory=list)
    slim_bytes: int = 0
    changed: int = 0
    wheels: int = 0
    memory: int = 0


def median(runs: list[measure.Run]) -> float:
    """Returns the median of the wall times."""
    return sorted(run.wall for run in runs)[len(runs) // 2]


def changed(old: Path, new: Path) -> bytes:
    """Returns the pages of the new wheel's libraries that differ from those of the old one."""
    found = []
    with zipfile.ZipFile(old) as before, zipfile.ZipFile(new) as after:
        crcs = {member.filename: member.CRC for member in before.infolist()}
        for member in after.infolist():
            if ".dist-info/" in member.filename or crcs.get(member.filename) in (None, member.CRC):
                continue
            was, now = before.read(member.filename), after.read(member.filename)
            pages = (slice(start, start + PAGE) for start in range(0, len(now), PAGE))
            found += [now[page] for page in pages if was[page] != now[page]]
    return b"".join(found)


def stored_wheel(folder: Path, content: bytes) -> Path:
    """Writes a wheel with one stored file that begins like a library, so that it is compressed like one."""
    members = {
        "changed.so": b"\x7fELF" + content,
        "changed-1.dist-info/METADATA": b"Metadata-Version: 2.1\nName: changed\nVersion: 1\n",
        "changed-1.dist-info/WHEEL": b"Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = []
    for path, data in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(data)}\n")
    record = "changed-1.dist-info/RECORD"
    members[record] = "".join([*rows, f"{record},,\n"]).encode()
    wheel = folder / "changed-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, data in members.items():
            archive.writestr(path, data)
    return wheel


def measure_subject(subject: Subject, arguments: argparse.Namespace, scratch: Path) -> Result:
    """Measures one wheel."""
    fetch = [ROOT / "scripts/fetch-wheels", "--table", ROOT / subject.table, subject.name]
    wheel = Path(subprocess.run(fetch, check=True, capture_output=True, text=True).stdout.strip())
    result = Result(subject, wheel)
    common = ["--allow-empty", "-w", "out", str(wheel)]
    slim = [str(arguments.binary), "slim", f"--keep={subject.kept}", *common]
    split = [str(arguments.binary), "split", *common]
    six = [str(arguments.binary), "split", *(f"--only={name}" for name in subject.six), *common]
    fresh(scratch)
    subprocess.run(slim, check=True, cwd=scratch, capture_output=True)
    (slimmed,) = (scratch / "out").iterdir()
    result.slim_bytes = slimmed.stat().st_size
    content = changed(wheel, slimmed)
    result.changed = len(content)
    deflated = stored_wheel(scratch.parent, content)
    repack = [str(arguments.binary), "repack", "-w", "out", str(deflated)]
    commands = (
        (["cp", str(wheel), "."], result.copies),
        (repack, result.deflates),
        (slim, result.slims),
        (six, result.sixes),
        (split, result.splits),
    )
    for number in range(arguments.rounds):
        trees.warm(wheel)
        trees.warm(deflated)
        for command, runs in commands:
            fresh(scratch)
            runs.append(measure.timed(command, scratch))
        result.wheels = len(list((scratch / "out").iterdir()))
        log(
            f"{subject.name}, round {number + 1}: slim {result.slims[-1].wall:.2f} s, "
            f"in six {result.sixes[-1].wall:.2f} s, split {result.splits[-1].wall:.2f} s"
        )
    fresh(scratch)
    result.memory = measure.watched(slim, scratch).anonymous
    fresh(scratch)
    return result


def row(result: Result) -> list[str]:
    """Returns a wheel's row."""
    both = median(result.copies) + median(result.deflates)
    over_both = median(result.slims) / both
    in_six = median(result.sixes) / median(result.slims)
    return [
        result.subject.name,
        megabytes(result.wheel.stat().st_size),
        f"`{result.subject.kept}`",
        megabytes(result.slim_bytes),
        seconds([run.wall for run in result.copies]),
        megabytes(result.changed),
        seconds([run.wall for run in result.deflates]),
        seconds([run.wall for run in result.slims]),
        f"{over_both:.1f}",
        f"{SLIM_GOAL} {goal(over_both <= SLIM_GOAL)}",
        seconds([run.wall for run in result.sixes]),
        f"{in_six:.1f}",
        f"{SPLIT_GOAL} {goal(in_six <= SPLIT_GOAL)}",
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
            METHOD.format(cores=arguments.threads, slim=SLIM_GOAL, split=SPLIT_GOAL),
        ]
    text = "\n\n".join(parts)
    results.publish(arguments.out, "benches/slim/run.py", text, is_printed=bool(arguments.quick or arguments.only))


if __name__ == "__main__":
    main()
