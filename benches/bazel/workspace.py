"""The workspace to build: the directory `workspace`, synthetic files, and everything that Bazel needs offline."""

import os
import random
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from measuring.measure import CommandFailed, settle
from measuring.trees import ROOT

HERE = Path(__file__).resolve().parent

FROM_TESTS = (".bazelrc", "BUILD.bazel", "WORKSPACE", "third_party", "tools", "versions")
"""Files of the test workspace that Bazel needs offline."""

WHEELS = 40
"""The number of wheels in `workspace/many/BUILD.bazel`."""

LINE = "BUILD = "
CHANGED = ("cuda/jax_plugins/xla_cuda12/build_info.py", "many/shared/build_info.py")
"""The files in which `change` changes one line."""


def write_many(folder: Path, is_quick: bool) -> None:
    """Writes the files of //many: a library and modules for each wheel, and shared modules."""
    modules, library = (5, 20_000) if is_quick else (60, 1 << 20)
    generator = random.Random(0)
    words = [generator.randbytes(generator.randint(2, 9)) for _ in range(4000)]
    for name in ["shared", *(f"own_{number}" for number in range(WHEELS))]:
        package = folder / name
        package.mkdir(parents=True)
        (package / "library.so").write_bytes(b"".join(generator.choices(words, k=library >> 2))[:library])
        for number in range(modules):
            lines = (f"def f{generator.getrandbits(12)}(x):\n    return x\n" for _ in range(60))
            (package / f"module{number}.py").write_text("".join(lines))
    (folder / "shared" / "build_info.py").write_text(f"{LINE}0\n")


@dataclass(frozen=True)
class Workspace:
    """A copy of the workspace, its Bazel server and its outputs, all below one directory."""

    folder: Path
    binary: Path
    sources: Path
    """The unpacked wheel that //cuda packs again."""

    @property
    def path(self) -> Path:
        """Returns the directory of the workspace."""
        return self.folder / "workspace"

    def make(self, is_quick: bool) -> None:
        """Copies and writes the files of the workspace."""
        shutil.copytree(HERE / "workspace", self.path)
        for name in FROM_TESTS:
            found = ROOT / "tests" / "bazel" / name
            if found.is_dir():
                shutil.copytree(found, self.path / name)
            else:
                shutil.copy(found, self.path / name)
        for name, old, new in (("WORKSPACE", '"../.."', f'"{ROOT}"'), (".bazelrc", "%workspace%/../..", str(ROOT))):
            file = self.path / name
            file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        write_many(self.path / "many", is_quick)

    def bazel(self, *arguments: str) -> str:
        """Runs Bazel and returns its output."""
        environment = {
            **os.environ,
            "LC_ALL": "C.UTF-8",
            "WHEELWORKS_BIN": str(self.binary),
            "WHEELWORKS_DEMO_WHEEL": str(self.sources),
        }
        command = ["bazel", f"--output_user_root={self.folder / 'root'}", *arguments]
        done = subprocess.run(
            command, cwd=self.path, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode != 0:
            raise CommandFailed(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-3000:]}")
        return done.stdout + done.stderr

    def build(self, target: str, flags: tuple[str, ...]) -> str:
        """Builds a target."""
        settle()
        quiet = ("--color=no", "--curses=no", "--experimental_convenience_symlinks=ignore")
        return self.bazel("build", *quiet, *flags, target)

    def outputs(self, target: str) -> list[Path]:
        """Returns the wheels of a target in `bazel-bin`."""
        root = Path(self.bazel("info", "bazel-bin").splitlines()[0])
        package, _, name = target.removeprefix("//").partition(":")
        found = sorted((root / package).rglob("*.whl"))
        ours = [wheel for wheel in found if "script_" not in wheel.parent.name]
        return [wheel for wheel in found if wheel not in ours] if name.startswith("script") else ours

    def change(self, number: int) -> None:
        """Changes one line in each file of CHANGED."""
        for name in CHANGED:
            file = self.path / name
            lines = file.read_text(encoding="utf-8").splitlines()
            lines = [f"{LINE}{number}" if line.startswith(LINE) else line for line in lines]
            file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def end(self) -> None:
        """Ends the server and makes its outputs writable: Bazel write-protects them, so they cannot be deleted."""
        self.bazel("shutdown")
        subprocess.run(["chmod", "-R", "u+w", str(self.folder)], check=True)
