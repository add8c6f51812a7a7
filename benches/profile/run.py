"""Profiles each job, and compares its time with the limit of this machine's cores.

    python3 benches/profile/run.py --binary PATH [--callgrind] [--quick]

Profiles packing, packing again, audits and unpacking of real wheels with `perf record`. Measures with
`cargo bench --bench limits` the speed of one core on the same libraries. Writes its part of
`benches/README.md`. `--callgrind` only counts instructions, which takes ten minutes and needs no idle machine;
the next run without it reports them beside the times. `--quick` profiles small wheels and prints the report.
Needs Debian's linux-perf (and valgrind), and symbols in the binary, which the release profile keeps.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import callgrind
import report
from jobs import AUDIT, PACK, TABLE, UNPACK, Bench, Job, repacked
from measuring import figures, results, trees
from measuring.work import fresh, log, pin

COUNTED = "benches/profile/callgrind"
"""The key of the stored instruction counts."""

README = HERE.parent / "README.md"

Speeds = dict[str, dict[str, float]]


def largest(folder: Path) -> Path:
    """Returns the largest file of a tree."""
    return max((file for file in folder.rglob("*") if file.is_file()), key=lambda it: it.stat().st_size)


def speeds(files: dict[str, Path], scratch: Path) -> Speeds:
    """Returns the bytes per second of one core, by name of the file's tree."""
    log("speeds of one core")
    command = ["cargo", "bench", "--quiet", "--locked", "--bench", "limits", "--", *map(str, files.values())]
    environment = {**os.environ, "WHEELWORKS_BENCH_SCRATCH": str(scratch)}
    done = subprocess.run(command, check=True, cwd=trees.ROOT, env=environment, stdout=subprocess.PIPE)
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith(b"{")]
    return dict(zip(files, found, strict=True))


def measure(arguments: argparse.Namespace, work: Path) -> tuple[list[Job], Speeds]:
    """Measures all jobs."""
    pjrt, torch = (trees.obtain(name, None) for name in names(arguments))
    name = pjrt.name if arguments.quick else "tensorflow"
    speed = speeds({tree.name: largest(tree.path) for tree in (pjrt, torch)}, work)
    bench = Bench(arguments.binary, arguments.threads, work, arguments.rounds)
    wheels = {tree.name: trees.cache_dir() / "wheels" / tree.wheel for tree in (pjrt, torch)}
    jobs = [
        bench.cold_pack(pjrt),
        bench.cold_pack(torch),
        bench.warm_pack(pjrt),
        bench.audit(torch.name, wheels[torch.name]),
        bench.trusted(name, repacked(arguments.binary, trees.find_wheel(name, None), work / "trusted")),
        bench.unpack(torch.name, wheels[torch.name]),
        bench.unpack(pjrt.name, repacked(arguments.binary, wheels[pjrt.name], work / "repacked")),
    ]
    jobs[-1].label = TABLE
    if not arguments.quick:
        instructions = figures.kept(COUNTED).get("figures", {})
        for job in jobs:
            job.instructions = Counter(instructions.get(f"{job.label}: {job.subject}", {}))
    return jobs, speed


def names(arguments: argparse.Namespace) -> tuple[str, str]:
    """Returns the names of the two trees."""
    return ("markupsafe", "pyyaml") if arguments.quick else ("pjrt", "torch")


def count(arguments: argparse.Namespace, work: Path) -> None:
    """Counts and stores the instructions of the jobs that are commands, each on one thread."""
    binary, scratch = str(arguments.binary), fresh(work / "callgrind")
    pjrt, torch = (trees.obtain(name, None) for name in names(arguments))
    wheels = {tree.name: str(trees.cache_dir() / "wheels" / tree.wheel) for tree in (pjrt, torch)}
    table = repacked(arguments.binary, Path(wheels[pjrt.name]), work / "repacked")
    packed = scratch / "packed"
    packed.mkdir()
    commands = {
        f"{PACK}: {pjrt.name}": ["pack", "--jobs=1", f"--wheel-dir={packed}", str(pjrt.path)],
        f"{AUDIT}: {torch.name}": ["show", "--json", "--no-host", wheels[torch.name]],
        f"{UNPACK}: {torch.name}": ["unpack", "--jobs=1", f"--wheel={wheels[torch.name]}", f"--out={scratch / 'torch'}"],
        f"{TABLE}: {pjrt.name}": ["unpack", "--jobs=1", f"--wheel={table}", f"--out={scratch / 'pjrt'}"],
    }
    counted = {}
    for label, command in commands.items():
        log(f"{label}: callgrind")
        counted[label] = callgrind.shares([binary, *command], scratch, label.startswith(PACK))
    figures.keep(COUNTED, counted)


def parse_arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True, help="the wheelworks to profile")
    parser.add_argument("--rounds", type=int, default=5, help="timed, unprofiled runs of each job")
    parser.add_argument("--threads", type=int, default=2, help="cores")
    parser.add_argument("--callgrind", action="store_true", help="only count instructions, for the next report")
    parser.add_argument("--out", type=Path, default=README, help="the document to update")
    parser.add_argument("--quick", action="store_true", help="small wheels")
    return parser.parse_args()


def main() -> None:
    """Profiles and writes the report."""
    arguments = parse_arguments()
    arguments.binary = arguments.binary.resolve(strict=True)
    if shutil.which("perf") is None:
        sys.exit("error: no `perf`\nhint: apt-get install linux-perf")
    pin(arguments.threads)
    base = trees.cache_dir() / "bench"
    base.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="profile-", dir=base) as directory:
        if arguments.callgrind:
            count(arguments, Path(directory))
            return
        jobs, speed = measure(arguments, Path(directory))
    text = report.render(jobs, speed, figures.kept(COUNTED), arguments, base)
    results.publish(arguments.out, "benches/profile/run.py", text, is_printed=arguments.quick)


if __name__ == "__main__":
    main()
