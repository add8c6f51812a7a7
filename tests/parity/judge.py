"""Runs a tool with a verb `show`, and caches the answers of auditwheel."""

import contextlib
import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from glob import glob
from pathlib import Path

from wheels import Wheel, cache_dir

PATIENCE = 3600
"""Timeout of a tool in seconds. auditwheel takes minutes for the largest wheels."""

CRASH = "Traceback (most recent call last)"
"""The begin of an uncaught exception. auditwheel's exit code is the same as for an error."""


@dataclass(frozen=True)
class Answer:
    """The result of one run of a tool."""

    exit: int
    stdout: str
    message: str
    """The last line of stderr."""
    crashed: bool
    seconds: float

    def json(self) -> object:
        """Returns the output as JSON, or None if it is not JSON."""
        try:
            return json.loads(self.stdout)
        except ValueError:
            return None


Answers = dict[str, Answer]
"""The runs of a tool on one wheel, by the name of the question."""


def questions(wheel: Wheel) -> dict[str, list[str]]:
    """The options of each run, the same for both tools."""
    asked = {"json": ["--json"]}
    if wheel.is_pure_by_name:
        asked["pure"] = ["--json", "--allow-pure-python-wheel"]
    return asked | {"text": []}


def ask(tool: list[str], options: list[str], wheel: Path) -> Answer:
    """Runs `show` without variables and files of the caller that could change the output."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    # The judge keeps libraries in sets: their order, which seldom matters, hangs on this seed.
    environment = kept | {"LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"}
    with tempfile.TemporaryDirectory(prefix="parity-") as directory:
        began = time.monotonic()
        done = subprocess.run(
            [*tool, "show", *options, str(wheel)],
            cwd=directory,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE,
        )
        seconds = time.monotonic() - began
    message = (done.stderr.strip().splitlines() or [""])[-1]
    crashed = CRASH in done.stderr
    return Answer(done.returncode, done.stdout, message, crashed, round(seconds, 3))


class Judge:
    """auditwheel of the running Python, with a cache of its answers.

    A cached answer is used for the same wheel under the same name, as long as auditwheel, its ELF
    library, Python and the libraries of the host are the same: a verdict depends on whether a
    dependency is found on the host, and on what it needs itself. So the key contains the directories
    of ld.so.conf and those that are always searched, with size, time and target of each library in
    them. It does not contain directories of the host that only an RPATH names; `--no-judge-cache`
    ignores the cache.

    Text output of large wheels is not compared: the compared sentence follows from the JSON, as the
    small wheels show.
    """

    def __init__(self, use_cache: bool) -> None:
        self.tool = [sys.executable, "-m", "auditwheel"]
        self.use_cache = use_cache
        version = importlib.metadata.version("auditwheel")
        self.directory = cache_dir() / "parity" / version
        self.versions = {
            "auditwheel": version,
            "pyelftools": importlib.metadata.version("pyelftools"),
            "python": platform.python_version(),
            "libraries": libraries_of_host(),
        }

    def answers(self, wheel: Wheel) -> Answers:
        asked = {
            name: options
            for name, options in questions(wheel).items()
            if name != "text" or wheel.small
        }
        key = self.versions | {"wheel": wheel.file_name, "questions": asked}
        kept = self.directory / f"{wheel.sha256}.json"
        if self.use_cache:
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                saved = json.loads(kept.read_text())
                if saved["key"] == key:
                    return {name: Answer(**answer) for name, answer in saved["answers"].items()}
        answers = {name: ask(self.tool, options, wheel.path) for name, options in asked.items()}
        self.directory.mkdir(parents=True, exist_ok=True)
        partial = kept.with_suffix(f".{os.getpid()}")
        content = {"key": key, "answers": {name: asdict(each) for name, each in answers.items()}}
        partial.write_text(json.dumps(content, indent=1))
        partial.replace(kept)
        return answers


def libraries_of_host() -> str:
    """Returns one hash of all libraries that auditwheel may find on this machine."""
    seen = hashlib.sha256()
    always = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"]
    for directory in dict.fromkeys(directories_of_loader("/etc/ld.so.conf") + always):
        seen.update(f"{directory}\n".encode())
        with contextlib.suppress(OSError):
            for entry in sorted(os.scandir(directory), key=lambda entry: entry.name):
                if ".so" in entry.name:
                    status = entry.stat(follow_symlinks=False)
                    target = os.readlink(entry.path) if entry.is_symlink() else ""
                    row = f"{entry.name} {status.st_size} {status.st_mtime_ns} {target}\n"
                    seen.update(row.encode(errors="surrogateescape"))
    for path in sorted(glob("/etc/ld-musl-*.path") + glob("/lib/libc.musl-*.so.1")):
        seen.update(path.encode() + Path(path).read_bytes())
    return seen.hexdigest()


def directories_of_loader(conf: str) -> list[str]:
    """Returns the directories in ld.so.conf and the files that it includes."""
    found = []
    with contextlib.suppress(OSError):
        for line in Path(conf).read_text().splitlines():
            words = line.split("#", 1)[0].split()
            if words[:1] == ["include"]:
                for pattern in words[1:]:
                    for path in sorted(glob(os.path.join(os.path.dirname(conf), pattern))):
                        found += directories_of_loader(path)
            elif words:
                found.append(words[0])
    return found
