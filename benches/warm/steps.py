"""The changes between two packs of a tree."""

import os
from collections.abc import Callable
from pathlib import Path

NOTHING = "nothing"
LINE = "one line of a Python file"
OVERWRITTEN = "1 MiB overwritten in the middle of the largest file"
INSERTED = "100 bytes inserted in the middle of the largest file"
FRESH = "one line of a Python file, a moment ago"
COPIED = "one line of a Python file, after the largest file was copied right before its first pack"


def largest(tree: Path) -> Path:
    """Returns the largest file of a tree."""
    return max((file for file in tree.rglob("*") if file.is_file()), key=lambda it: it.stat().st_size)


def python_file(tree: Path) -> Path:
    """Returns the first non-empty Python file by path."""
    return sorted(file for file in tree.rglob("*.py") if file.stat().st_size > 0)[0]


def append_line(tree: Path) -> None:
    """Appends one line to a Python file."""
    with python_file(tree).open("a") as file:
        file.write("# another line\n")


def copy_in_place(tree: Path) -> None:
    """Replaces the largest file by a copy with the same content, as a relink often does."""
    path = largest(tree)
    beside = path.with_suffix(".new")
    beside.write_bytes(path.read_bytes())
    os.chmod(beside, path.stat().st_mode)
    beside.rename(path)


def insert(tree: Path) -> None:
    """Inserts 100 bytes in the middle of the largest file."""
    path = largest(tree)
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(content[:middle] + os.urandom(100) + content[middle:])


def overwrite(tree: Path) -> None:
    """Overwrites 1 MiB in the middle of the largest file, or a third of a small file."""
    path = largest(tree)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(os.urandom(min(1 << 20, size // 3)))


def bump(tree: Path) -> None:
    """Changes the build tag, and so WHEEL and the wheel's name."""
    wheel = next(tree.glob("*.dist-info/WHEEL"))
    wheel.write_text(wheel.read_text() + "Build: 1\n")


def steps(name: str) -> list[tuple[str, Callable[[Path], None]]]:
    """Returns the changes between two packs of the tree `name`, in order."""
    del name
    return [
        (NOTHING, lambda tree: None),
        (LINE, append_line),
        (FRESH, append_line),
        ("another build tag", bump),
        ("the largest file replaced by an identical copy", copy_in_place),
        (OVERWRITTEN, overwrite),
        (INSERTED, insert),
    ]
