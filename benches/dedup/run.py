"""Measures how much of a wheel a remote cache has already if it cuts files by content, as Bazel does.

    python3 benches/dedup/run.py --binary PATH [--trees pjrt,tensorflow] [--quick]

Packs a tree, changes it as `benches/warm` does, and packs it again: with wheelworks, and with zipfile. Both
wheels are cut by `chunks.rs` with Bazel's parameters; a chunk of the new wheel is found again if the wheel before
it has the same one. Then the same for two versions of a library. Nothing is timed. Writes its part of
`benches/RESULTS.md` from this run only. `--quick` uses a small synthetic tree and library.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "warm"), str(HERE.parent / "whole")]

import baseline_zipfile
import library
import report
import steps
from measuring import options, results, trees
from measuring.work import fresh, log

UNCOUNTED = (steps.NOTHING, steps.FRESH)
"""Steps of `benches/warm` that give the same wheel, or the same change, as another one."""


@dataclass(frozen=True)
class Chunks:
    """A wheel, cut by content."""

    size: int
    chunks: list[tuple[int, str]]
    """Length in bytes, and digest."""

    def found_in(self, previous: "Chunks") -> int:
        """Returns the bytes in chunks that the previous wheel has."""
        known = {digest for _, digest in previous.chunks}
        return sum(length for length, digest in self.chunks if digest in known)


def build() -> Path:
    """Builds `chunks.rs`. Returns the program."""
    command = ["cargo", "bench", "--quiet", "--locked", "--bench", "chunks", "--no-run", "--message-format=json"]
    done = subprocess.run(command, check=True, cwd=trees.ROOT, stdout=subprocess.PIPE)
    built = (json.loads(line) for line in done.stdout.splitlines() if line.startswith(b"{"))
    return next(Path(it["executable"]) for it in built if it.get("target", {}).get("name") == "chunks")


@dataclass
class Wheels:
    """Packs a tree with wheelworks and with zipfile."""

    binary: Path
    chunks: Path
    """The program that cuts files."""
    threads: int
    work: Path

    def cut(self, wheel: Path) -> Chunks:
        """Cuts a wheel as Bazel does."""
        found = json.loads(subprocess.run([self.chunks, wheel], check=True, stdout=subprocess.PIPE).stdout)
        return Chunks(found["bytes"], [(length, digest) for length, digest in found["chunks"]])

    def pack(self, tree: Path) -> dict[str, Chunks]:
        """Returns the chunks of both wheels, by tool."""
        out = fresh(self.work / "out")
        command = [str(self.binary), "pack", f"--jobs={self.threads}", f"--wheel-dir={out}", str(tree)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        ours = self.cut(next(out.glob("*.whl")))
        baseline_zipfile.pack(tree, out / "zipfile.whl", None)
        theirs = self.cut(out / "zipfile.whl")
        shutil.rmtree(out)
        return {report.OURS: ours, report.THEIRS: theirs}


def compared(label: str, before: dict[str, Chunks], after: dict[str, Chunks]) -> report.Row:
    """Returns the row of one change."""
    measured = {
        tool: report.Found(new.size, new.found_in(before[tool]), len(new.chunks)) for tool, new in after.items()
    }
    return report.Row(label, measured)


def changes(wheels: Wheels, tree: trees.Tree) -> Iterator[report.Row]:
    """Packs a tree, and again after each change. Yields what is found again."""
    copy = wheels.work / "tree"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(tree.path, copy)
    before = wheels.pack(copy)
    for label, change in steps.steps(tree.name):
        if label in UNCOUNTED:
            continue
        log(f"{tree.name}: {label}")
        change(copy)
        after = wheels.pack(copy)
        yield compared(label, before, after)
        before = after
    shutil.rmtree(copy)


def of_library(wheels: Wheels, content: bytes) -> dict[str, Chunks]:
    """Packs a wheel with one library."""
    tree = fresh(wheels.work / "library")
    dist_info = tree / "library-1.0.dist-info"
    dist_info.mkdir()
    (dist_info / "METADATA").write_text("Metadata-Version: 2.1\nName: library\nVersion: 1.0\n")
    (dist_info / "WHEEL").write_text(
        "Wheel-Version: 1.0\nGenerator: none\nRoot-Is-Purelib: false\nTag: py3-none-linux_x86_64\n"
    )
    (tree / "library.so").write_bytes(content)
    return wheels.pack(tree)


def versions(wheels: Wheels, quick: bool) -> Iterator[report.Row]:
    """Packs two versions of each library of `benches/warm`. Yields what is found again."""
    for before, after in library.pairs(wheels.work, quick):
        label = f"{after.label}, {after.name}"
        log(label)
        yield compared(label, of_library(wheels, before.content), of_library(wheels, after.content))


def main() -> None:
    """Measures and writes the report."""
    parser = options.parser(__doc__, 1, "has no effect: nothing is timed", "a small synthetic tree and library")
    parser.add_argument("--trees", default="pjrt,tensorflow", help="names, joined by commas")
    parser.add_argument("--chunks", type=Path, help="the built `chunks.rs`; default: Cargo builds it")
    arguments = options.read(parser)
    with tempfile.TemporaryDirectory(prefix="dedup-", dir=trees.cache_dir()) as folder:
        wheels = Wheels(arguments.binary, arguments.chunks or build(), arguments.threads, Path(folder))
        if arguments.quick:
            chosen = [trees.make_up(wheels.work / "made-up")]
        else:
            chosen = [trees.obtain(name, None) for name in arguments.trees.split(",")]
        per_tree = [(tree, list(changes(wheels, tree))) for tree in chosen]
        text = report.render(per_tree, list(versions(wheels, arguments.quick)), arguments)
    results.publish(arguments.out, "benches/dedup/run.py", text, is_printed=arguments.quick)


if __name__ == "__main__":
    main()
