"""Selects and downloads the wheels of tests/parity/wheels.txt."""

import hashlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
TABLE = HERE / "wheels.txt"
FETCH = HERE.parents[1] / "scripts" / "fetch-wheels"


class NotFound(Exception):
    """A wheel that is not in the table."""


@dataclass(frozen=True)
class Wheel:
    """A row of the table, or a file from the command line."""

    path: Path
    sha256: str
    small: bool
    """Whether `make test` compares it, too."""

    @property
    def file_name(self) -> str:
        return self.path.name

    @property
    def is_pure_by_name(self) -> bool:
        return self.path.stem.rsplit("-", 1)[1] == "any"

    @property
    def label(self) -> str:
        """Returns a short file name: the first of several tags, and a `+`."""
        return "-".join(
            part.split(".")[0] + "+" if index > 1 and "." in part else part
            for index, part in enumerate(self.path.stem.split("-"))
        )


def cache_dir() -> Path:
    """Returns the cache directory for downloads and answers."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("WHEELWORKS_CACHE") or Path(base) / "wheelworks")


def rows_of(path: Path, columns: int) -> list[list[str]]:
    """Parses a table. Columns end at blanks, the last one at the end of the line."""
    lines = path.read_text().splitlines()
    return [line.split(maxsplit=columns - 1) for line in lines if line and line[0] != "#"]


def select(names: list[str], subset: str) -> list[Wheel]:
    """Returns the named wheels, or those of a subset, in the order of the table."""
    paths = [name for name in names if os.sep in name]
    known = set(names) - set(paths)
    rows = rows_of(TABLE, 6)
    unknown = known - {row[0] for row in rows} - {row[2] for row in rows}
    unknown |= {path for path in paths if not Path(path).is_file()}
    if unknown:
        raise NotFound(f"neither in {TABLE.name} nor a file: {' '.join(sorted(unknown))}")
    if names:
        rows = [row for row in rows if known & {row[0], row[2]}]
    elif subset == "small":
        rows = [row for row in rows if row[4] == "small"]
    return [from_file(Path(path)) for path in paths] + (fetched(rows) if rows else [])


def from_file(path: Path) -> Wheel:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Wheel(path.resolve(), digest, small=True)


def fetched(rows: list[list[str]], table: Path = TABLE) -> list[Wheel]:
    """Downloads the wheels of these rows of a table and verifies their hashes."""
    command = [FETCH, "--table", table, *(row[2] for row in rows)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    paths = {Path(line).name: Path(line) for line in done.stdout.splitlines()}
    return [Wheel(paths[row[2]], row[3], row[4] == "small") for row in rows]
