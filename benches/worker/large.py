"""Measures large wheels in one worker: the same files for several Pythons, and audits after packing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from measuring import digests, trees
from measuring.measure import timed
from measuring.work import fresh, log
from measuring.worker_client import Worker

PYTHONS = ("cp311", "cp312", "cp313", "cp314")

OURS = ("WHEEL", "METADATA", "RECORD", "entry_points.txt", "top_level.txt")
"""Files of a dist-info directory that `pack` generates when members are named one by one."""

SHOW = ("show", "--json", "--no-host")
"""An audit that reads only the wheel."""


@dataclass
class TreeResult:
    """The measurements of one tree."""

    tree: trees.Tree
    cold: list[float] = field(default_factory=list)
    """Seconds of the first pack of a new worker, for one Python."""
    four: list[float] = field(default_factory=list)
    """Total seconds of four packs by another new worker, for four Pythons."""
    later: list[float] = field(default_factory=list)
    """Total seconds of the last three of these packs."""
    copies: list[float] = field(default_factory=list)
    """Total seconds of `cp` of these three wheels to new files, each after its pack."""
    audits: dict[str, list[float]] = field(default_factory=dict)
    """Seconds of an audit, by label of AUDITS."""


def members(tree: trees.Tree) -> dict[str, Path]:
    """Returns the files of an unpacked wheel by member name, without dist-info."""
    found = {path.relative_to(tree.path).as_posix(): path for path in tree.path.rglob("*") if path.is_file()}
    return {name: path for name, path in sorted(found.items()) if ".dist-info/" not in name}


def pack_for(python: str, tree: trees.Tree, out: Path, threads: int) -> list[str]:
    """Returns the arguments that pack a tree's files for one Python, as from a Bazel rule."""
    platform = tree.wheel.removesuffix(".whl").split("-")[-1]
    name = tree.wheel.split("-")[0]
    wheel = f"{name}-1.0-{python}-{python}-{platform}.whl"
    arguments = ["pack", f"--jobs={threads}", f"--out={out / wheel}", f"--distribution={name}", "--version=1.0"]
    arguments += [f"--python-tag={python}", f"--abi-tag={python}", f"--platform-tag={platform}"]
    escaped = {member.replace("\\", "\\\\").replace("=", "\\="): path for member, path in members(tree).items()}
    return arguments + [f"--member={member}={path}" for member, path in escaped.items()]


def run_round(binary: Path, tree: trees.Tree, work: Path, threads: int, result: TreeResult) -> None:
    """Packs cold and audits in one worker, then packs for four Pythons in another."""
    tokens = digests.tokens(tree.path)
    with Worker(binary, threads, work) as worker:
        cold = worker.run(pack_for(PYTHONS[0], tree, fresh(work / "cold"), threads), tokens)[0].wall
        result.cold.append(cold)
        log(f"{tree.name}: cold {cold:.2f} s")
        wheel = next((work / "cold").glob("*.whl"))
        for label, again in AUDITS.items():
            seconds = worker.run([*SHOW, str(again(wheel, work))])[0].wall
            result.audits.setdefault(label, []).append(seconds)
            log(f"{tree.name}: audit, {label}: {seconds:.4f} s")
    out = fresh(work / "four")
    with Worker(binary, threads, work) as worker:
        walls, copies = [], []
        for python in PYTHONS:
            walls.append(worker.run(pack_for(python, tree, out, threads), tokens)[0].wall)
            made = max(out.glob("*.whl"), key=lambda it: it.stat().st_mtime)
            copies.append(timed(["cp", str(made), str(made.with_suffix(".copy"))], work).wall)
    result.four.append(sum(walls))
    result.later.append(sum(walls[1:]))
    result.copies.append(sum(copies[1:]))
    log(f"{tree.name}: four Pythons {', '.join(f'{wall:.2f}' for wall in walls)} s, cp {', '.join(f'{wall:.2f}' for wall in copies)} s")
    compare(out, wheel)


def compare(out: Path, wheel: Path) -> None:
    """Fails unless all wheels exist, and the first equals the other worker's wheel."""
    made = sorted(out.glob("*.whl"))
    if len(made) != len(PYTHONS) or made[0].read_bytes() != wheel.read_bytes():
        raise SystemExit(f"error: the wheels in `{out}` are incomplete or differ")


def itself(wheel: Path, _: Path) -> Path:
    """Returns the path where the wheel was packed."""
    return wheel


def copied(wheel: Path, work: Path) -> Path:
    """Copies the wheel to a new file that the worker has not read."""
    copy = fresh(work / "copy") / wheel.name
    copy.write_bytes(wheel.read_bytes())
    return copy


AUDITS: dict[str, Callable[[Path, Path], Path]] = {
    "right after packing": itself,
    "again": itself,
    "of a copy": copied,
}
"""Audits by the worker that packed the wheel, in this order."""
