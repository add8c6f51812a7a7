"""Runs a command and measures it: time, CPU seconds and memory."""

import contextlib
import os
import resource
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.005


@dataclass(frozen=True)
class Run:
    """One timed run."""

    wall: float
    cpu: float
    """User and system seconds of the process and of the children that it waited for."""
    max_rss: int
    """Peak of resident bytes as wait4 reports it: mapped file pages count."""
    read: int = 0
    """Bytes that came from a disk, as wait4 reports them; 0 if that is not known."""


@dataclass(frozen=True)
class Memory:
    """Peaks of one run that was watched and not timed, in bytes."""

    anonymous: int
    """RssAnon: heap, stacks, buffers; mapped file pages do not count."""
    resident: int
    """VmHWM: mapped file pages count."""
    samples: int


class CommandFailed(RuntimeError):
    """A command that should have succeeded did not."""


def settle() -> None:
    """Lets the disk finish with what earlier runs wrote, so that no run pays for another's."""
    os.sync()


def spawn(
    command: list[str], cwd: Path, data_limit: int | None = None, output: Path | None = None
) -> subprocess.Popen[bytes]:
    """Starts a command, its stdout dropped or kept in `output`, its stderr kept for an error."""

    def limit() -> None:
        if data_limit is not None:
            resource.setrlimit(resource.RLIMIT_DATA, (data_limit, data_limit))

    return subprocess.Popen(
        command,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if output is None else open(output, "wb"),
        stderr=open(cwd / "stderr.txt", "wb"),
        preexec_fn=limit if data_limit is not None else None,
    )


def check(command: list[str], cwd: Path, code: int) -> None:
    """Raises the command's own words if it failed."""
    if code != 0:
        words = (cwd / "stderr.txt").read_text(errors="replace")[-2000:]
        raise CommandFailed(f"{' '.join(command)} ended with {code}:\n{words}")


def timed(command: list[str], cwd: Path, output: Path | None = None) -> Run:
    """Runs a command to its end, its stdout dropped or kept in `output`."""
    settle()
    start = time.perf_counter()
    process = spawn(command, cwd, output=output)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    check(command, cwd, process.returncode)
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, usage.ru_inblock * 512)


def status_bytes(pid: int) -> dict[str, int]:
    """The sizes of /proc/PID/status, in bytes; none once the process has ended."""
    sizes = {}
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            name, _, value = line.partition(":")
            if value.endswith(" kB\n"):
                sizes[name] = int(value.split()[0]) * 1024
    return sizes


def watched(command: list[str], cwd: Path, pause: float = SAMPLE_SECONDS) -> Memory:
    """Runs a command to its end and reads its memory every few milliseconds."""
    process = spawn(command, cwd)
    anonymous = resident = samples = 0
    while process.poll() is None:
        sizes = status_bytes(process.pid)
        # Between fork and exec the process is still a copy of this one.
        if "RssAnon" in sizes and os.path.basename(command[0]) in executable(process.pid):
            anonymous = max(anonymous, sizes["RssAnon"])
            resident = max(resident, sizes["VmHWM"])
            samples += 1
        time.sleep(pause)
    check(command, cwd, process.returncode)
    return Memory(anonymous, resident, samples)


def executable(pid: int) -> str:
    """The path of a process's executable; empty once it has ended."""
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{pid}/exe")
    return ""


def succeeds_within(command: list[str], cwd: Path, data_limit: int) -> bool:
    """Whether a command succeeds while the kernel refuses it more private writable memory.

    RLIMIT_DATA counts the address space of heap, anonymous mappings and thread stacks, touched
    or not, so that it bounds anonymous memory from above without sampling.
    """
    process = spawn(command, cwd, data_limit)
    return process.wait() == 0


def cpu_seconds(pid: int) -> float:
    """User and system seconds of a live process."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
