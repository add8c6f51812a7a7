"""The ways of unpacking a wheel."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from measuring import measure
from measuring.measure import Memory, Run
from measuring.worker_client import Worker

HERE = Path(__file__).resolve().parent

PYTHON_VERSION = "3.12"
"""The Python that the wheels of tests/wheels.txt are for; uv must be told."""

UV_OPTIONS = ("--quiet", "--no-config", "--offline", "--no-deps", "--no-cache")


@dataclass
class Way:
    """One way of unpacking one archive, and what was measured of it."""

    label: str
    run: Callable[[Path], Run]
    """Unpacks into a directory that is not there yet."""
    command: Callable[[Path], list[str]] | None = None
    """The same as a command; nothing for requests to a worker."""
    is_ours: bool = False
    is_installer: bool = False
    runs: list[Run] = field(default_factory=list)
    memory: Memory | None = None
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Tools:
    """What the ways are ways of."""

    binary: Path
    uv: Path
    threads: int
    scratch: Path
    """An empty directory that commands run in."""

    def ways(self, wheel: Path) -> list[Way]:
        """All ways of unpacking a wheel, in the order in which a round takes them."""
        return [
            self.one_shot("wheelworks", lambda out: self.ours(wheel, out), is_ours=True),
            Way("wheelworks, a worker's second request", lambda out: self.second(wheel, out), is_ours=True),
            self.one_shot("zipfile's extractall", lambda out: self.extractall(wheel, out)),
            self.one_shot("unzip", lambda out: ["unzip", "-q", str(wheel), "-d", str(out)]),
            self.one_shot("uv pip install", lambda out: self.install(wheel, out), is_installer=True),
        ]

    def one_shot(
        self,
        label: str,
        command: Callable[[Path], list[str]],
        is_ours: bool = False,
        is_installer: bool = False,
    ) -> Way:
        """A way that is a process of its own."""
        return Way(
            label,
            lambda out: measure.timed(command(out), self.scratch),
            command,
            is_ours=is_ours,
            is_installer=is_installer,
        )

    def ours(self, wheel: Path, out: Path) -> list[str]:
        """wheelworks in a process of its own."""
        return [str(self.binary), *self.arguments(wheel, out)]

    def arguments(self, wheel: Path, out: Path) -> list[str]:
        """The arguments of wheelworks."""
        return ["unpack", f"--jobs={self.threads}", f"--wheel={wheel}", f"--out={out}"]

    def second(self, wheel: Path, out: Path) -> Run:
        """The second of two requests to a new worker."""
        first = out.with_name(out.name + "-first")
        with Worker(self.binary, self.threads, self.scratch) as worker:
            worker.timed(self.arguments(wheel, first))
            return worker.timed(self.arguments(wheel, out))

    def extractall(self, wheel: Path, out: Path) -> list[str]:
        """Python's zipfile."""
        return [sys.executable, str(HERE / "baseline_extractall.py"), str(wheel), str(out)]

    def install(self, wheel: Path, out: Path) -> list[str]:
        """uv, which inflates on all cores, and looks for nothing but the wheel."""
        python = [f"--python={sys.executable}", f"--python-version={PYTHON_VERSION}"]
        return [str(self.uv), "pip", "install", *UV_OPTIONS, *python, f"--target={out}", str(wheel)]
