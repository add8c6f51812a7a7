"""The wheel for PyPI: pyproject.toml as options of `wheelworks pack`, the binary in `.data/scripts`, the SBOM in dist-info."""

from pathlib import Path

from .project import ROOT, metadata, run

# A static program needs no C library, so it meets the oldest tag that installers know of both.
_PLATFORM = "manylinux_2_17_{cpu}.musllinux_1_1_{cpu}"
_PACKAGE = ROOT / "packaging" / "python"


def platform_tag(triple: str) -> str:
    """Returns the platform tags of a wheel with a static binary for a Rust target."""
    cpu, _, system = triple.partition("-")
    assert system.startswith("unknown-linux"), f"{triple}: no wheel for this target"
    return _PLATFORM.format(cpu=cpu)


def _options(triple: str, binary: Path, sbom: Path, licenses: Path, seconds: int) -> list[str]:
    """Returns the options that declare the wheel, without the output."""
    project = metadata()
    options = {
        "distribution": [project["name"]],
        "version": [project["version"]],
        "platform-tag": [platform_tag(triple)],
        "summary": [project["description"]],
        "description-file": [str(ROOT / project["readme"])],
        "requires-python": [project["requires-python"]],
        "license": [project["license"]],
        "license-file": [*(str(ROOT / name) for name in project["license-files"]), str(licenses)],
        "keyword": project["keywords"],
        "classifier": project["classifiers"],
        "project-url": [f"{label}, {url}" for label, url in project["urls"].items()],
        "member": [f"{file.relative_to(_PACKAGE)}={file}" for file in sorted(_PACKAGE.glob("wheelworks/*.py"))],
        "data-file": [f"scripts/wheelworks={binary}"],
        "distinfo-file": [f"sboms/{sbom.name}={sbom}"],
        "timestamp": [str(seconds)],
        "compression-level": ["12"],
    }
    return [f"--{name}={value}" for name, values in options.items() for value in values]


def write(out: Path, triple: str, *, binary: Path, program: Path, sbom: Path, licenses: Path, seconds: int) -> Path:
    """Writes the wheel with the binary in it, and fails unless it is what it claims to be."""
    project = metadata()
    wheel = out / f"{project['name']}-{project['version']}-py3-none-{platform_tag(triple)}.whl"
    options = _options(triple, binary, sbom, licenses, seconds)
    plan = binary.with_name("wheel.arguments")
    plan.write_text("".join(option + "\n" for option in options), "utf-8")
    run(program, "pack", f"@{plan}", f"--out={wheel}", "--require-declared")
    run(program, "audit", "--no-host", "--require-declared", wheel)
    run(program, "check", "--strict", wheel)
    return wheel
