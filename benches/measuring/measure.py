"""Runs a command and measures its time, CPU seconds and memory."""

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
    """User and system seconds of the process and its waited-for children."""
    max_rss: int
    """Peak resident bytes from wait4, including mapped file pages."""
    read: int = 0
    """Bytes read from disk, from wait4; 0 if unknown."""


@dataclass(frozen=True)
class Memory:
    """Peaks of one sampled, untimed run, in bytes."""

    anonymous: int
    """RssAnon: heap, stacks and buffers, without mapped file pages."""
    resident: int
    """VmHWM, including mapped file pages."""
    samples: int


class CommandFailed(RuntimeError):
    """A command failed."""


def settle() -> None:
    """Flushes the writes of earlier runs, so that they do not slow down the next run."""
    os.sync()


def spawn(
    command: list[str], cwd: Path, data_limit: int | None = None, output: Path | None = None
) -> subprocess.Popen[bytes]:
    """Starts a command. stdout is dropped or goes to `output`; stderr goes to `cwd/stderr.txt`."""

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
    """Raises CommandFailed with the end of the command's stderr if it failed."""
    if code != 0:
        stderr = (cwd / "stderr.txt").read_text(errors="replace")[-2000:]
        raise CommandFailed(f"{' '.join(command)} ended with {code}:\n{stderr}")


def timed(command: list[str], cwd: Path, output: Path | None = None) -> Run:
    """Runs and times a command. stdout is dropped or goes to `output`."""
    settle()
    start = time.perf_counter()
    process = spawn(command, cwd, output=output)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    check(command, cwd, process.returncode)
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, usage.ru_inblock * 512)


def status_bytes(pid: int) -> dict[str, int]:
    """Returns the sizes in /proc/PID/status, in bytes; empty if the process has ended."""
    sizes = {}
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            name, _, value = line.partition(":")
            if value.endswith(" kB\n"):
                sizes[name] = int(value.split()[0]) * 1024
    return sizes


def watched(command: list[str], cwd: Path, pause: float = SAMPLE_SECONDS) -> Memory:
    """Runs a command and samples its memory every `pause` seconds."""
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
    """Returns the path of a process's executable; empty if the process has ended."""
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{pid}/exe")
    return ""


def succeeds_within(command: list[str], cwd: Path, data_limit: int) -> bool:
    """Returns whether a command succeeds under RLIMIT_DATA of `data_limit` bytes.

    RLIMIT_DATA limits the address space of heap, anonymous mappings and thread stacks, touched
    or not. So it is an upper bound of anonymous memory that needs no sampling.
    """
    process = spawn(command, cwd, data_limit)
    return process.wait() == 0


def cpu_seconds(pid: int) -> float:
    """Returns the user and system seconds of a running process."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
