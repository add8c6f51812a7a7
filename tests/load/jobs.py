"""The requests of a soak, and the expected result of each, from a cold process."""

import hashlib
import os
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from subjects import Source, Subjects

OUT = "OUT"
"""Stands in arguments for the directory of the request's outputs."""

COLD = "out/cold"
"""The output directory of these processes, as deep as the directories of the requests."""


@dataclass(frozen=True)
class Job:
    """A request."""

    kind: str
    arguments: tuple[str, ...]
    source: str | None = None
    """The source that it reads, if that source changes."""
    is_output_compared: bool = True
    """Whether its output is compared, and not only its exit code."""

    def command(self, out: str) -> list[str]:
        """Its arguments, with the directory for its outputs."""
        return [argument.replace(OUT, out) for argument in self.arguments]


@dataclass(frozen=True)
class Result:
    """The exit code of a request, its output, and a digest of each file that it wrote."""

    exit_code: int
    text: str
    made: tuple[tuple[str, str], ...]


def made(directory: Path) -> tuple[tuple[str, str], ...]:
    """Everything in a directory: files by digest and run bit, links by target, directories."""
    found = []
    for path, directories, files in os.walk(directory):
        for name in directories + files:
            whole = os.path.join(path, name)
            if os.path.islink(whole):
                what = "-> " + os.readlink(whole)
            elif name in directories:
                what = "directory"
            else:
                with open(whole, "rb") as file:
                    what = hashlib.file_digest(file, "sha256").hexdigest()
                what += " x" if os.access(whole, os.X_OK) and is_executable(whole) else ""
            found.append((os.path.relpath(whole, directory), what))
    return tuple(sorted(found))


def is_executable(path: str) -> bool:
    """Whether a file has an executable bit; root may run a file with any."""
    return bool(os.stat(path).st_mode & 0o111)


def cold(binary: Path, work: Path, job: Job) -> Result:
    """Returns the result of a request in a cold process."""
    directory = work / COLD
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    done = subprocess.run(
        [str(binary), *job.command(COLD)],
        cwd=work,
        env={"WHEELWORKS_FAULTS": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
    )
    text = (done.stderr + done.stdout).decode().replace(COLD, OUT)
    result = Result(done.returncode, text if job.is_output_compared else "", made(directory))
    shutil.rmtree(directory)
    return result


def declared(source: Source) -> list[str]:
    """The options that name the members of a source and its metadata."""
    options = ["--distribution", source.name.replace("_", "-"), "--version", "1.0"]
    prefix = f"in/{source.name}/"
    return options + [f"--member={path.removeprefix(prefix)}={path}" for path in source.members]


def packs(source: Source) -> Iterator[Job]:
    """Requests that read sources."""
    changing = source.name if source.hot else None
    options = declared(source)
    distribution = source.name
    native = source.members[-1].endswith(".so")
    platform = "linux_x86_64" if native else "any"
    wheel = f"{OUT}/{distribution}-1.0-py3-none-{platform}.whl"
    base = ["pack", "--out", wheel, "--platform-tag", platform, *options]
    size = "medium" if source.name.startswith("medium") else "small"
    for level in (0, 1, 6, 9):
        job = Job(f"pack {size}", (*base, f"--compression-level={level}"), changing)
        yield job
    yield Job(f"pack {size}", (*base, "--timestamp", "1700000000", "--no-chunk-table"), changing)
    if native:
        yield Job("pack audited", (*base, "--audit", f"{OUT}/audit.json"), changing)
        refused = (*base, "--require", "manylinux_2_5_x86_64", "--audit", f"{OUT}/audit.json")
        yield Job("pack audited", refused, changing)
    if size == "small":
        yield Job("sdist", ("sdist", "--out", f"{OUT}/{distribution}-1.0.tar.gz", *options), changing)
        yield Job("editable", ("editable", "--out", f"{OUT}/editable", *options), changing)


def reads(wheel: str, is_repacked: bool = True, source: str | None = None) -> Iterator[Job]:
    """Requests that read a wheel."""
    yield Job("unpack", ("unpack", wheel, "-d", f"{OUT}/tree"), source)
    yield Job("unpack", ("unpack", "--out", f"{OUT}/tree", "--wheel", wheel), source)
    yield Job("audit", ("audit", "--no-host", "--allow-pure-python-wheel", wheel), source)
    yield Job("audit", ("show", "--json", "--allow-pure-python-wheel", wheel), source)
    yield Job("audit", ("lddtree", "--no-host", "--json", wheel), source)
    yield Job("check", ("check", wheel), source)
    yield Job("check", ("check", "--report", "json", "--output", f"{OUT}/c.json", wheel), source)
    if is_repacked:
        yield Job("repack", ("repack", wheel, "-w", f"{OUT}/dist"), source)
        yield Job("repack", ("repack", wheel, "-w", f"{OUT}/dist", "--compression-level=1"), source)


def broken(subjects: Subjects, wheel: bytes) -> Iterator[Job]:
    """Requests that must fail, each for its own reason."""
    member = "--member=x/__init__.py=in/pure0/pure0/__init__.py"
    pack = ("pack", "--distribution", "x", "--version", "1.0", member)
    out = ("--out", f"{OUT}/x-1.0-py3-none-any.whl")
    lines = [
        (),
        ("bake",),
        ("pack",),
        (*pack, *out, "--compression-level=13"),
        (*pack, "--out", f"{OUT}/y-1.0-py3-none-any.whl"),
        (*pack, "--out", f"{OUT}/absent/x-1.0-py3-none-any.whl"),
        (*pack, *out, "--member=y.py=in/absent.py"),
        (*pack, *out, "--member=y.py=in/pure0"),
        (*pack, *out, "--member=../y.py=in/pure0/pure0/module0.py"),
        (*pack, *out, "--member=x/__init__.py=in/pure0/pure0/module0.py"),
        (*pack, *out, "--requires-dist=numpy>>2"),
        (*pack, *out, "--entry-point=console_scripts:x"),
        ("pack", *out, "--distribution", "x", "--version", "one", member),
        ("pack", "in/pure0", "-w", OUT),
        ("@in/absent.params",),
        ("sdist", "--out", f"{OUT}/x-1.0.zip", "--distribution", "x", "--version", "1.0", member),
        ("unpack", "in/absent.whl", "-d", f"{OUT}/tree"),
        ("audit", "in/pure0/pure0/module0.py"),
        ("fault", "--sleep-ms", "20", "--say", "late"),
    ]
    yield from (Job("broken", line) for line in lines)
    yield Job("broken", ("fault", "--panic"), is_output_compared=False)
    for name, content in damaged(wheel).items():
        path = subjects.write(f"damaged/{name}/small0-1.0-py3-none-linux_x86_64.whl", content)
        yield Job("broken", ("unpack", path, "--check-record", "-d", f"{OUT}/tree"))
        yield Job("broken", ("audit", "--no-host", path))
        yield Job("broken", ("check", path))
        yield Job("broken", ("repack", path, "-w", f"{OUT}/dist"))


def damaged(wheel: bytes) -> dict[str, bytes]:
    """Damaged copies of a valid wheel."""
    middle = len(wheel) // 2
    flipped = bytearray(wheel)
    flipped[middle] ^= 0x10
    end = wheel.rindex(b"PK\5\6")
    lying = bytearray(wheel)
    struct.pack_into("<H", lying, end + 10, 60_000)
    return {
        "cut": wheel[:middle],
        "empty": b"",
        "flipped": bytes(flipped),
        "counted": bytes(lying),
        "trailing": wheel + b"more",
    }


def other_wheels(subjects: Subjects, work: Path, wheel: Path) -> list[str]:
    """Rewrites a wheel with Python's zipfile, deflated and stored."""
    paths = []
    for name, method in (("deflated", zipfile.ZIP_DEFLATED), ("stored", zipfile.ZIP_STORED)):
        path = subjects.root / name / wheel.name
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(path, "w", method) as target:
            for info in source.infolist():
                target.writestr(info.filename, source.read(info))
        paths.append(str(path.relative_to(work)))
    return paths


def all_jobs(binary: Path, work: Path, subjects: Subjects) -> list[Job]:
    """Returns all distinct requests, and writes the wheels that some of them read."""
    jobs, wheels = [], {}
    sources = list(subjects.sources.values())
    for source in sources:
        own = list(packs(source))
        jobs += own
        plain = next(job for job in own if "--compression-level=6" in job.arguments)
        subjects.root.joinpath("wheels").mkdir(exist_ok=True)
        command = [str(binary), *plain.command("in/wheels")]
        subprocess.run(command, cwd=work, check=True, capture_output=True)
    for path in sorted((subjects.root / "wheels").iterdir()):
        wheels[path.name.partition("-")[0]] = path
    for name, path in wheels.items():
        jobs += reads(str(path.relative_to(work)))
        if name in ("small1", "medium1"):
            for other in other_wheels(subjects, work, path):
                jobs += reads(other)
    jobs += broken(subjects, wheels["small0"].read_bytes())
    changing = changing_wheel(subjects, [wheels[f"small{index}"] for index in range(4)])
    jobs += reads(changing, is_repacked=False, source="hot_wheel")
    return jobs


def changing_wheel(subjects: Subjects, wheels: list[Path]) -> str:
    """A wheel whose content alternates."""
    contents = [path.read_bytes() for path in wheels]
    path = subjects.write("hot_wheel/example-1.0-py3-none-linux_x86_64.whl", contents[0])
    subjects.sources["hot_wheel"] = Source("hot_wheel", [path], path, contents)
    return path


def expectations(
    binary: Path, work: Path, subjects: Subjects, jobs: list[Job]
) -> dict[tuple[Job, int], Result]:
    """Returns the result of each request for each content of its source."""
    expected = {}
    for source in [None, *(it for it in subjects.sources.values() if it.hot)]:
        name = source.name if source else None
        own = [job for job in jobs if job.source == name]
        for number in range(len(source.variants) if source else 1):
            if source:
                subjects.set_variant(source, number, "replace")
            for job in own:
                expected[job, number] = cold(binary, work, job)
    return expected
