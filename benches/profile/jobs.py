"""The profiled jobs, and the lower bound of each."""

import shutil
import statistics
import subprocess
import zipfile
from collections.abc import Callable
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import perf
from measuring import digests, measure, trees
from measuring.work import fresh, log
from measuring.worker_client import Worker

PACK, AGAIN, AUDIT = "pack, cold", "pack, one line changed", "audit, cold"
TRUSTED = "audit, cold, its table trusted"
UNPACK, TABLE = "unpack", "unpack, with its table"

WARM_REQUESTS = 20
"""Packs per profile, each after a change: a single one is too short to sample."""

Bytes = dict[str, float]
"""The bytes that a job must process at least, by name of a speed that `limits.rs` measures."""


@dataclass
class Job:
    """The measurements of one job."""

    label: str
    subject: str
    """The tree whose speeds bound the job."""
    bytes: Bytes
    is_packing: bool
    threads: int
    """Threads that can share the work."""
    walls: list[float] = field(default_factory=list)
    shares: Counter[str] = field(default_factory=Counter)
    instructions: Counter[str] = field(default_factory=Counter)
    times: int = 1
    """Repetitions in the profile."""

    @property
    def wall(self) -> float:
        """Returns the median seconds of the unprofiled runs."""
        return statistics.median(self.walls)


@dataclass(frozen=True)
class Bench:
    """The settings of all jobs."""

    binary: Path
    threads: int
    work: Path
    rounds: int

    def command_job(self, job: Job, command: Callable[[Path], list[str]]) -> Job:
        """Measures a job that is a command, each time with a new output directory."""
        scratch = fresh(self.work / "scratch")
        for number in range(self.rounds + 1):
            out = scratch / str(number)
            run = measure.timed(command(out), scratch)
            # The first run warms the page cache.
            job.walls += [run.wall] if number else []
        data = scratch / "perf.data"
        perf.of_command(command(scratch / "profiled"), data)
        job.shares = perf.shares(data, job.is_packing)
        log(f"{job.label}: {job.wall:.3f} s")
        return job

    def warm_pack(self, tree: trees.Tree) -> Job:
        """Measures packs after a change of one line, in a worker that has packed the tree before."""
        copy, out = self.work / "tree", fresh(self.work / "warm")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(tree.path, copy)
        arguments = ["pack", f"--jobs={self.threads}", f"--wheel-dir={out}", str(copy)]
        module = sorted(file for file in copy.rglob("*.py") if file.stat().st_size)[0]
        job = Job(AGAIN, tree.name, {}, True, 1, times=WARM_REQUESTS)
        with Worker(self.binary, self.threads, self.work) as worker:

            def request() -> float:
                with module.open("a") as file:
                    file.write("# another line\n")
                shutil.rmtree(out)
                out.mkdir()
                return worker.run(arguments, digests.tokens(copy))[0].wall

            for _ in range(2):
                request()
            job.walls = [request() for _ in range(self.rounds)]
            data = self.work / "warm.data"
            perf.of_process(worker.process.pid, data, lambda: [request() for _ in range(WARM_REQUESTS)])
            job.shares = perf.shares(data, True)
        job.bytes = {"write": next(out.glob("*.whl")).stat().st_size}
        shutil.rmtree(copy)
        log(f"{job.label}: {job.wall:.4f} s")
        return job

    def cold_pack(self, tree: trees.Tree) -> Job:
        """Measures a pack by a new process."""
        trees.warm(tree.path)
        bounds = {"deflate_6": tree.size, "sha256": tree.size, "write": packed_size(tree)}
        job = Job(PACK, tree.name, bounds, True, self.threads)
        return self.command_job(job, lambda out: [str(self.binary), *self.pack(tree, out)])

    def pack(self, tree: trees.Tree, out: Path) -> list[str]:
        """Returns the arguments of `pack`."""
        out.mkdir()
        return ["pack", f"--jobs={self.threads}", f"--wheel-dir={out}", str(tree.path)]

    def audit(self, name: str, wheel: Path) -> Job:
        """Measures an audit by a new process."""
        trees.warm(wheel)
        job = Job(AUDIT, name, {"inflate": elf_bytes(wheel)}, False, self.threads)
        command = [str(self.binary), "show", "--json", "--no-host", str(wheel)]
        return self.command_job(job, lambda out: command)

    def trusted(self, name: str, wheel: Path) -> Job:
        """Measures an audit that inflates only the chunks that it reads. They depend on the wheel, so there is no bound."""
        trees.warm(wheel)
        job = Job(TRUSTED, name, {}, False, self.threads)
        command = [str(self.binary), "show", "--json", "--no-host", "--trust-chunk-table", str(wheel)]
        return self.command_job(job, lambda out: command)

    def unpack(self, name: str, wheel: Path) -> Job:
        """Measures unpacking by a new process, which compares RECORD."""
        trees.warm(wheel)
        size = sum(info.file_size for info in zipfile.ZipFile(wheel).infolist())
        job = Job(UNPACK, name, {"inflate": size, "sha256": size, "write": size}, False, self.threads)
        options = [f"--jobs={self.threads}", f"--wheel={wheel}"]
        return self.command_job(job, lambda out: [str(self.binary), "unpack", *options, f"--out={out}"])


def packed_size(tree: trees.Tree) -> int:
    """Estimates the bytes that a pack of the tree writes: the size of the published wheel."""
    return (trees.cache_dir() / "wheels" / tree.wheel).stat().st_size


def elf_bytes(wheel: Path) -> int:
    """Returns the bytes of all ELF members."""
    with zipfile.ZipFile(wheel) as archive:
        return sum(info.file_size for info in archive.infolist() if archive.open(info).read(4) == b"\x7fELF")


def repacked(binary: Path, wheel: Path, folder: Path) -> Path:
    """Returns the wheel as `wheelworks repack` writes it, with chunk tables."""
    out = fresh(folder)
    command = [str(binary), "repack", f"--wheel-dir={out}", str(wheel)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return next(out.glob("*.whl"))
