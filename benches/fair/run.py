"""Measures the latency of small requests while a worker is busy with large ones.

    python3 benches/fair/run.py --binary PATH [--seconds N] [--quick]

One worker always has N large requests in flight: the next is sent as soon as one is answered. Meanwhile
small requests are sent one at a time, with a pause between them, and timed. A large request packs or
unpacks LARGE_FILES files and one library, which takes seconds. The three kinds of small requests print the
version, pack ten modules, and check the wheel of these modules. The worker caches nothing
(`--cache-memory=0`), so every request does all of its work. The script writes its part of
`benches/RESULTS.md` from this run only.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from measuring import machine, markdown, results
from measuring.conversation import Conversation
from measuring.work import log, pin
from measuring.worker_protocol import Response, request

SCRIPT = "benches/fair/run.py"

BESIDE = (0, 1, 4, 8, 16)
"""Numbers of large requests in flight."""

LARGE_FILES, LARGE_FILE = 1200, 64 << 10
LIBRARY = 96 << 20

PAUSE = 0.01
"""Seconds between a small request's answer and the next one."""


@dataclass
class Inputs:
    """Arguments of the requests, by name."""

    small: dict[str, list[str]] = field(default_factory=dict)
    large: dict[str, list[str]] = field(default_factory=dict)


def make_up(work: Path, binary: Path, share: int) -> Inputs:
    """Writes the same inputs in every run. `share` divides the size of the large ones."""
    generator = random.Random(0)
    words = [generator.randbytes(generator.randint(2, 9)) for _ in range(4000)]
    block = b"".join(generator.choices(words, k=(8 << 20) // 5))

    def part(size: int) -> bytes:
        begin = generator.randrange(len(block) - LARGE_FILE)
        return (block[begin:] + block * (size // len(block) + 1))[:size]

    contents = {"lib/library.so": b"\x7fELF" + part(LIBRARY // share)}
    contents |= {f"lib/data{index}.bin": part(LARGE_FILE) for index in range(LARGE_FILES // share)}
    modules = {f"small/module{index}.py": part(2000) for index in range(10)}
    for name, content in (contents | modules).items():
        path = work / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)

    def pack(names: list[str], distribution: str, out: str) -> list[str]:
        members = [f"--member={name}={name}" for name in names]
        wheel = f"{out}/{distribution}-1.0-py3-none-any.whl"
        return ["pack", "--out", wheel, "--distribution", distribution, "--version", "1.0", *members]

    made = Conversation([str(binary), "--persistent_worker"], {}, work, 600)
    for number, (names, distribution) in enumerate([(contents, "large"), (modules, "little")], 1):
        (work / "wheels").mkdir(exist_ok=True)
        made.send(request(pack(list(names), distribution, "wheels"), number), number)
    while made.open:
        assert not any(answer.exit_code for answer in made.receive(1))
    made.finish()
    wheel = "wheels/{}-1.0-py3-none-any.whl"
    return Inputs(
        small={
            "version": ["--version"],
            "pack": pack(list(modules), "little", "OUT"),
            "check": ["check", "--exit-zero", wheel.format("little")],
        },
        large={
            "pack": pack(list(contents), "large", "OUT"),
            "unpack": ["unpack", "--replace", wheel.format("large"), "-d", "OUT/tree"],
        },
    )


class Busy:
    """A worker with `beside` large requests in flight."""

    def __init__(self, binary: Path, work: Path, large: list[str], beside: int) -> None:
        command = [str(binary), "--persistent_worker", "--cache-memory=0"]
        self.worker = Conversation(command, {}, work, 600)
        self.work, self.large = work, large
        self.next_id, self.large_done = 1, 0
        self.directories: dict[int, str] = {}
        for index in range(beside):
            self.send(large, f"out/large{index}")

    def send(self, arguments: list[str], directory: str) -> int:
        """Sends one request with outputs in a directory, and returns its id."""
        (self.work / directory).mkdir(parents=True, exist_ok=True)
        number, self.next_id = self.next_id, self.next_id + 1
        self.directories[number] = directory
        command = [argument.replace("OUT", directory) for argument in arguments]
        self.worker.send(request(command, number), number)
        return number

    def take(self, answer: Response) -> None:
        """Handles a response; after a large request, sends the next one."""
        assert answer.exit_code == 0, answer
        directory = self.directories.pop(answer.request_id)
        if directory != "out/small":
            self.large_done += 1
            self.send(self.large, directory)

    def ask(self, arguments: list[str]) -> float:
        """Returns the seconds until a small request is answered."""
        began = time.perf_counter()
        number = self.send(arguments, "out/small")
        while number in self.worker.open:
            for answer in self.worker.receive(1):
                self.take(answer)
        return time.perf_counter() - began

    def pause(self) -> None:
        """Handles responses for PAUSE seconds without sending small requests."""
        end = time.monotonic() + PAUSE
        while (left := end - time.monotonic()) > 0:
            for answer in self.worker.receive(left):
                self.take(answer)


def percentile(times: list[float], share: float) -> float:
    """Returns the time that a share of all times does not exceed."""
    return sorted(times)[min(int(len(times) * share), len(times) - 1)]


def measure(
    binary: Path, work: Path, inputs: Inputs, large: str, beside: int, seconds: float
) -> list[str]:
    """Returns one row of the table."""
    busy = Busy(binary, work, inputs.large[large], beside)
    times: dict[str, list[float]] = {name: [] for name in inputs.small}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for name, arguments in inputs.small.items():
            busy.pause()
            times[name].append(busy.ask(arguments))
    busy.worker.kill()
    cells = [
        f"{statistics.median(own) * 1e3:.1f} / {percentile(own, 0.99) * 1e3:.1f} / {max(own) * 1e3:.1f}"
        for own in times.values()
    ]
    row = [large if beside else "none", str(beside), *cells, str(len(times["pack"]))]
    log(" | ".join(row))
    return row


def main() -> None:
    """Measures, and writes its part of RESULTS.md."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True, help="the wheelworks to measure")
    parser.add_argument("--seconds", type=float, default=20, help="seconds of each measurement")
    parser.add_argument("--quick", action="store_true", help="small inputs; write nothing")
    arguments = parser.parse_args()
    binary = arguments.binary.resolve()
    pin(2)
    with tempfile.TemporaryDirectory(prefix="wheelworks-fair.") as directory:
        work = Path(directory)
        inputs = make_up(work, binary, 16 if arguments.quick else 1)
        seconds = 1 if arguments.quick else arguments.seconds
        rows = [
            measure(binary, work, inputs, large, beside, seconds)
            for large in inputs.large
            for beside in (BESIDE[1:2] if arguments.quick else BESIDE)
            if beside or large == "pack"
        ]
        head = ["large", "in flight", *(f"{name}, ms" for name in inputs.small), "requests of each kind"]
        lines = [
            "## Small requests beside large ones",
            "",
            f"`{machine.command_line(SCRIPT)}`",
            "",
            markdown.table(head, rows),
            "- Milliseconds from sending a small request to its response: median / 99th percentile / maximum.",
            "- A large request packs or unpacks 1,200 files of 64 KiB and a library of 96 MiB.",
            "",
            markdown.facts(machine.describe(binary, 2, work, [])),
        ]
    if arguments.quick:
        print("\n".join(lines))
    else:
        results.replace_part(results.PATH, SCRIPT, "\n".join(lines))


if __name__ == "__main__":
    main()
