"""Large wheels in one worker: the same files for several Pythons, and an audit right after packing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from measuring import digests, trees
from measuring.work import fresh, log
from measuring.worker_client import Inputs, Worker

PYTHONS = ("cp311", "cp312", "cp313", "cp314")

OURS = ("WHEEL", "METADATA", "RECORD", "entry_points.txt", "top_level.txt")
"""Files of a dist-info directory that `pack` makes when members are named one by one."""


SHOW = ("show", "--json", "--no-host")
"""An audit that looks at the wheel and nothing else."""


@dataclass
class TreeResult:
    """What was measured of one tree."""

    tree: trees.Tree
    cold: list[float] = field(default_factory=list)
    """Seconds of the first pack of a new worker, for one Python."""
    four: list[float] = field(default_factory=list)
    """Seconds of four packs by another new worker, for four Pythons."""
    later: list[float] = field(default_factory=list)
    """Those of the last three of the four together."""
    audits: dict[str, list[float]] = field(default_factory=dict)
    """Seconds of an audit, by what went before it."""


def members(tree: trees.Tree) -> dict[str, Path]:
    """The files of an unpacked wheel that a build would name, by member name."""
    found = {path.relative_to(tree.path).as_posix(): path for path in tree.path.rglob("*") if path.is_file()}
    return {name: path for name, path in sorted(found.items()) if ".dist-info/" not in name}


def pack_for(python: str, tree: trees.Tree, out: Path, threads: int) -> list[str]:
    """The arguments that pack a tree's files for one Python, as a Bazel rule gives them."""
    platform = tree.wheel.removesuffix(".whl").split("-")[-1]
    name = tree.wheel.split("-")[0]
    wheel = f"{name}-1.0-{python}-{python}-{platform}.whl"
    arguments = ["pack", f"--jobs={threads}", f"--out={out / wheel}", f"--distribution={name}", "--version=1.0"]
    arguments += [f"--python-tag={python}", f"--abi-tag={python}", f"--platform-tag={platform}"]
    escaped = {member.replace("\\", "\\\\").replace("=", "\\="): path for member, path in members(tree).items()}
    return arguments + [f"--member={member}={path}" for member, path in escaped.items()]


def run_round(binary: Path, tree: trees.Tree, work: Path, threads: int, result: TreeResult) -> None:
    """Packs cold, then for four Pythons; audits after packing, and in a process of its own."""
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
        walls = [worker.run(pack_for(python, tree, out, threads), tokens)[0].wall for python in PYTHONS]
    result.four.append(sum(walls))
    result.later.append(sum(walls[1:]))
    log(f"{tree.name}: four Pythons {', '.join(f'{wall:.2f}' for wall in walls)} s")
    compare(out, wheel)


def compare(out: Path, wheel: Path) -> None:
    """The wheel for the first Python must be what the other worker made; all must be there."""
    made = sorted(out.glob("*.whl"))
    if len(made) != len(PYTHONS) or made[0].read_bytes() != wheel.read_bytes():
        raise SystemExit(f"error: the wheels in `{out}` are not what they should be")


def itself(wheel: Path, _: Path) -> Path:
    """The wheel where it was packed."""
    return wheel


def copied(wheel: Path, work: Path) -> Path:
    """The wheel's bytes in a file that the worker has not seen."""
    copy = fresh(work / "copy") / wheel.name
    copy.write_bytes(wheel.read_bytes())
    return copy


AUDITS: dict[str, Callable[[Path, Path], Path]] = {
    "right after packing": itself,
    "again": itself,
    "of a copy": copied,
}
"""Audits by the worker that has packed, in this order."""
