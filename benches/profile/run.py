"""Where the time of each job goes, and how far it is from what this machine's cores can do.

    python3 benches/profile/run.py --binary PATH [--callgrind] [--quick]

Profiles packing, packing again, audits and unpacking of real wheels with `perf record`, and measures with
`cargo bench --bench limits` what one core does with the same libraries' bytes. With `--callgrind` the
instructions are counted as well, which takes ten minutes. Writes its part of `benches/README.md`.
`--quick` profiles small wheels and prints. Needs Debian's linux-perf (and valgrind), and symbols in the
binary, which the release profile leaves there.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import callgrind
import report
from jobs import Bench, Job, repacked
from measuring import results, trees
from measuring.work import fresh, log, pin

README = HERE.parent / "README.md"

Speeds = dict[str, dict[str, float]]


def largest(folder: Path) -> Path:
    """The largest file of a tree."""
    return max((file for file in folder.rglob("*") if file.is_file()), key=lambda it: it.stat().st_size)


def speeds(files: dict[str, Path], scratch: Path) -> Speeds:
    """Bytes per second of one core, by the name of the tree that the file is of."""
    log("what one core does")
    command = ["cargo", "bench", "--quiet", "--locked", "--bench", "limits", "--", *map(str, files.values())]
    environment = {**os.environ, "WHEELWORKS_BENCH_SCRATCH": str(scratch)}
    done = subprocess.run(command, check=True, cwd=trees.ROOT, env=environment, stdout=subprocess.PIPE)
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith(b"{")]
    return dict(zip(files, found, strict=True))


def measure(arguments: argparse.Namespace, work: Path) -> tuple[list[Job], Speeds]:
    """All jobs."""
    names = ("markupsafe", "pyyaml") if arguments.quick else ("pjrt", "torch")
    pjrt, torch = (trees.obtain(name, None) for name in names)
    speed = speeds({tree.name: largest(tree.path) for tree in (pjrt, torch)}, work)
    bench = Bench(arguments.binary, arguments.threads, work, arguments.rounds)
    wheels = {tree.name: trees.cache_dir() / "wheels" / tree.wheel for tree in (pjrt, torch)}
    jobs = [
        bench.cold_pack(pjrt),
        bench.warm_pack(pjrt),
        bench.audit(torch.name, wheels[torch.name]),
        bench.unpack(torch.name, wheels[torch.name]),
        bench.unpack(pjrt.name, repacked(arguments.binary, wheels[pjrt.name], work / "repacked")),
    ]
    jobs[-1].label = "unpack, with its table"
    if arguments.callgrind:
        count(jobs, arguments, pjrt, wheels, work)
    return jobs, speed


def count(
    jobs: list[Job], arguments: argparse.Namespace, tree: trees.Tree, wheels: dict[str, Path], work: Path
) -> None:
    """Instructions of the jobs that are commands, each on one thread."""
    binary, scratch = str(arguments.binary), fresh(work / "callgrind")
    for job in jobs:
        out = scratch / str(len(list(scratch.iterdir())))
        if job.label == "pack, cold":
            out.mkdir()
            command = ["pack", "--jobs=1", f"--wheel-dir={out}", str(tree.path)]
        elif job.label.startswith("unpack"):
            command = ["unpack", "--jobs=1", f"--wheel={wheels[job.subject]}", f"--out={out}"]
        elif job.label.startswith("audit"):
            command = ["show", "--json", "--no-host", str(wheels[job.subject])]
        else:
            continue
        log(f"{job.label}: callgrind")
        job.instructions = callgrind.shares([binary, *command], scratch, job.is_packing)


def parse_arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True, help="the wheelworks to profile")
    parser.add_argument("--rounds", type=int, default=5, help="timed runs of each job, not profiled")
    parser.add_argument("--threads", type=int, default=2, help="cores")
    parser.add_argument("--callgrind", action="store_true", help="count instructions, too")
    parser.add_argument("--out", type=Path, default=README)
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
        jobs, speed = measure(arguments, Path(directory))
    text = report.render(jobs, speed, arguments, base)
    if arguments.quick:
        print(text)
    else:
        results.replace_part(arguments.out, "benches/profile/run.py", text)
        log(f"wrote {arguments.out}")


if __name__ == "__main__":
    main()
