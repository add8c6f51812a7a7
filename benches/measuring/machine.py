"""Describes the machine, the tools and the command of a report."""

import datetime
import os
import platform
import shlex
import subprocess
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def output_of(*command: str) -> str:
    """Returns a command's output as one line; "unknown" if the command fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return " ".join(done.stdout.split())


def first_value(path: str, name: str) -> str:
    """Returns the value of the first `name: value` line of a /proc file."""
    with open(path, encoding="ascii") as file:
        for line in file:
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    return "unknown"


def file_system(path: Path) -> str:
    """Returns the type of the file system of a path."""
    return output_of("stat", "-f", "-c", "%T", str(path))


def commit() -> str:
    """Returns the checked-out commit."""
    return output_of("git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD")


def now() -> str:
    """Returns the date and time in UTC."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")


def describe(
    binary: Path, threads: int, work: Path, others: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Returns rows about the machine and the tools. `others` are rows of a single benchmark."""
    kib = int(first_value("/proc/meminfo", "MemTotal").split()[0])
    flags = first_value("/proc/cpuinfo", "flags").split()
    special = [flag for flag in ("sha_ni", "pclmulqdq", "avx2", "avx512f", "bmi2") if flag in flags]
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    return [
        ("CPU", f"{first_value('/proc/cpuinfo', 'model name')} ({', '.join(special)})"),
        ("Cores", f"{os.cpu_count()} in the machine, {threads} used"),
        ("RAM", f"{kib * 1024 / 1e9:.1f} GB"),
        ("Kernel", f"{platform.system()} {platform.release()}"),
        ("File system", file_system(work)),
        ("Python", f"{platform.python_version()}, zlib {zlib.ZLIB_RUNTIME_VERSION}"),
        *others,
        ("Rust", output_of("rustc", "--version")),
        ("wheelworks", output_of(str(binary), "--version")),
        ("Commit", commit()),
        ("Date", now()),
        ("Load at the end (1, 5, 15 min)", load),
    ]


def command_line(script: str) -> str:
    """Returns the command line of a script, without the directories of this machine."""
    words = [argument for argument in sys.argv[1:] if not argument.startswith("--out")]
    words = [os.path.basename(a) if os.path.isabs(a) else a for a in words]
    return shlex.join(["python3", script, *words])
