"""The released binary: built without paths of this machine, stripped by itself, its line tables in a file of their own."""

import json
import os
import shutil
from pathlib import Path

from .project import ROOT, run, target

# Functions with the same code are one. Not in .cargo/config.toml: only lld has the option. Relative relocations are packed,
# 7 KB in place of 0.5 MB: a static program applies its own, so no loader must know the form.
_LINK_ARGUMENTS = ["-Wl,--icf=all", "-Wl,-z,pack-relative-relocs"]


def _places(target_directory: Path) -> dict[Path, str]:
    """Returns the directories of this machine that compilers write into binaries, each with its name there."""
    cargo_home = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    return {target_directory: "/target", cargo_home: "/cargo", ROOT: "/wheelworks"}


def check_paths(binary: Path, target_directory: Path) -> None:
    """Fails if a binary has a path of this machine."""
    content = binary.read_bytes()
    found = [str(place) for place in _places(target_directory) if os.fsencode(place) in content]
    assert not found, f"{binary.name} has paths of this machine: {found}"


def build(target_directory: Path) -> Path:
    """Builds the release profile from ROOT, and returns the path of the binary."""
    places = _places(target_directory)
    # A later option wins, and one directory may be in another.
    remapped = [(str(place), name) for place, name in sorted(places.items(), key=lambda place: len(str(place[0])))]
    flags = [f"--remap-path-prefix={place}={name}" for place, name in remapped]
    triple = target()
    if triple == "x86_64-unknown-linux-gnu":
        flags += [f"-Clink-arg={argument}" for argument in _LINK_ARGUMENTS]
    setting = 'target.\'cfg(all(target_os = "linux", target_env = "gnu"))\'.rustflags'
    run(
        "cargo", "build", "--release", "--locked", "--bin=wheelworks", f"--target-dir={target_directory}",
        f"--config={setting}={json.dumps(flags)}",
        CFLAGS=" ".join(f"-ffile-prefix-map={place}={name}" for place, name in remapped),
    )  # fmt: skip
    return target_directory / triple / "release" / "wheelworks"


def strip(binary: Path, stripped: Path, debug: Path) -> None:
    """Copies a binary without symbols and line tables, which go to `debug`. gdb finds them by the build ID."""
    shutil.copyfile(binary, stripped)
    stripped.chmod(0o755)
    run(binary, "patchelf", "--strip", f"--debug-file={debug.name}", stripped, cwd=debug.parent)
