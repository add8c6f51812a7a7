"""Trees of growing size: many small members, and large sparse files."""

import os
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

PAGE = 4096

RANDOM_EVERY = 16
"""One page in this many is random: it is on disk and does not compress. The others are holes."""

LARGEST = 4 << 30
"""Maximum bytes of a file; larger trees have several files."""

WHEEL = "Wheel-Version: 1.0\nGenerator: none\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
METADATA = "Metadata-Version: 2.1\nName: scale\nVersion: 1.0\n"


@dataclass(frozen=True)
class Subject:
    """A tree that exists only during its runs."""

    label: str
    amount: float
    """Members, or gigabytes (10^9 bytes)."""
    is_sparse: bool

    def make(self, tree: Path) -> None:
        """Creates the tree."""
        shutil.rmtree(tree, ignore_errors=True)
        dist_info = tree / "scale-1.0.dist-info"
        dist_info.mkdir(parents=True)
        (dist_info / "METADATA").write_text(METADATA)
        (dist_info / "WHEEL").write_text(WHEEL)
        (tree / "scale").mkdir()
        if self.is_sparse:
            make_sparse(tree / "scale", int(self.amount * 1e9))
        else:
            make_small(tree / "scale", int(self.amount))


def make_small(package: Path, count: int) -> None:
    """Writes modules of about two kilobytes, a hundred per directory."""
    generator = random.Random(0)
    words = [f"{generator.getrandbits(40):x}" for _ in range(2000)]
    for number in range(count):
        if number % 100 == 0:
            folder = package / f"group_{number // 100}"
            folder.mkdir()
        chosen = generator.choices(words, k=60)
        lines = (f"def f_{word}(value):\n    return value\n" for word in chosen)
        (folder / f"module_{number}.py").write_text("".join(lines))


def make_sparse(package: Path, size: int) -> None:
    """Writes sparse files, `size` bytes in total."""
    generator = random.Random(0)
    block = PAGE * RANDOM_EVERY
    for number in range(-(-size // LARGEST)):
        length = min(LARGEST, size - number * LARGEST)
        with (package / f"library_{number}.bin").open("wb") as file:
            file.truncate(length)
            for offset in range(0, length - block, block):
                position = offset + PAGE * generator.randrange(RANDOM_EVERY)
                os.pwrite(file.fileno(), generator.randbytes(PAGE), position)


MEMBERS = (1_000, 3_000, 10_000, 30_000, 100_000)
GIGABYTES = (0.1, 0.4, 1, 4, 20)

SUBJECTS = (
    *(Subject(f"{count:,} small members", count, False) for count in MEMBERS),
    *(Subject(f"{size:g} GB, sparse", size, True) for size in GIGABYTES),
)

QUICK = (
    Subject("100 small members", 100, False),
    Subject("1,000 small members", 1_000, False),
    Subject("0.01 GB, sparse", 0.01, True),
    Subject("0.05 GB, sparse", 0.05, True),
)
