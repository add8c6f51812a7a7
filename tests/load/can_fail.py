"""Shows that the soak can fail: it must find the flaw of each of these workers.

    python3 tests/load/can_fail.py --binary PATH
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "benches"), str(HERE)]

import record
from measuring.conversation import Broken
from measuring.work import log
from soak import Soak, World

SEED = 7

FLAWS = {
    "drop": "no answer in",
    "twice": "which is not open",
    "other_id": "which is not open",
    "noise": "something else than responses",
    "exit_code": "differs from the result of a cold process",
    "word": "differs from the result of a cold process",
    "byte": "differs from the result of a cold process",
    "absent": "differs from the result of a cold process",
    "litter": "differs from the result of a cold process",
    "stale": "differs from the result of a cold process",
    "cancelled": "was cancelled",
    "leaks": "memory at rest grew by … descriptors at rest: … threads at rest:",
}
"""The flaw of the worker, and the texts that the soak must report, separated by ` … `."""

REQUESTS = 400
"""Requests to a flawed worker."""

MOST_REQUESTS = {"leaks": 2400, "stale": 8000}
"""More requests for one flaw: a worker that repeats old outputs is wrong only after a source has changed, which
takes some seconds, however many requests are answered meanwhile."""

PATIENCE = 15


def complaint(binary: Path, world: World, flaw: str, requests: int) -> str:
    """Returns the report of the soak on a worker."""
    worker = [str(HERE / "flawed_worker.py"), "--persistent_worker", *record.WORKER_OPTIONS]
    environment = {"FLAW": flaw, "WHEELWORKS": str(binary), "PATH": os.environ["PATH"]}
    soak = Soak(world, worker, SEED, environment, PATIENCE)
    try:
        soak.run(requests)
        soak.conversation.finish()
    except Broken as broken:
        return str(broken)
    finally:
        soak.conversation.kill()
        # A killed process may still finish its last system call.
        while (world.work / "out").exists():
            shutil.rmtree(world.work / "out", ignore_errors=True)
    return "\n".join(soak.samples.complaints())


def main() -> None:
    """Exit code 1 if a flaw is not found, or is reported for a worker without one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True, help="the wheelworks to test")
    binary = parser.parse_args().binary.resolve()
    missed = 0
    with tempfile.TemporaryDirectory(prefix="wheelworks-soak.") as work:
        world = World(binary, Path(work), SEED)
        for flaw, wanted in {"none": "", **FLAWS}.items():
            report = complaint(binary, world, flaw, MOST_REQUESTS.get(flaw, REQUESTS))
            is_found = all(part in report for part in wanted.split(" … ")) and bool(report) == bool(wanted)
            missed += not is_found
            words = report.replace(chr(10), "; ")[:160] if report else "no complaint"
            log(f"{'ok  ' if is_found else 'FAIL'}  {flaw}: {words}")
    if missed:
        raise SystemExit(f"FAIL: {missed} flaws")


if __name__ == "__main__":
    main()
