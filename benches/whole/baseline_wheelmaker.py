"""Baseline: packs the same files with `tools/wheelmaker.py` of rules_python, which `py_wheel` runs.

The script is not included: it belongs to another project, and no package index has it. Take it from a
checkout of rules_python. Pass it with `--wheelmaker`, or copy it to
`~/.cache/wheelworks/bench/wheelmaker.py`. It runs unchanged, with a Python that has `packaging`.
"""

from dataclasses import dataclass
from pathlib import Path

from baseline_build import headers


@dataclass(frozen=True)
class Inputs:
    """The inputs of the script."""

    files: Path
    """A list of the files, one `NAME;PATH` per line."""
    metadata: Path
    name: str
    version: str
    tag: tuple[str, str, str]


def find_script(named: Path | None, cache: Path) -> Path | None:
    """Returns the named script, or the one in the cache; None if there is none."""
    if named is not None:
        return named.resolve(strict=True)
    script = cache / "bench" / "wheelmaker.py"
    return script if script.exists() else None


def prepare(tree: Path, folder: Path) -> Inputs:
    """Writes the list of a tree's files, except dist-info, which the script generates. It does not support
    `;` in names."""
    dist_info = next(tree.glob("*.dist-info"))
    files = sorted(path for path in tree.rglob("*") if path.is_file() and dist_info not in path.parents)
    lines = [f"{path.relative_to(tree).as_posix()};{path}\n" for path in files]
    listing = folder / "files.txt"
    listing.write_text("".join(lines), encoding="utf-8")
    about = headers(dist_info / "METADATA")
    metadata = folder / "metadata.txt"
    metadata.write_text(f"Metadata-Version: 2.1\nName: {about['Name']}\n", encoding="utf-8")
    python, abi, platform = headers(dist_info / "WHEEL")["Tag"].split("-")
    return Inputs(listing, metadata, about["Name"], about["Version"], (python, abi, platform))


def arguments(inputs: Inputs, out: Path) -> list[str]:
    """Returns the script's arguments, as `py_wheel` passes them."""
    python, abi, platform = inputs.tag
    return [
        f"--name={inputs.name}",
        f"--version={inputs.version}",
        f"--python_tag={python}",
        f"--abi={abi}",
        f"--platform={platform}",
        f"--out={out / 'wheelmaker.whl'}",
        f"--name_file={out / 'name.txt'}",
        f"--metadata_file={inputs.metadata}",
        f"--input_file_list={inputs.files}",
    ]
