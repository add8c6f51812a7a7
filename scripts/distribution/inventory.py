"""What is in the binary besides our own code: an SBOM in CycloneDX's form, and the texts of the licences."""

import json
import re
from pathlib import Path
from typing import Any

from .project import ROOT, cargo_tool, run

_CYCLONEDX = ("cargo-cyclonedx", "0.5.9")
_LICENCE_NAME = re.compile(r"(un)?licen[cs]e|copying|notice|copyright", re.IGNORECASE)
_WITHOUT_A_FILE = "The package has no file with the text of its licence."
_INTRODUCTION = """\
The wheelworks binary contains the packages below. Each text follows the names of the packages that have it.

It is linked with Rust's standard library (MIT OR Apache-2.0) and statically with the GNU C Library (LGPL-2.1-or-later). The
sources of wheelworks, and how to link them with another C library, are at https://github.com/wheelworks/wheelworks."""


def _without_paths(value: object) -> object:
    """Returns JSON without the directory of this checkout, which is in the identifiers of our own package."""
    if isinstance(value, dict):
        return {key: _without_paths(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_paths(item) for item in value]
    if isinstance(value, str):
        return re.sub(rf"(path\+)?file://{re.escape(str(ROOT))}/?", "", value).replace("?download_url=file://.", "")
    return value


def write_sbom(path: Path, triple: str, seconds: int) -> None:
    """Writes the packages that the binary is built from, by Cargo.lock."""
    # The tool writes beside Cargo.toml.
    name = "release-sbom"
    written = ROOT / f"{name}.json"
    run(
        cargo_tool(*_CYCLONEDX), "cyclonedx", "--format=json", "--spec-version=1.5", f"--target={triple}", "--all",
        f"--override-filename={name}", "--quiet",
        SOURCE_DATE_EPOCH=str(seconds),
    )  # fmt: skip
    document = _without_paths(json.loads(written.read_text("utf-8")))
    written.unlink()
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _linked_packages(triple: str) -> list[dict[str, Any]]:
    """Returns the packages that are built for a target, with those of build scripts and without those of tests."""
    options = ("--format-version=1", "--locked", f"--filter-platform={triple}")
    metadata = json.loads(run("cargo", "metadata", *options))
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    reached, pending = set(), [metadata["resolve"]["root"]]
    while pending:
        node = nodes[pending.pop()]
        if node["id"] not in reached:
            reached.add(node["id"])
            kinds = ((found["pkg"], found["dep_kinds"]) for found in node["deps"])
            pending += [package for package, of in kinds if any(kind["kind"] != "dev" for kind in of)]
    found = [package for package in metadata["packages"] if package["id"] in reached]
    return sorted(found, key=lambda package: (package["name"], package["version"]))


def _licence_files(package: dict[str, Any]) -> list[Path]:
    """Returns the licence files of a package, and of the C library that it may contain."""
    directory = Path(package["manifest_path"]).parent
    files = [*directory.glob("*"), *directory.glob("*/*")] if package["links"] else directory.glob("*")
    return sorted(file for file in files if _LICENCE_NAME.match(file.name) and file.is_file())


def write_licenses(path: Path, triple: str) -> None:
    """Writes the text of each licence once, with the packages that have it."""
    texts: dict[str, list[str]] = {}
    for package in _linked_packages(triple):
        name = f"{package['name']} {package['version']}, {package['license']}"
        # A few packages name their licence without its text.
        files = _licence_files(package) if package["source"] else [ROOT / "src/page/vendor/d3-hierarchy.LICENSE"]
        contents = {file.read_text("utf-8").strip() for file in files} or {_WITHOUT_A_FILE}
        for content in contents:
            texts.setdefault(content, []).append(name if package["source"] else "d3-hierarchy, ISC")
    sections = [_INTRODUCTION]
    for content, names in sorted(texts.items(), key=lambda section: (section[1], section[0])):
        sections.append("\n".join(["=" * 80, *(f"  {name}" for name in sorted(names)), "", content]))
    path.write_text("\n\n".join(sections) + "\n", "utf-8")
