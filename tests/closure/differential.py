#!/usr/bin/env python3
"""Compares `wheelworks closure` with what the loader of this machine does with the same wheels.

    tests/closure/differential.py [--binary WHEELWORKS] [--table] [NAME...]

closures.txt lists the closures. Each is unpacked as an installer would lay it out. Every shared library in it is then
loaded by `ctypes.CDLL`, with all symbols bound, in a process of its own, and extension modules are imported so, too.
These answers count as wrong:

- "loads": the loader fails, and `closure` reports no problem with the library, symbol or version that it names.
- "fails": `closure` reports a problem of a file, and the loader loads that file.
- "imports": a module is imported and not loaded, or the other way round.
- "binds": `closure --bindings` says that a file defines a symbol, and the loader (LD_DEBUG=bindings) took another one:
  `REPORTED>TAKEN`.

differences.txt lists the wrong answers that have a reason; another one, or a reason without a difference, fails the
command. `--table` prints the differences that were found in its form. `--big` adds the closures marked `big`.
"""

import argparse
import collections
import json
import mmap
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile

from bindings import Compared, reported

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# The rules that say that a file does not load.
RULES = {
    "file-not-loadable",
    "library-not-found",
    "library-not-on-path",
    "loads-after-others",
    "needed-by-path",
    "plugin-library-not-found",
    "plugin-loads-after-host",
    "symbol-version-not-found",
    "undefined-symbol",
}
# The rules that say that it does not load on some machines, of which this may be one.
MAYBE = {"executable-stack-needed", "needs-driver", "needs-libpython", "static-tls", "version-not-promised"}

def wheels_of_table():
    """Returns the rows of wheels.txt by `name==version`."""
    rows = {}
    for line in (HERE / "wheels.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, version, file_name, _ = line.split()
            rows[f"{name}=={version}"] = (name, file_name)
    return rows


def closures():
    """Yields the name, the Python version, the mark and the wheels of each closure."""
    for line in (HERE / "closures.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, python, mark, *wheels = line.split()
            if python == "any":
                python = f"{sys.version_info.major}.{sys.version_info.minor}"
            yield name, python, mark, wheels


def fetch(file_names):
    """Returns the paths of wheels."""
    command = [ROOT / "scripts/fetch-wheels", "--table", HERE / "wheels.txt", *file_names]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    paths = {os.path.basename(path): path for path in done.stdout.splitlines()}
    return [paths[name] for name in file_names]


def unpack(wheel, prefix, site):
    """Lays out a wheel. Returns the installed paths by their paths in the wheel."""
    installed = {}
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.namelist():
            if member.endswith("/"):
                continue
            target = site / member
            data = re.match(r"[^/]*\.data/([a-z]+)/(.*)", member)
            if data:
                places = {"purelib": site, "platlib": site, "scripts": prefix / "bin", "data": prefix}
                target = places.get(data[1], prefix / "include") / data[2]
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, open(target, "wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
            installed[member] = target
    return installed


def is_library(path):
    """Returns whether a file is a shared library for this machine, and no program."""
    with open(path, "rb") as file:
        head = file.read(64)
        if len(head) < 64 or head[:6] != b"\x7fELF\x02\x01":
            return False
        kind, machine = struct.unpack_from("<HH", head, 16)
        (headers,) = struct.unpack_from("<Q", head, 32)
        entry_len, count = struct.unpack_from("<HH", head, 54)
        if (kind, machine) != (3, 62):
            return False
        file.seek(headers)
        table = file.read(entry_len * count)
    kinds = [struct.unpack_from("<I", table, at)[0] for at in range(0, len(table), entry_len or 56)]
    return 3 not in kinds and 2 in kinds


def is_module(path):
    """Returns whether a shared library has the entry point of a module of its name."""
    name = path.name.split(".", 1)[0]
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(f"\0PyInit_{name}\0".encode()) >= 0


def load(python, paths, modules, work):
    """Returns what the loader says of each file and each imported module, and what it binds, by path."""
    log = work / "log"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "LD_DEBUG": "bindings",
        "LD_DEBUG_OUTPUT": str(log),
    }
    lines = [*map(str, paths), *(f"import {path}" for path in modules)]
    done = subprocess.run(
        [python, "-I", HERE / "load.py", log],
        input="\n".join(lines),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(lines), f"{len(answers)} answers for {len(lines)} files"
    return {answer["path"]: answer for answer in answers}


def named(said):
    """Returns the library, symbol or version that a message of the loader names."""
    for pattern in (
        r"^(\S+): cannot open shared object file",
        r"undefined symbol: ([^\s,]+)",
        r"version `([^']+)' not found",
        r"symbol (\S+) version \S+ not defined",
    ):
        found = re.search(pattern, said)
        if found:
            return found[1]
    return said.rsplit(":", 1)[-1].strip().replace(" ", "-")


def interpreter(version):
    """Returns the path of an installed Python of a version, or None: on PATH, or of pyenv."""
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv"))
    own = sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}"))
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    for candidate in [shutil.which(f"python{version}"), *own]:
        if candidate and not subprocess.run([candidate, "-c", ""], capture_output=True).returncode:
            return str(candidate)
    return None


def compare(name, version, python, paths, binary, work, totals):
    """Yields the wrong answers about one closure: its name, the file, the answer, and what it is about. Counts in `totals`."""
    prefix = work / "prefix"
    site = prefix / f"lib/python{version}/site-packages"
    installed = {}
    for wheel in paths:
        installed.update(unpack(wheel, prefix, site))
    command = [binary, "closure", "--report=json", "--bindings", "--exit-zero", f"--python-version={version}", *paths]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    report = json.loads(done.stdout)
    problems = [it for it in report["problems"] if it["rule"] in RULES | MAYBE]
    names = {it["name"] for it in problems}
    # The loader names no library and no symbol for these.
    texts = {("static TLS block", it["file"]) for it in problems if it["rule"] == "static-tls"}
    # One symbol of several is named for these; the loader names another one.
    texts |= {
        ("undefined symbol", it["file"])
        for it in problems
        if it["rule"] == "loads-after-others" and re.search(r"it lacks (?!1 )\d+ symbols", it["detail"])
    }
    outside = {it["library"] for it in report["not_looked_at"]}
    libraries = {member: path for member, path in installed.items() if is_library(path)}
    modules = [path for path in libraries.values() if is_module(path)]
    answers = load(python, libraries.values(), modules, work)
    said = {path: answer["said"] for path, answer in answers.items()}
    for path in modules:
        # Python loads a module as `ctypes` loads a library.
        if bool(said[f"import {path}"]) != bool(said[str(path)]):
            yield name, str(path.relative_to(site)), "imports", named(said[f"import {path}"] or said[str(path)])
    compared, symbols = Compared(installed), reported(report)
    for member, path in libraries.items():
        if not said[str(path)]:
            compared.add(member, symbols.get(member, {}), answers[str(path)]["bound"])
    for (member, definers), found in sorted(compared.other.items()):
        print(f"{name}: {member}: {definers}: {len(found)} symbols, such as {found[0]}", file=sys.stderr)
        yield name, member, "binds", definers.replace(" ", "-")
    failures = 0
    for member, path in sorted(libraries.items()):
        text = said[str(path)]
        failures += bool(text)
        about = named(text) if text else ""
        # A library from outside may be missing here.
        is_told = any(part in text and member == file for part, file in texts)
        if text and about not in names and about not in outside and not is_told:
            yield name, member, "loads", about
    for problem in problems:
        path = libraries.get(problem["file"])
        if path and problem["rule"] in RULES and not said[str(path)]:
            yield name, problem["file"], "fails", problem["name"]
    kinds = sorted({it["rule"] for it in problems})
    other = sum(map(len, compared.other.values()))
    print(
        f"{name}: {len(libraries)} libraries, {failures} fail here, {len(modules)} are imported, too; "
        f"{compared.same} symbols bound as reported, {other} to another file; {compared.own} own definitions, "
        f"{compared.interposed} interposed; {' '.join(kinds) or 'no problem'}",
        file=sys.stderr,
    )
    totals["same"] += compared.same
    totals["other"] += other
    totals["own"] += compared.own
    totals["modules"] += len(modules)
    totals["libraries"] += len(libraries)


def known_differences():
    """Returns the reasons of the known differences, by closure, file, answer and name."""
    known = {}
    for line in (HERE / "differences.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            fields = line.split(maxsplit=4)
            known[tuple(fields[:4])] = fields[4]
    return known


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=ROOT / "target/x86_64-unknown-linux-gnu/debug/wheelworks")
    parser.add_argument("--big", action="store_true")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    table = wheels_of_table()
    known = known_differences()
    used, wrong, count, pythons = set(), 0, 0, {}
    totals = collections.Counter()
    for name, python, mark, wheels in closures():
        if options.names and name not in options.names or mark == "big" and not options.big and not options.names:
            known = {key: reason for key, reason in known.items() if key[0] != name}
            continue
        if python not in pythons:
            pythons[python] = interpreter(python)
        if not pythons[python]:
            print(f"{name}: skipped, there is no Python {python}", file=sys.stderr)
            known = {key: reason for key, reason in known.items() if key[0] != name}
            continue
        count += 1
        paths = fetch([table[wheel][1] for wheel in wheels])
        with tempfile.TemporaryDirectory(prefix="wheelworks-closure-") as work:
            work = pathlib.Path(work).resolve()
            for difference in compare(name, python, pythons[python], paths, options.binary, work, totals):
                used.add(difference)
                if options.table:
                    print(*difference, known.get(difference, "?"))
                elif difference not in known:
                    wrong += 1
                    print("wrong:", *difference, file=sys.stderr)
    for difference in known.keys() - used:
        wrong += 1
        print("no such difference:", *difference, file=sys.stderr)
    print(
        f"{totals['libraries']} libraries, {totals['modules']} imported modules; {totals['same']} symbols bound as "
        f"reported, {totals['other']} to another file; {totals['own']} own definitions"
    )
    print(f"{count} closures, {len(used)} known differences, {wrong} wrong answers")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
