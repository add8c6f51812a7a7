"""The trees to pack: unpacked from wheels of the package index, or synthetic.

`scripts/fetch-wheels` downloads wheels to the cache. This module unpacks each of them once, beside
it. The synthetic tree of `--quick` shows that the scripts work.
"""

import base64
import csv
import hashlib
import os
import random
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

DISTRIBUTIONS = {"pjrt": "jax-cuda12-pjrt", "plugin": "jax-cuda12-plugin", "cudnn": "nvidia-cudnn-cu12"}
"""Short names of trees, and their distributions."""

TABLES = {"plugin": "tests/device_code/wheels.txt", "onnxruntime-gpu": "tests/parity/wheels.txt"}
"""Names of trees whose wheels are in another table than tests/wheels.txt, and their tables."""


@dataclass(frozen=True)
class Tree:
    """An unpacked wheel."""

    name: str
    wheel: str
    path: Path
    files: int
    size: int
    largest: int


def cache_dir() -> Path:
    """Returns the directory that keeps downloads and trees between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("WHEELWORKS_CACHE") or Path(base) / "wheelworks")


def find_wheel(distribution: str, wheels: Path | None, table: Path | None = None) -> Path:
    """Returns a wheel of a table (default: tests/wheels.txt), from the directory `wheels` or fetched to the cache.
    The name of a file finds it, too."""
    table = table or ROOT / "tests" / "wheels.txt"
    if wheels is None:
        fetch = [str(ROOT / "scripts" / "fetch-wheels"), "--table", str(table), distribution]
        fetched = subprocess.run(fetch, check=True, capture_output=True, text=True)
        return Path(fetched.stdout.splitlines()[-1])
    for row in table.read_text(encoding="utf-8").splitlines():
        if distribution in row.split()[:3] and (wheels / row.split()[2]).exists():
            return wheels / row.split()[2]
    found = sorted(wheels.glob(f"{distribution.replace('-', '_')}-*.whl"))
    if not found:
        raise SystemExit(f"error: no wheel of `{distribution}` in `{wheels}`")
    return found[-1]


def unpack(wheel: Path, path: Path) -> None:
    """Unpacks a wheel with its executable bits, unless the tree exists. The rename makes an existing tree complete."""
    if path.exists():
        return
    partial = path.with_name(path.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            extracted = archive.extract(info, partial)
            if not info.is_dir():
                executable = info.external_attr >> 16 & 0o111
                os.chmod(extracted, 0o755 if executable else 0o644)
    partial.rename(path)


def describe(name: str, wheel: str, path: Path) -> Tree:
    """Returns the description of an existing tree."""
    sizes = [file.stat().st_size for file in path.rglob("*") if file.is_file()]
    return Tree(name, wheel, path, len(sizes), sum(sizes), max(sizes))


def obtain(name: str, wheels: Path | None) -> Tree:
    """Returns the tree of an index wheel, by short name or distribution."""
    table = ROOT / TABLES.get(name, "tests/wheels.txt")
    wheel = find_wheel(DISTRIBUTIONS.get(name, name), wheels, table)
    path = cache_dir() / "bench" / "trees" / wheel.stem
    path.parent.mkdir(parents=True, exist_ok=True)
    unpack(wheel, path)
    return describe(name, wheel.name, path)


def make_up(path: Path) -> Tree:
    """Writes a small synthetic tree: a library of 24 MiB and 300 modules, the same in every run."""
    shutil.rmtree(path, ignore_errors=True)
    generator = random.Random(0)
    words = [generator.randbytes(generator.randint(2, 9)) for _ in range(4000)]
    contents = {
        "madeup/lib.so": b"".join(generator.choices(words, k=24 << 20 >> 2))[: 24 << 20],
        "madeup-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: madeup\nVersion: 1.0\n",
        "madeup-1.0.dist-info/WHEEL": (
            b"Wheel-Version: 1.0\nGenerator: none\nRoot-Is-Purelib: true\n"
            b"Tag: py3-none-manylinux_2_28_x86_64\n"
        ),
    }
    for index in range(300):
        lines = (f"def f{generator.getrandbits(12)}(x):\n    return x\n" for _ in range(60))
        contents[f"madeup/m{index % 7}/module{index}.py"] = "".join(lines).encode()
    rows = []
    for name, content in contents.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.append((name, f"sha256={digest}", len(content)))
    with (path / "madeup-1.0.dist-info/RECORD").open("w", newline="") as record:
        csv.writer(record).writerows([*rows, ("madeup-1.0.dist-info/RECORD", "", "")])
    return describe("made-up", "madeup-1.0-py3-none-manylinux_2_28_x86_64.whl", path)


def pack_arguments(tree: Path, out: Path, level: int, threads: int) -> list[str]:
    """Returns the arguments of `wheelworks pack` for one tree."""
    options = [f"--compression-level={level}", f"--jobs={threads}", f"--wheel-dir={out}"]
    return ["pack", *options, str(tree)]


def warm(path: Path) -> None:
    """Reads a file, or every file of a tree, into the page cache."""
    buffer = bytearray(1 << 20)
    for file in [path, *path.rglob("*")]:
        if file.is_file():
            with file.open("rb", buffering=0) as source:
                while source.readinto(buffer):
                    pass


def members(wheel: Path) -> dict[str, str]:
    """Returns the SHA-256 of every member of a wheel, except directories and RECORD."""
    found = {}
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            if info.is_dir() or info.filename.endswith(".dist-info/RECORD"):
                continue
            with archive.open(info) as member:
                found[info.filename] = hashlib.file_digest(member, "sha256").hexdigest()
    return found


def record_rows(wheel: Path) -> set[tuple[str, ...]]:
    """Returns the rows of a wheel's RECORD."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/RECORD"))
        text = archive.read(name).decode("utf-8")
    return {tuple(row) for row in csv.reader(text.splitlines())}
