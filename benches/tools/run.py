"""Measures `repack`, `check` and `inspect` against the tools that users have for these jobs.

    python3 benches/tools/run.py --binary PATH [--rounds N] [--wheels NAME,NAME] [--quick]

| wheelworks | others |
|---|---|
| `repack` | `wheel unpack`, then `wheel pack` |
| `check` | `twine check`, then `check-wheel-contents` |
| `inspect` | `unzip -l`, then `unzip` and `bloaty` of the largest library, if bloaty is installed |

A round runs both one after another on the same cores, with the wheel in the page cache. Writes its part of
`benches/RESULTS.md` from this run only. `--quick` uses a small wheel, once.
"""

import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from measuring import figures, machine, markdown, measure, options, results, trees
from measuring.measure import Run
from measuring.work import fresh, log

METHOD = """
### How these jobs were measured

- Each command is a new process; the seconds of several are added. The wheel is in the page cache, and outputs go to
  empty directories.
- The jobs are not the same: `wheel unpack` verifies RECORD and writes a tree, as `repack` verifies it and writes
  none. `check` has the rules of both tools and reads every member; `twine` reads METADATA only, and
  `check-wheel-contents` names. `inspect` reads symbols and device code of every library; `bloaty` reads one that
  must be unpacked before.
"""


@dataclass(frozen=True)
class Tools:
    """Where the tools are."""

    binary: Path
    python: Path
    """The directory with the Python tools."""
    bloaty: str | None


@dataclass
class Job:
    """One job with one wheel, and its measurements."""

    name: str
    others: str
    ours: list[Run] = field(default_factory=list)
    theirs: list[Run] = field(default_factory=list)

    def row(self, wheel: str) -> list[str]:
        """Returns the row of the table."""
        walls = [[run.wall for run in runs] for runs in (self.ours, self.theirs)]
        return [
            wheel,
            f"`{self.name}`",
            markdown.seconds(walls[0]),
            self.others,
            markdown.seconds(walls[1]),
            f"{self.ratio:.1f}×",
        ]

    @property
    def ratio(self) -> float:
        """Returns how many times as fast wheelworks is."""
        return figures.median_ratio([run.wall for run in self.ours], [run.wall for run in self.theirs])


def in_turn(commands: list[list[str]], folder: Path) -> Run:
    """Runs commands one after another, and adds their times. A finding (exit code 1) is no failure."""
    runs = []
    for number, command in enumerate(commands):
        output = folder / f"output-{number}.txt"
        shell = ["sh", "-c", '"$@" || test $? = 1', "sh", *command]
        runs.append(measure.timed(shell, folder, output))
    return Run(sum(run.wall for run in runs), sum(run.cpu for run in runs), 0)


def largest_library(wheel: Path) -> str:
    """Returns the path of the largest shared library in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        libraries = [info for info in archive.infolist() if ".so" in info.filename]
        return max(libraries, key=lambda info: info.file_size).filename


def repack(tools: Tools, wheel: Path, out: Path) -> tuple[list[list[str]], list[list[str]]]:
    """Returns the commands for rewriting a wheel."""
    name, version = wheel.name.split("-")[:2]
    program = str(tools.python / "wheel")
    unpack = [program, "unpack", "--dest", str(out / "tree"), str(wheel)]
    pack = [program, "pack", "--dest-dir", str(out / "theirs"), str(out / "tree" / f"{name}-{version}")]
    for folder in ("ours", "theirs", "tree"):
        fresh(out / folder)
    return [[str(tools.binary), "repack", f"--wheel-dir={out / 'ours'}", str(wheel)]], [unpack, pack]


def check(tools: Tools, wheel: Path, out: Path) -> tuple[list[list[str]], list[list[str]]]:
    """Returns the commands for checking a wheel."""
    del out
    theirs = [[str(tools.python / "twine"), "check", str(wheel)], [str(tools.python / "check-wheel-contents"), str(wheel)]]
    return [[str(tools.binary), "check", str(wheel)]], theirs


def inspect(tools: Tools, wheel: Path, out: Path) -> tuple[list[list[str]], list[list[str]]]:
    """Returns the commands for seeing what is in a wheel."""
    theirs = [["unzip", "-l", str(wheel)]]
    if tools.bloaty:
        member = largest_library(wheel)
        fresh(out / "library")
        theirs.append(["unzip", "-q", "-o", "-d", str(out / "library"), str(wheel), member])
        theirs.append([tools.bloaty, "-d", "sections,symbols", str(out / "library" / member)])
    return [[str(tools.binary), "inspect", str(wheel)]], theirs


Commands = Callable[[Tools, Path, Path], tuple[list[list[str]], list[list[str]]]]


def measure_wheel(tools: Tools, wheel: Path, work: Path, rounds: int) -> list[Job]:
    """Runs all jobs with one wheel."""
    libraries = "`unzip -l`, `bloaty`" if tools.bloaty else "`unzip -l` (bloaty is not installed)"
    jobs: list[tuple[Job, Commands]] = [
        (Job("repack", "`wheel unpack`, `wheel pack`"), repack),
        (Job("check", "`twine check`, `check-wheel-contents`"), check),
        (Job("inspect", libraries), inspect),
    ]
    trees.warm(wheel)
    scratch, out = fresh(work / "scratch"), fresh(work / "out")
    for number in range(rounds):
        for job, commands in jobs:
            ours, theirs = commands(tools, wheel, out)
            job.ours.append(in_turn(ours, scratch))
            job.theirs.append(in_turn(theirs, scratch))
            log(f"{wheel.name}, round {number + 1}: {job.name}: {job.ours[-1].wall:.2f} s, {job.theirs[-1].wall:.2f} s")
    shutil.rmtree(out)
    return [job for job, _ in jobs]


HEAD = ["wheel", "job", "seconds", "others", "seconds", "faster"]


def main() -> None:
    """Measures and writes the report."""
    parser = options.parser(__doc__, 3, "timed runs", "a small wheel, once")
    parser.add_argument("--wheels", default="markupsafe,jax-cuda12-pjrt,torch", help="names, joined by commas")
    arguments = options.read(parser)
    tools = Tools(arguments.binary, trees.cache_dir() / "test-venv" / "bin", shutil.which("bloaty"))
    names = ["markupsafe"] if arguments.quick else arguments.wheels.split(",")
    with tempfile.TemporaryDirectory(prefix="tools-", dir=trees.cache_dir()) as folder:
        measured = {
            name: measure_wheel(tools, trees.find_wheel(name, None), Path(folder), arguments.rounds) for name in names
        }
    venv = machine.output_of(str(tools.python / "pip"), "freeze").split()
    versions = " ".join(it for it in venv if it.partition("==")[0] in ("wheel", "twine", "check-wheel-contents"))
    bloaty = machine.output_of(tools.bloaty, "--version") if tools.bloaty else "not installed"
    others = [("The Python tools", versions), ("bloaty", bloaty)]
    about = machine.describe(arguments.binary, arguments.threads, trees.cache_dir(), others)
    rows = [job.row(name) for name, jobs in measured.items() for job in jobs]
    text = f"## Everyday jobs\n\nCommand: `{machine.command_line('benches/tools/run.py')}`\n\n{markdown.facts(about)}\n"
    text += markdown.table(HEAD, rows) + METHOD
    if arguments.quick:
        print(text)
        return
    results.replace_part(arguments.out, "benches/tools/run.py", text)
    kept = {f"{name}, {job.name}": job.ratio for name, jobs in measured.items() for job in jobs}
    figures.keep("benches/tools/run.py", kept)


if __name__ == "__main__":
    main()
