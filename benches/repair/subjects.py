"""The wheels to repair: published ones, with a chunk table, and with a library that needs others."""

import base64
import hashlib
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

from measuring import trees
from measuring.work import fresh, log

EXTRA = "libbench_extra"
"""How the names of the libraries begin that a changed library needs. No policy allows them, so that they are
grafted."""

PARITY = trees.ROOT / "tests" / "parity" / "wheels.txt"
"""The table with the small wheels."""


@dataclass(frozen=True)
class Subject:
    """A wheel and how it is prepared."""

    label: str
    distribution: str
    """Its name in a table of wheels, or the name of its file."""
    form: str
    """`published`, `repacked` (with chunk tables) or `needing` (its largest library needs libraries to graft)."""
    goal: float | None
    """The minimum speed-up over auditwheel in a new process."""
    warm_goal: float | None = None
    """The minimum speed-up in a worker that has repaired the wheel before."""
    excluded: tuple[str, ...] = ()
    """Patterns for `--exclude`."""
    grafts: int = 1
    """The number of libraries to graft, of `needing`."""
    table: Path | None = None
    """The table with the wheel; default: tests/wheels.txt."""


CUDA = ("libcu*", "libnv*", "libnccl*", "libcaffe2_nvrtc*")

SMALL = (
    "jax_cuda12_plugin-0.12.0.1-cp312-cp312-manylinux_2_27_x86_64.whl",
    "cryptography-50.0.2-cp315-abi3.abi3t-manylinux_2_34_x86_64.whl",
    "cocotb-2.1.0-cp312-cp312-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
    "pysam-0.24.1-cp312-cp312-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl",
    "pygraphviz-2.0rc0-cp314-cp314-manylinux_2_28_x86_64.whl",
    "nvidia_cuda_runtime_cu12-12.9.79-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
    "lightgbm-4.7.0-py3-none-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
    "clang_format-23.1.4-py2.py3-none-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
    "dftd3-1.7.0-cp312-cp312-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
    "shfmt_py-4.2.0-py2.py3-none-manylinux2014_x86_64.whl",
    "soundfile-0.12.1-py2.py3-none-manylinux_2_31_x86_64.whl",
    "shiboken6-6.2.4-6.2.4-cp36.cp37.cp38.cp39.cp310-abi3-manylinux1_x86_64.whl",
    "pyzmq-27.3.0-cp311-cp311-manylinux_2_26_x86_64.manylinux_2_28_x86_64.whl",
    "dbus_fast-5.0.21-cp314-cp314-manylinux_2_41_x86_64.whl",
    "dbus_fast-3.1.2-cp313-cp313-manylinux_2_36_x86_64.whl",
    "brotlicffi-1.0.9.2-pp27-pypy_73-manylinux2010_x86_64.whl",
    "lmdb-3.0.0-pp310-pypy310_pp73-manylinux_2_38_x86_64.whl",
    "nvidia_nvtx_cu12-12.9.79-py3-none-manylinux1_x86_64.manylinux_2_5_x86_64.whl",
    "MarkupSafe-1.1.1-cp27-cp27m-manylinux1_x86_64.whl",
    "markupsafe-3.0.4-cp312-cp312-manylinux2014_x86_64.manylinux_2_17_x86_64.manylinux_2_28_x86_64.whl",
)
"""Wheels of 23 kB to 9 MB that auditwheel repairs on Linux."""

SUBJECTS = (
    Subject("pjrt, unchanged", "jax-cuda12-pjrt", "published", 30),
    Subject("pjrt with a chunk table, unchanged", "jax-cuda12-pjrt", "repacked", 60),
    Subject("pjrt, its library edited", "jax-cuda12-pjrt", "needing", None),
    Subject("torch, unchanged", "torch", "published", 25, 100, CUDA),
    Subject("torch, its largest library edited", "torch", "needing", None, None, CUDA),
    Subject(
        "onnxruntime-gpu, two grafts",
        "onnxruntime-gpu",
        "needing",
        20,
        excluded=(*CUDA, "libonnxruntime*"),
        grafts=2,
        table=PARITY,
    ),
    *(Subject("-".join(name.split("-")[:2]), name, "published", 20, table=PARITY) for name in SMALL),
)

QUICK = (Subject("pyyaml, its library edited", "pyyaml", "needing", 1),)


@dataclass(frozen=True)
class Prepared:
    """A wheel to repair, and the directory with the libraries to graft."""

    subject: Subject
    wheel: Path
    libraries: Path


def prepare(subject: Subject, binary: Path, work: Path, wheels: Path | None) -> Prepared:
    """Makes the wheel of a subject."""
    published = trees.find_wheel(subject.distribution, wheels, subject.table)
    folder = fresh(work / subject.label.replace(" ", "-").replace(",", ""))
    libraries = fresh(folder / "lib")
    if subject.form == "repacked":
        subprocess.run([str(binary), "repack", f"--wheel-dir={folder}", str(published)], check=True, stdout=subprocess.DEVNULL)
        return Prepared(subject, next(folder.glob("*.whl")), libraries)
    if subject.form == "needing":
        extras = [build_extra(libraries, number) for number in range(subject.grafts)]
        return Prepared(subject, needing(published, binary, folder, extras), libraries)
    return Prepared(subject, published, libraries)


def build_extra(libraries: Path, number: int) -> str:
    """Builds a library to graft. Returns its name."""
    name = f"{EXTRA}{number}.so.1"
    source = libraries / f"extra{number}.c"
    source.write_text(f"int bench_extra{number}(void) {{ return 1; }}\n", encoding="utf-8")
    command = ["cc", "-shared", "-fPIC", f"-Wl,-soname,{name}", "-o", str(libraries / name), str(source)]
    subprocess.run(command, check=True)
    return name


def needing(published: Path, binary: Path, folder: Path, extras: list[str]) -> Path:
    """Writes the wheel again with Python's zipfile, with an edited copy of its largest library. RECORD has the hash
    of the copy."""
    tree = folder / "tree"
    trees.unpack(published, tree)
    libraries = [path for path in tree.rglob("*") if path.is_file() and ".so" in path.name]
    largest = max(libraries, key=lambda path: path.stat().st_size)
    needed = [argument for name in extras for argument in ("--add-needed", name)]
    subprocess.run([str(binary), "patchelf", *needed, str(largest)], check=True)
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
