"""The archives of a release: the binary with its pages, its line tables, the sources for Bazel, the source distribution."""

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

from .project import ROOT, python_tools, run, version
from .tarball import Entry, write_tar_gz

# Shells, each with the file name that its completion system looks for.
_COMPLETIONS = {"bash": "wheelworks.bash", "zsh": "_wheelworks", "fish": "wheelworks.fish", "powershell": "_wheelworks.ps1"}
_DOCUMENTS = ["README.md", "CHANGELOG.md", "LICENSE", "NOTICE"]
# The table of hashes that the Bazel rules read.
INTEGRITY = "bazel/private/integrity.bzl"


def _commands(program: Path) -> list[str]:
    """Returns the names of the commands, from the man page that lists them."""
    words = run(program, "man").replace("\\-", "-").split()
    names = [word.removeprefix("wheelworks-").removesuffix("(1)") for word in words if word.startswith("wheelworks-")]
    return [name for name in names if name != "help"]


def write_binary_archive(
    out: Path, triple: str, *, binary: Path, program: Path, sbom: Path, licenses: Path, seconds: int
) -> Path:
    """Writes wheelworks-VERSION-TARGET.tar.gz: the binary, man pages, completions, licences and the SBOM."""
    pages = {"wheelworks": run(program, "man")}
    pages |= {f"wheelworks-{name}": run(program, "man", name) for name in _commands(program)}
    completions = {name: run(program, "completions", shell) for shell, name in _COMPLETIONS.items()}
    texts = {f"man/man1/{name}.1": text for name, text in pages.items()}
    texts |= {f"completions/{name}": text for name, text in completions.items()}
    entries = [Entry(name, (text + "\n").encode()) for name, text in texts.items()]
    entries += [Entry(name, (ROOT / name).read_bytes()) for name in _DOCUMENTS]
    entries += [Entry(file.name, file.read_bytes()) for file in (sbom, licenses)]
    entries.append(Entry("wheelworks", binary.read_bytes(), is_executable=True))
    name = f"wheelworks-{version()}-{triple}"
    write_tar_gz(out / f"{name}.tar.gz", name, entries, seconds)
    return out / f"{name}.tar.gz"


def write_debug_archive(out: Path, triple: str, debug: Path, seconds: int) -> Path:
    """Writes the line tables that were stripped off the binary."""
    name = f"wheelworks-{version()}-{triple}-debug"
    write_tar_gz(out / f"{name}.tar.gz", name, [Entry(debug.name, debug.read_bytes())], seconds)
    return out / f"{name}.tar.gz"


def integrity(hashes: dict[str, str]) -> str:
    """Returns the text of the table with the SHA-256 of each target's archive."""
    text = (ROOT / INTEGRITY).read_text("utf-8")
    before, marker, _ = text.partition("SHA256 = {")
    assert marker, f"{INTEGRITY} has no table"
    rows = "".join(f'    "{triple}": "{value}",\n' for triple, value in sorted(hashes.items()))
    return f"{before}{marker}\n{rows}}}\n"


def _tracked(directory: Path) -> list[Entry]:
    """Returns the files of the commit, with the placeholders of .gitattributes filled in."""
    archive = subprocess.run(["git", "archive", "--format=tar", "HEAD"], cwd=directory, stdout=subprocess.PIPE, check=True)
    entries = []
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as members:
        for member in members:
            if member.isfile():
                content = members.extractfile(member)
                assert content
                entries.append(Entry(member.name, content.read(), bool(member.mode & 0o100)))
    return entries


def _unpacked(directory: Path) -> list[Entry]:
    """Returns all files of an unpacked source archive, except what builds leave there."""
    left_behind = {"target", "dist", "__pycache__"}
    files = (file for file in directory.rglob("*") if file.is_file())
    named = ((file.relative_to(directory), file) for file in files)
    return [
        Entry(name.as_posix(), file.read_bytes(), bool(file.stat().st_mode & 0o100))
        for name, file in named
        if not left_behind.intersection(name.parts)
    ]


def write_source_archive(path: Path, hashes: dict[str, str], seconds: int) -> None:
    """Writes the sources of the commit, with the hashes of the binaries' archives by Rust target.

    The Bazel rules are used from this archive. Without hashes, they build the binary with cargo.
    """
    entries = _tracked(ROOT) if (ROOT / ".git").exists() else _unpacked(ROOT)
    kept = [entry for entry in entries if entry.name != INTEGRITY]
    assert len(kept) == len(entries) - 1, f"no {INTEGRITY}"
    kept.append(Entry(INTEGRITY, integrity(hashes).encode()))
    write_tar_gz(path, f"wheelworks-{version()}", kept, seconds)


def write_sdist(out: Path) -> Path:
    """Writes the source distribution with maturin, from which `pip install` builds with cargo."""
    run(python_tools() / "maturin", "sdist", f"--out={out}")
    return out / f"wheelworks-{version()}.tar.gz"


def write_crate(out: Path, target_directory: Path) -> Path:
    """Writes the package for the crate registry."""
    run("cargo", "package", "--locked", "--no-verify", "--quiet", f"--target-dir={target_directory}")
    name = f"wheelworks-{version()}.crate"
    return Path(shutil.copy(target_directory / "package" / name, out / name))
