"""Measures the reuse between two versions of a library: a real one, and one that is built twice."""

import random
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from measuring import markdown, trees
from measuring.work import fresh, log
from measuring.worker_client import Worker

PREVIOUS = "jax_cuda12_pjrt-0.12.0-py3-none-manylinux_2_27_x86_64.whl"
"""The version before the one in tests/wheels.txt; benches/warm/wheels.txt has its hash."""

FUNCTIONS = 600

GPU_BYTES = 64 << 20
"""Bytes of GPU code in the second library, as CUDA libraries have."""


def source(functions: int, changed: bool) -> str:
    """Returns C++ source with many functions that use templates; `changed` alters one of them."""
    lines = ["#include <map>", "#include <string>", "#include <vector>", "#include <algorithm>"]
    for number in range(functions):
        is_changed = changed and number == functions // 4
        extra = "total = total * 31 + (long)key.size(); table[key] ^= 5;" if is_changed else ""
        lines.append(
            f'extern "C" long function_{number}(const std::vector<long>& in) {{'
            f" std::map<std::string, long> table; long total = {number * 7919 % 1013};"
            f" for (long value : in) {{ std::string key = std::to_string(value % {number % 97 + 2});"
            f" table[key] += value * {number % 31 + 1}; {extra} }}"
            f" std::vector<long> sorted(in); std::sort(sorted.begin(), sorted.end(),"
            f" [](long a, long b) {{ return a * {number % 13 + 1} < b * {number % 7 + 1}; }});"
            f" for (auto& entry : table) total += entry.second; return total + (sorted.empty() ? 0 : sorted[0]); }}"
        )
    return "\n".join(lines) + "\n"


def build(folder: Path, functions: int, gpu_code: bytes, changed: bool) -> tuple[bytes, bytes]:
    """Compiles and links the library as a release build does: without and with GPU code."""
    (folder / "library.cc").write_text(source(functions, changed))
    (folder / "gpu.bin").write_bytes(gpu_code)
    (folder / "gpu.s").write_text('.section .nv_fatbin,"a"\n.balign 8\n.incbin "gpu.bin"\n.section .note.GNU-stack\n')

    def run(*command: str) -> None:
        subprocess.run(command, check=True, cwd=folder)

    run("g++", "-O2", "-g0", "-fPIC", "-c", "library.cc")
    run("g++", "-shared", "-o", "plain.so", "library.o")
    run("g++", "-shared", "-o", "cuda.so", "library.o", "gpu.s")
    return (folder / "plain.so").read_bytes(), (folder / "cuda.so").read_bytes()


def gpu_code(library: bytes) -> bytes:
    """Returns GPU code of the library in tests/wheels.txt, whose `.nv_fatbin` spans 43 to 175 MB."""
    return library[48_000_000 : 48_000_000 + GPU_BYTES] or library


def share(binary: Path, work: Path, threads: int, old: bytes, new: bytes) -> float:
    """Returns the share of the new library's bytes that a worker reuses after packing the old library."""
    folder = fresh(work / "library")
    arguments = ["pack", "--json", "--distribution=library", "--version=1.0", "--member=library.so=library.so"]
    reused = 0.0
    with Worker(binary, threads, folder) as worker:
        for content in (old, new):
            (folder / "library.so").write_bytes(content)
            _, summary = worker.asked([*arguments, "--out=library-1.0-py3-none-any.whl"])
            reused = summary["bytes_reused"] / len(content)
    return reused


def member(wheel: Path, suffix: str) -> bytes:
    """Returns the largest member of a wheel with a suffix."""
    with zipfile.ZipFile(wheel) as archive:
        found = max((it for it in archive.infolist() if it.filename.endswith(suffix)), key=lambda it: it.file_size)
        return archive.read(found)


@dataclass(frozen=True)
class Version:
    """One version of a library."""

    label: str
    name: str
    content: bytes


def pairs(work: Path, quick: bool) -> Iterator[tuple[Version, Version]]:
    """Yields two versions of each library: one is built twice, without and with GPU code, one is real."""
    current = random.Random(0).randbytes(8 << 20)
    if not quick:
        current = member(trees.find_wheel("jax-cuda12-pjrt", None), ".so")
    folder = fresh(work / "build")
    log("building a C++ library twice")
    code = gpu_code(current)
    functions = FUNCTIONS // 20 if quick else FUNCTIONS
    old, new = build(folder, functions, code, False), build(folder, functions, code, True)
    shutil.rmtree(folder)
    if old[0] == new[0]:
        raise SystemExit("error: the change is missing in the library")
    labels = (f"{functions} functions of C++", "the same, with GPU code of jax-cuda12-pjrt")
    for label, before, after in zip(labels, old, new, strict=True):
        yield Version(label, "as built", before), Version(label, "one function changed", after)
    if quick:
        return
    table = Path(__file__).resolve().parent / "wheels.txt"
    before, label = member(trees.find_wheel(PREVIOUS, None, table), ".so"), "jax-cuda12-pjrt"
    yield Version(label, "0.12.0", before), Version(label, "0.12.0.1", current)


def reuse(binary: Path, work: Path, threads: int, quick: bool) -> list[list[str]]:
    """Returns the rows of the report."""
    rows = []
    for before, after in pairs(work, quick):
        log(f"{after.label}, {after.name}")
        kept = share(binary, work, threads, before.content, after.content)
        size = markdown.megabytes(len(after.content))
        rows.append([after.label, before.name, after.name, size, f"{100 * kept:.1f} %"])
    return rows
