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
"""The Python of the wheels in tests/wheels.txt, for uv."""

UV_OPTIONS = ("--quiet", "--no-config", "--offline", "--no-deps")

LINK_MODE = "hardlink"
"""How files get out of both caches: every file system has hard links."""


@dataclass
class Way:
    """One way of unpacking one archive, and its measurements."""

    label: str
    run: Callable[[Path], Run]
    """Unpacks into a directory that does not exist yet."""
    command: Callable[[Path], list[str]] | None = None
    """The same as a command; None for requests to a worker."""
    is_ours: bool = False
    is_installer: bool = False
    is_linked: bool = False
    """Whether files are hard links to a cache that an earlier run has filled."""
    runs: list[Run] = field(default_factory=list)
    memory: Memory | None = None
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Tools:
    """The tools, and the settings that all ways share."""

    binary: Path
    uv: Path
    threads: int
    scratch: Path
    """The working directory of commands, initially empty."""

    def ways(self, wheel: Path) -> list[Way]:
        """Returns all ways of unpacking a wheel, in the order of a round."""
        return [
            self.one_shot("wheelworks", lambda out: self.ours(wheel, out), is_ours=True),
            Way("wheelworks, a worker's second request", lambda out: self.second(wheel, out), is_ours=True),
            self.one_shot("zipfile's extractall", lambda out: self.extractall(wheel, out)),
            self.one_shot("unzip", lambda out: ["unzip", "-q", str(wheel), "-d", str(out)]),
            self.one_shot("uv pip install", lambda out: self.install(wheel, out), is_installer=True),
            self.cached("wheelworks, from its cache directory", wheel, self.ours_cached, is_ours=True),
            self.cached("uv pip install, from its cache", wheel, self.install_cached, is_installer=True),
        ]

    def one_shot(
        self,
        label: str,
        command: Callable[[Path], list[str]],
        is_ours: bool = False,
        is_installer: bool = False,
    ) -> Way:
        """Returns a way that starts one process per run."""
        return Way(
            label,
            lambda out: measure.timed(command(out), self.scratch),
            command,
            is_ours=is_ours,
            is_installer=is_installer,
        )

    def cached(
        self,
        label: str,
        wheel: Path,
        command: Callable[[Path, Path], list[str]],
        is_ours: bool = False,
        is_installer: bool = False,
    ) -> Way:
        """Returns a way that starts one process per run, after one that fills the cache."""

        def run(out: Path) -> Run:
            filled = self.filled / f"{label}, {wheel.parent.name}, {wheel.name}"
            if not filled.exists():
                filled.parent.mkdir(parents=True, exist_ok=True)
                measure.timed(command(wheel, filled), self.scratch)
            return measure.timed(command(wheel, out), self.scratch)

        return Way(label, run, is_ours=is_ours, is_installer=is_installer, is_linked=True)

    @property
    def filled(self) -> Path:
        """Returns the directory of the outputs that filled the caches."""
        return self.scratch.with_name("filled")

    def ours_cached(self, wheel: Path, out: Path) -> list[str]:
        """Returns the command of wheelworks with a cache directory.

        Each wheel has one of its own: a file that two wheels share is hashed whenever the other one was unpacked last.
        """
        cache = [f"--cache-dir={self.scratch.with_name('cache') / wheel.parent.name}", f"--link-mode={LINK_MODE}"]
        return [*self.ours(wheel, out), *cache]

    def install_cached(self, wheel: Path, out: Path) -> list[str]:
        """Returns the command of uv with a cache."""
        cache = [f"--cache-dir={self.scratch.with_name('uv-cache')}", f"--link-mode={LINK_MODE}"]
        return [*self.uv_install(wheel, out), *cache]

    def ours(self, wheel: Path, out: Path) -> list[str]:
        """Returns the command of wheelworks."""
        return [str(self.binary), *self.arguments(wheel, out)]

    def arguments(self, wheel: Path, out: Path) -> list[str]:
        """Returns the arguments of wheelworks."""
        return ["unpack", f"--jobs={self.threads}", f"--wheel={wheel}", f"--out={out}"]

    def second(self, wheel: Path, out: Path) -> Run:
        """Measures the second of two requests to a new worker."""
        first = out.with_name(out.name + "-first")
        with Worker(self.binary, self.threads, self.scratch) as worker:
            worker.timed(self.arguments(wheel, first))
            return worker.timed(self.arguments(wheel, out))

    def extractall(self, wheel: Path, out: Path) -> list[str]:
        """Returns the command of Python's zipfile."""
        return [sys.executable, str(HERE / "baseline_extractall.py"), str(wheel), str(out)]

    def install(self, wheel: Path, out: Path) -> list[str]:
        """Returns the command of uv, which inflates on all cores, and needs only the wheel."""
        return [*self.uv_install(wheel, out), "--no-cache"]

    def uv_install(self, wheel: Path, out: Path) -> list[str]:
        """Returns the command of uv, without the options of its cache."""
        python = [f"--python={sys.executable}", f"--python-version={PYTHON_VERSION}"]
        return [str(self.uv), "pip", "install", *UV_OPTIONS, *python, f"--target={out}", str(wheel)]
