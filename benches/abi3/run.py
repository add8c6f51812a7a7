"""Compares the audit of wheels for the stable ABI with abi3audit.

    python3 benches/abi3/run.py --binary PATH [--rounds N] [--quick]

Every round judges the wheels of `tests/audit/abi3_wheels.txt`, all in one process of each tool. `tests/audit/stable_abi.rs`
compares the verdicts. The script writes the part of `benches/RESULTS.md` about the stable ABI. `--quick` judges three wheels
and prints the report, to show that the scripts work.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

from measuring import figures, measure, options, results, trees
from measuring.figures import median_ratio
from measuring.machine import command_line, describe
from measuring.markdown import facts, goal, megabytes, seconds, table
from measuring.work import log

TABLE = trees.ROOT / "tests" / "audit" / "abi3_wheels.txt"

ABI3AUDIT = "abi3audit==0.0.26"
"""The version that the tests compare with."""

GOAL = 20
"""The minimum speed-up."""

METHOD = """\
### How the stable ABI was measured

- `abi3audit --report --output FILE WHEEL…` and `wheelworks audit --no-host --report=json --select=abi3 --exit-zero WHEEL…`,
  each in a new process on the same {cores} cores, with a warm page cache. The start of Python is part of its time.
- The ratio is taken within a round; the table shows the median.
"""


def judge() -> Path:
    """Returns abi3audit; installs it beside the wheels."""
    home = trees.cache_dir() / "bench" / "abi3audit"
    program = home / "bin" / "abi3audit"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(home / "bin" / "pip"), "install", "--quiet", ABI3AUDIT], check=True)
    return program


def fetch() -> list[Path]:
    """Returns the wheels."""
    command = [str(trees.ROOT / "scripts" / "fetch-wheels"), "--table", str(TABLE)]
    return [Path(line) for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()]


def seconds_of(command: list[str], work: Path) -> float:
    """Returns the seconds of a command. Exit code 1 means findings."""
    script = ["sh", "-c", '"$@" || test $? = 1', "sh"]
    return measure.timed([*script, *command], work, work / "stdout.txt").wall


def main() -> None:
    """Measures and writes the report."""
    parser = options.parser(__doc__, 5, "rounds of both tools", "three wheels, one round")
    arguments: argparse.Namespace = options.read(parser)
    wheels = fetch()[: 3 if arguments.quick else None]
    paths = [str(wheel) for wheel in wheels]
    ours: list[float] = []
    theirs: list[float] = []
    work = trees.cache_dir() / "bench"
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="abi3-", dir=work) as directory:
        at = Path(directory)
        their = [str(judge()), "--report", "--output", "report.json", *paths]
        our = [str(arguments.binary), "audit", "--no-host", "--report=json", "--select=abi3", "--exit-zero", *paths]
        for wheel in wheels:
            trees.warm(wheel)
        for number in range(arguments.rounds):
            theirs.append(seconds_of(their, at))
            ours.append(seconds_of(our, at))
            log(f"round {number + 1}: abi3audit {theirs[-1]:.2f} s, wheelworks {ours[-1]:.3f} s")
        ratio = median_ratio(ours, theirs)
        size = megabytes(sum(wheel.stat().st_size for wheel in wheels))
        head = ("wheels", "MB", "abi3audit, seconds", "wheelworks, seconds", "faster", "goal")
        row = (str(len(wheels)), size, seconds(theirs), seconds(ours), f"{ratio:.1f}×", f"{GOAL}× {goal(ratio >= GOAL)}")
        parts = [
            "## The stable ABI",
            f"`{command_line('benches/abi3/run.py')}`",
            table(head, [row]),
            facts(describe(arguments.binary, arguments.threads, work, [("abi3audit", ABI3AUDIT.split("==")[1])])),
            METHOD.format(cores=arguments.threads),
        ]
        text = "\n\n".join(parts)
    if arguments.quick:
        print(text)
        return
    results.replace_part(arguments.out, "benches/abi3/run.py", text)
    figures.keep("benches/abi3/run.py", {"stable ABI of 100 wheels: abi3audit": ratio})
    log(f"wrote {arguments.out}")


if __name__ == "__main__":
    main()
