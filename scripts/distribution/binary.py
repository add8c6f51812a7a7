"""The released binary: built without paths of this machine, stripped by itself, its line tables in a file of their own."""

import json
import os
import shutil
import tomllib
from pathlib import Path

from .project import ROOT, host, run

# Functions with the same code are one. Not in .cargo/config.toml: only lld has the option. Relative relocations are packed,
# 7 KB in place of 0.5 MB: a static program applies its own, so no loader must know the form.
_LLD_ARGUMENTS = ["-Wl,--icf=all", "-Wl,-z,pack-relative-relocs"]
# Targets that are built on another machine, each with the script that installs what it needs, the C compiler, and the
# program that runs binaries for it.
CROSS_TARGETS = {"aarch64-unknown-linux-gnu": ("aarch64-env", "aarch64-linux-gnu-gcc", "qemu-aarch64-static")}


def _places(target_directory: Path) -> dict[Path, str]:
    """Returns the directories of this machine that compilers write into binaries, each with its name there."""
    cargo_home = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    return {target_directory: "/target", cargo_home: "/cargo", ROOT: "/wheelworks"}


def check_paths(binary: Path, target_directory: Path) -> None:
    """Fails if a binary has a path of this machine."""
    content = binary.read_bytes()
    found = [str(place) for place in _places(target_directory) if os.fsencode(place) in content]
    assert not found, f"{binary.name} has paths of this machine: {found}"


def _cross_compilers(triple: str) -> dict[str, str]:
    """Returns the variables by which cargo builds for another machine."""
    script, compiler, _ = CROSS_TARGETS[triple]
    name = triple.replace("-", "_")
    return {
        "RUSTC": run(ROOT / "scripts" / script),
        f"CC_{name}": compiler,
        f"CARGO_TARGET_{name.upper()}_LINKER": compiler,
    }


def _link_arguments(triple: str, rustc: str) -> list[str]:
    """Returns the arguments for Rust's lld, if it is there. Only for x86-64 it is the default."""
    if triple == "x86_64-unknown-linux-gnu":
        return _LLD_ARGUMENTS
    programs = Path(run(rustc, "--print=sysroot")) / "lib" / "rustlib" / host() / "bin" / "gcc-ld"
    return [f"-B{programs}", "-fuse-ld=lld", *_LLD_ARGUMENTS] if (programs / "ld.lld").exists() else []


def build(target_directory: Path, triple: str) -> Path:
    """Builds the release profile from ROOT, and returns the path of the binary."""
    places = _places(target_directory)
    # A later option wins, and one directory may be in another.
    remapped = [(str(place), name) for place, name in sorted(places.items(), key=lambda place: len(str(place[0])))]
    flags = [f"--remap-path-prefix={place}={name}" for place, name in remapped]
    environment = {} if triple == host() else _cross_compilers(triple)
    flags += [f"-Clink-arg={argument}" for argument in _link_arguments(triple, environment.get("RUSTC", "rustc"))]
    setting = 'target.\'cfg(all(target_os = "linux", target_env = "gnu"))\'.rustflags'
    # The variable takes the place of the one in cargo's settings.
    settings = tomllib.loads((ROOT / ".cargo" / "config.toml").read_text("utf-8"))
    c_flags = [settings["env"]["CFLAGS"], *(f"-ffile-prefix-map={place}={name}" for place, name in remapped)]
    run(
        "cargo", "build", "--release", "--locked", "--bin=wheelworks", f"--target={triple}",
        f"--target-dir={target_directory}", f"--config={setting}={json.dumps(flags)}",
        CFLAGS=" ".join(c_flags), **environment,
    )  # fmt: skip
    return target_directory / triple / "release" / "wheelworks"


def program(binary: Path, triple: str, script: Path) -> Path:
    """Returns what runs a binary on this machine: itself, or a script that this writes."""
    if triple == host():
        return binary
    _, _, emulator = CROSS_TARGETS[triple]
    script.write_text(f'#!/bin/sh\nexec {emulator} "{binary}" "$@"\n', "utf-8")
    script.chmod(0o755)
    return script


def strip(program: Path, binary: Path, stripped: Path, debug: Path) -> None:
    """Copies a binary without symbols and line tables, which go to `debug`. gdb finds them by the build ID."""
    shutil.copyfile(binary, stripped)
    stripped.chmod(0o755)
    run(program, "patchelf", "--strip", f"--debug-file={debug.name}", stripped, cwd=debug.parent)
