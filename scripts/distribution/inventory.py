"""What is in the binary besides our own code: an SBOM in CycloneDX's form, and the texts of the licences."""

import json
import re
from pathlib import Path

from .project import ROOT, cargo_tool, run

_CYCLONEDX = ("cargo-cyclonedx", "0.5.9")
_ABOUT = ("cargo-about", "0.9.3", "--features=cli")


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


def write_licenses(path: Path) -> None:
    """Writes the text of each licence once, with the packages that have it."""
    packaging = ROOT / "packaging"
    run(
        cargo_tool(*_ABOUT), "about", "generate", "--locked", "--offline", "--fail",
        f"--config={packaging / 'about.toml'}", f"--output-file={path}", packaging / "licenses.hbs",
    )  # fmt: skip
