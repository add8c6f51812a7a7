"""The wheels to repair: published ones, with a chunk table, and with one library that needs another one."""

import base64
import hashlib
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

from measuring import trees
from measuring.work import fresh, log

EXTRA = "libbench_extra.so.1"
"""The library that the changed library needs. No policy allows it, so that it is grafted."""


@dataclass(frozen=True)
class Subject:
    """A wheel and how it is prepared."""

    label: str
    distribution: str
    form: str
    """`published`, `repacked` (with chunk tables) or `needing` (its largest library needs EXTRA)."""
    goal: float
    """The minimum speed-up over auditwheel in a new process."""
    warm_goal: float | None = None
    """The minimum speed-up in a worker that has repaired the wheel before."""
    excluded: tuple[str, ...] = ()
    """Patterns for `--exclude`."""


CUDA = ("libcu*", "libnv*", "libnccl*", "libcaffe2_nvrtc*")

SUBJECTS = (
    Subject("pjrt, unchanged", "jax-cuda12-pjrt", "published", 30),
    Subject("pjrt with a chunk table, unchanged", "jax-cuda12-pjrt", "repacked", 60),
    Subject("pjrt, its library edited", "jax-cuda12-pjrt", "needing", 20),
    Subject("torch, unchanged", "torch", "published", 25, 100, CUDA),
    Subject("torch, its largest library edited", "torch", "needing", 25, 100, CUDA),
)

QUICK = (Subject("pyyaml, its library edited", "pyyaml", "needing", 1),)


@dataclass(frozen=True)
class Prepared:
    """A wheel to repair, and the directory with EXTRA."""

    subject: Subject
    wheel: Path
    libraries: Path


def prepare(subject: Subject, binary: Path, work: Path, wheels: Path | None) -> Prepared:
    """Makes the wheel of a subject."""
    published = trees.find_wheel(subject.distribution, wheels)
    folder = fresh(work / subject.label.replace(" ", "-").replace(",", ""))
    libraries = fresh(folder / "lib")
    if subject.form == "repacked":
        subprocess.run([str(binary), "repack", f"--wheel-dir={folder}", str(published)], check=True, stdout=subprocess.DEVNULL)
        return Prepared(subject, next(folder.glob("*.whl")), libraries)
    if subject.form == "needing":
        build_extra(libraries)
        return Prepared(subject, needing(published, binary, folder), libraries)
    return Prepared(subject, published, libraries)


def build_extra(libraries: Path) -> None:
    """Builds EXTRA."""
    source = libraries / "extra.c"
    source.write_text("int bench_extra(void) { return 1; }\n", encoding="utf-8")
    command = ["cc", "-shared", "-fPIC", f"-Wl,-soname,{EXTRA}", "-o", str(libraries / EXTRA), str(source)]
    subprocess.run(command, check=True)


def needing(published: Path, binary: Path, folder: Path) -> Path:
    """Writes the wheel again with Python's zipfile, with an edited copy of its largest library. RECORD has the hash
    of the copy."""
    tree = folder / "tree"
    trees.unpack(published, tree)
    libraries = [path for path in tree.rglob("*") if path.is_file() and ".so" in path.name]
    largest = max(libraries, key=lambda path: path.stat().st_size)
    subprocess.run([str(binary), "patchelf", "--add-needed", EXTRA, str(largest)], check=True)
    wheel = folder / published.name
    log(f"writing {wheel.name} with `{largest.name}` edited")
    write(tree, wheel, largest)
    shutil.rmtree(tree)
    return wheel


def write(tree: Path, wheel: Path, edited: Path) -> None:
    """Writes a tree as a wheel with Python's zipfile, as auditwheel does, with the hash of the edited file in RECORD."""
    record = next(tree.glob("*.dist-info/RECORD"))
    name = edited.relative_to(tree).as_posix()
    with open(edited, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    row = f"{name},sha256={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()},{edited.stat().st_size}"
    lines = record.read_text(encoding="utf-8").splitlines()
    record.write_text("".join((row if line.startswith(f"{name},") else line) + "\n" for line in lines), encoding="utf-8")
    paths = sorted((path for path in tree.rglob("*") if path.is_file()), key=lambda path: (".dist-info" in path.parts[len(tree.parts)], path))
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in paths:
            archive.write(path, path.relative_to(tree).as_posix())
