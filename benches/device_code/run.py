"""Compares reading the device code of real wheels by wheelworks, cuobjdump and cubloaty.

    python3 benches/device_code/run.py --binary PATH [--cubloaty PATH] [--rounds N] [--quick]

Every round lists the device code of each wheel: with `wheelworks inspect`, with `unzip` and `cuobjdump -lelf`, and
with `unzip` and `cubloaty`. The entries that cuobjdump lists are counted and compared. Then `inspect` reads the same
wheel with chunk tables. The script writes the part of `benches/RESULTS.md` about device code. `--quick` reads one
small wheel and prints the report, to show that the scripts work.
"""

import argparse
import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

from measuring import figures, measure, options, results, trees
from measuring.figures import median_ratio
from measuring.machine import command_line, describe, output_of
from measuring.markdown import facts, goal, megabytes, seconds, table
from measuring.measure import Memory, Run
from measuring.work import fresh, log

PARITY = trees.ROOT / "tests" / "parity" / "wheels.txt"
CUBLOATY = "cubloaty==0.2.0b1"

CUOBJDUMP_GOAL, CUBLOATY_GOAL, CHUNKED_GOAL = 20, 10, 0.3
"""The minimum speed-ups, and the maximum seconds for a wheel with chunk tables."""

METHOD = """\
### How reading device code was measured

- `wheelworks inspect --report json` reads the wheel, in a new process. The others unpack the wheel with `unzip` first,
  and read each library that has device code, one after another: `cuobjdump -lelf` of CUDA's wheels on PyPI, `cubloaty --format json`.
  Their seconds include unpacking, which is measured once a round.
- All processes run on the same {cores} cores with a warm page cache. Ratios are taken within a round; the table shows
  their median.
- Cubins: what cuobjdump lists, and what `inspect` counts in the same files, by architecture. `inspect` also sees device
  code outside the sections that cuobjdump reads.
- Anonymous memory is the peak of RssAnon of `inspect` in /proc/PID/status, in a separate run.
"""


@dataclass(frozen=True)
class Subject:
    """A wheel to read."""

    distribution: str
    table: Path | None = None


SUBJECTS = (Subject("torch"), Subject("jax-cuda12-pjrt"))
QUICK = (Subject("jax-cuda12-plugin", PARITY),)


@dataclass
class Result:
    """The measurements of one wheel."""

    subject: Subject
    wheel: Path
    ours: list[Run] = field(default_factory=list)
    chunked: list[Run] = field(default_factory=list)
    cuobjdump: list[float] = field(default_factory=list)
    cubloaty: list[float] = field(default_factory=list)
    """Seconds with unpacking."""
    memory: Memory | None = None
    cubins: tuple[int, int] = (0, 0)
    """Counted by cuobjdump and by wheelworks."""
    problems: list[str] = field(default_factory=list)

    def walls(self) -> list[float]:
        """Returns the seconds of wheelworks."""
        return [run.wall for run in self.ours]


def cubloaty(given: Path | None) -> Path:
    """Returns the program; installs it beside the wheels."""
    if given is not None:
        return given
    home = trees.cache_dir() / "bench" / "cubloaty"
    program = home / "bin" / "cubloaty"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(home / "bin" / "pip"), "install", "--quiet", CUBLOATY], check=True)
    return program


def timed_all(commands: list[list[str]], scratch: Path, listed: Path | None = None) -> float:
    """Runs commands one after another. Returns their seconds. Adds what they print to a file."""
    total = 0.0
    for command in commands:
        output = scratch / "stdout.txt"
        total += measure.timed(command, scratch, output).wall
        if listed is not None:
            with open(listed, "ab") as all_lines:
                all_lines.write(output.read_bytes())
    return total


def compare(result: Result, listed: Path, inspected: Path) -> None:
    """Compares the cubins by architecture. cuobjdump leaves out some suffixes, such as the `f` of `sm_103f`."""
    judge = collections.Counter(re.findall(r"\.(sm_\d+)[a-z]?\.cubin$", listed.read_text(), re.MULTILINE))
    wheel = json.loads(inspected.read_text())["wheels"][0]
    ours = collections.Counter()
    for row in wheel["device_code"]["architectures"]:
        if row["kind"] == "cubin":
            ours[row["name"].rstrip("af")] += row["entries"]
    result.cubins = (sum(judge.values()), sum(ours.values()))
    for name, count in sorted(judge.items()):
        if ours.get(name, 0) < count:
            result.problems.append(f"cuobjdump lists {count} cubins of {name}, wheelworks {ours.get(name, 0)}")


def measure_subject(subject: Subject, arguments: argparse.Namespace, work: Path) -> Result:
    """Makes all measurements of one wheel."""
    wheel = trees.find_wheel(subject.distribution, None, subject.table)
    result = Result(subject, wheel)
    scratch, chunked = fresh(work / "scratch"), fresh(work / "chunked")
    repack = [str(arguments.binary), "repack", f"--wheel-dir={chunked}", str(wheel)]
    subprocess.run(repack, check=True, stdout=subprocess.DEVNULL)
    inspect = [str(arguments.binary), "inspect", "--report", "json"]
    inspected, listed, tree = work / "inspected.json", work / "listed.txt", work / "tree"
    for number in range(arguments.rounds):
        trees.warm(wheel)
        result.ours.append(measure.timed([*inspect, str(wheel)], scratch, inspected))
        result.chunked.append(measure.timed([*inspect, str(next(chunked.glob("*.whl")))], scratch, work / "stdout.txt"))
        unzip = timed_all([["unzip", "-q", str(wheel), "-d", str(tree)]], scratch)
        found = coded(inspected, tree)
        listed.write_bytes(b"")
        result.cuobjdump.append(
            unzip + timed_all([[str(arguments.cuobjdump), "-lelf", str(path)] for path in found], scratch, listed)
        )
        judge = [[str(arguments.cubloaty), "--format", "json", str(path)] for path in found]
        result.cubloaty.append(unzip + timed_all(judge, scratch))
        log(
            f"{wheel.name}, round {number + 1}: cuobjdump {result.cuobjdump[-1]:.2f} s, "
            f"cubloaty {result.cubloaty[-1]:.2f} s, wheelworks {result.ours[-1].wall:.3f} s, "
            f"with chunk tables {result.chunked[-1].wall:.3f} s"
        )
        if number == 0:
            compare(result, listed, inspected)
        shutil.rmtree(tree)
    result.memory = measure.watched([*inspect, str(wheel)], scratch)
    return result


def coded(inspected: Path, tree: Path) -> list[Path]:
    """Returns the unpacked libraries that have device code. The judges fail on others."""
    wheel = json.loads(inspected.read_text())["wheels"][0]
    return [tree / library["path"] for library in wheel["device_code"]["libraries"] if library["containers"]]


HEAD = (
    "wheel",
    "MB",
    "unzip + cuobjdump, seconds",
    "unzip + cubloaty, seconds",
    "inspect, seconds",
    "faster than cuobjdump",
    "goal",
    "faster than cubloaty",
    "goal",
    "with chunk tables, seconds",
    "goal",
    "anonymous, peak MB",
)


def row(result: Result) -> list[str]:
    """Returns a wheel's row."""
    over_cuobjdump = median_ratio(result.walls(), result.cuobjdump)
    over_cubloaty = median_ratio(result.walls(), result.cubloaty)
    chunked = [run.wall for run in result.chunked]
    return [
        result.subject.distribution,
        megabytes(result.wheel.stat().st_size),
        seconds(result.cuobjdump),
        seconds(result.cubloaty),
        seconds(result.walls()),
        f"{over_cuobjdump:.1f}×",
        f"{CUOBJDUMP_GOAL}× {goal(over_cuobjdump >= CUOBJDUMP_GOAL)}",
        f"{over_cubloaty:.1f}×",
        f"{CUBLOATY_GOAL}× {goal(over_cubloaty >= CUBLOATY_GOAL)}",
        seconds(chunked),
        f"{CHUNKED_GOAL} {goal(sorted(chunked)[len(chunked) // 2] <= CHUNKED_GOAL)}",
        megabytes(result.memory.anonymous if result.memory else 0),
    ]


def render(measured: list[Result], arguments: argparse.Namespace, work: Path) -> str:
    """Returns the part of the report."""
    others = [
        ("cuobjdump", output_of(str(arguments.cuobjdump), "--version").splitlines()[-1]),
        ("cubloaty", output_of(str(arguments.cubloaty), "--version")),
    ]
    counts = [[it.subject.distribution, *(f"{count:,}" for count in it.cubins)] for it in measured]
    parts = [
        "## Reading device code",
        f"`{command_line('benches/device_code/run.py')}`",
        table(HEAD, [row(result) for result in measured]),
        table(("wheel", "cubins by cuobjdump", "cubins by wheelworks"), counts),
        facts(describe(arguments.binary, arguments.threads, work, others)),
        METHOD.format(cores=arguments.threads),
    ]
    problems = [f"- {it.subject.distribution}: {problem}" for it in measured for problem in it.problems]
    return "\n\n".join([*parts, *(["### Problems", "\n".join(problems)] if problems else [])])


def parse_arguments() -> argparse.Namespace:
    """Parses the command line."""
    parser = options.parser(__doc__, 3, "rounds of all tools", "one small wheel, one round")
    parser.add_argument("--cubloaty", type=Path, help="default: installed from the package index")
    arguments = options.read(parser)
    arguments.cubloaty = cubloaty(arguments.cubloaty)
    home = subprocess.run([str(trees.ROOT / "scripts" / "cuda-env")], check=True, capture_output=True, text=True)
    arguments.cuobjdump = Path(home.stdout.splitlines()[-1]) / "bin" / "cuobjdump"
    # cubloaty calls cuobjdump and nvdisasm.
    os.environ["PATH"] = f"{arguments.cuobjdump.parent}{os.pathsep}{os.environ['PATH']}"
    return arguments


def main() -> None:
    """Measures and writes the report."""
    arguments = parse_arguments()
    work = trees.cache_dir() / "bench"
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="device-code-", dir=work) as directory:
        subjects = QUICK if arguments.quick else SUBJECTS
        measured = [measure_subject(subject, arguments, Path(directory)) for subject in subjects]
        text = render(measured, arguments, work)
    if arguments.quick:
        print(text)
    else:
        results.replace_part(arguments.out, "benches/device_code/run.py", text)
        figures.keep(
            "benches/device_code/run.py",
            {
                f"device code of {it.subject.distribution}: {tool}": median_ratio(it.walls(), theirs)
                for it in measured
                for tool, theirs in (("cuobjdump", it.cuobjdump), ("cubloaty", it.cubloaty))
            },
        )
        log(f"wrote {arguments.out}")
    if any(result.problems for result in measured):
        sys.exit("error: some checks failed; see the report")


if __name__ == "__main__":
    main()
