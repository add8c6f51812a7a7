"""Soak test: mixed requests to one worker, many at once; each is answered once and correctly.

    python3 tests/load/soak.py --binary PATH [--requests N] [--minutes N] [--seed N] [--record]

About a hundred distinct requests pack, audit, check, unpack and repack generated sources and wheels, or are
invalid. For each, a cold process first produces the expected outputs and messages. Then the requests
are sent in random order, OPEN at a time. Some are cancelled, and sources change between requests and while
they run. After each response the output directory holds the expected files and nothing else. From time to
time the soak waits for all responses and counts memory, threads and descriptors: they must not grow.
tests/load/can_fail.py shows that each of these checks can fail. `--record` writes samples, plots and the part
of RELIABILITY.md about long runs.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "benches"), str(HERE)]

import record
from counts import Counts
from jobs import OUT, Job, Result, all_jobs, expectations, made
from measuring.conversation import Broken, Conversation
from measuring.work import log
from measuring.worker_protocol import Response, request
from samples import Samples
from subjects import VARIANTS, Source, Subjects

OPEN = 32
"""Requests that are open at once."""

WEIGHTS = {"pack medium": 0.5, "pack audited": 1, "pack small": 1, "broken": 1}
"""The weight of each kind of request in the random choice; the default is 2. Requests whose source changes have
three times their weight."""

CANCELLED, DISTURBED = 0.06, 0.02
"""The share of requests that are cancelled, and the share of requests with a changing source whose source
changes while they run."""

CHANGE_SECONDS = 10.0
"""The longest time between two changes of a source. The worker caches a file only if it has not changed for two or
three seconds: half of the times are longer."""

SOON = 0.3
"""The latest time of a cancel or a change after its request is sent, in seconds; most come early."""

NEVER = float("inf")

PATIENCE = 300
"""Seconds without a response after which the worker counts as hanging."""

RESTS = 40
"""How often the soak waits for all responses and counts."""

SAMPLE_SECONDS = 2.0

NOTICED = "changed while it was read"
"""The message of a request whose source changed while it ran."""


@dataclass
class Sent:
    """A request that is open."""

    job: Job
    directory: str
    variants: set[int]
    """The contents of its source that it may have read."""
    is_disturbed: bool = False
    is_cancelled: bool = False
    cancel_at: float = NEVER
    disturb_at: float = NEVER


class World:
    """The requests, and their expected results."""

    def __init__(self, binary: Path, work: Path, seed: int) -> None:
        self.work = work
        self.subjects = Subjects(work, seed)
        self.jobs = all_jobs(binary, work, self.subjects)
        log(f"{len(self.jobs)} distinct requests; running each in a cold process")
        self.expected = expectations(binary, work, self.subjects, self.jobs)
        sandbox = work / "sandbox"
        sandbox.mkdir()
        for name in ("in", "out"):
            (sandbox / name).symlink_to(f"../{name}")


class Soak:
    """One run."""

    def __init__(
        self,
        world: World,
        worker: list[str],
        seed: int,
        environment: dict[str, str] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self.work, self.subjects = world.work, world.subjects
        self.jobs, self.expected = world.jobs, world.expected
        self.generator = random.Random(seed)
        self.weights = [WEIGHTS.get(job.kind, 2) * (3 if job.source else 1) for job in self.jobs]
        self.changing = [it for it in self.subjects.sources.values() if it.hot]
        for source in self.changing:
            source.readers, source.is_waited_for = 0, False
        self.conversation = Conversation(worker, environment or {}, self.work, patience)
        self.samples = Samples(self.conversation.process.pid)
        self.sent: dict[int, Sent] = {}
        self.counts = Counts()
        self.next_id = 1
        self.next_sample = 0.0

    def run(self, requests: int, minutes: float = 0) -> None:
        """Sends that many requests, or more until the time is over, and receives their responses."""
        end = time.monotonic() + minutes * 60
        until = 0
        while until < requests or time.monotonic() < end:
            until += max(requests // RESTS, 1)
            while self.next_id <= until:
                while len(self.sent) < OPEN and self.next_id <= until:
                    self.send()
                self.listen(0.02)
            while self.sent:
                self.listen(0.02)
            self.samples.take(self.conversation.answered, True)
        if self.conversation.answered != until:
            raise Broken(f"{self.conversation.answered} answers to {until} requests")

    def listen(self, wait: float) -> None:
        """Receives responses until the next due cancel or change, and does what is due."""
        now = time.monotonic()
        for number, sent in self.sent.items():
            if sent.cancel_at <= now:
                sent.is_cancelled, sent.cancel_at = True, NEVER
                self.conversation.send(request([], number, cancel=True))
            if sent.disturb_at <= now:
                sent.disturb_at = NEVER
                self.disturb(self.subjects.sources[str(sent.job.source)])
        for source in self.changing:
            source.is_waited_for |= source.change_at <= now
            if source.is_waited_for and not source.readers:
                self.change(source)
        for answer in self.conversation.receive(wait):
            self.judge(answer)
        if now >= self.next_sample:
            self.samples.take(self.conversation.answered, False)
            self.next_sample = now + SAMPLE_SECONDS

    def send(self) -> None:
        """Sends one request whose source is not about to change."""
        job = self.generator.choices(self.jobs, self.weights)[0]
        while job.source and self.subjects.sources[job.source].is_waited_for:
            job = self.generator.choices(self.jobs, self.weights)[0]
        number = self.next_id
        self.next_id += 1
        directory = f"out/{number}"
        (self.work / directory).mkdir(parents=True)
        source = self.subjects.sources[job.source] if job.source else None
        sent = Sent(job, directory, {source.current if source else 0})
        inputs = []
        if source and self.generator.random() < 0.3:
            inputs = [(str(source.hot), f"{source.name} {source.current}".encode())]
        if self.generator.random() < CANCELLED:
            sent.cancel_at = self.soon()
        sandbox = "sandbox" if job.is_output_compared and self.generator.random() < 0.2 else ""
        self.sent[number] = sent
        self.counts.kinds[job.kind] += 1
        command = job.command(directory)
        self.conversation.send(request(command, number, inputs, sandbox), number)
        if source:
            source.readers += 1
            if self.generator.random() < DISTURBED:
                sent.disturb_at = self.soon()

    def soon(self) -> float:
        """Returns a random time at which a request that is sent now waits, runs or has ended."""
        return time.monotonic() + self.generator.random() ** 3 * SOON

    def disturb(self, source: Source) -> None:
        """Replaces a file while requests read it."""
        self.subjects.set_variant(source, self.generator.randrange(VARIANTS), "replace")
        self.counts.disturbed += 1
        for sent in self.sent.values():
            if sent.job.source == source.name:
                sent.variants.add(source.current)
                sent.is_disturbed = True

    def change(self, source: Source) -> None:
        """Changes a source that no open request reads. All later requests must notice."""
        way = self.generator.choice(["replace", "write", "backdate"])
        self.subjects.set_variant(source, self.generator.randrange(VARIANTS), way)
        self.counts.changes += 1
        source.is_waited_for = False
        source.change_at = time.monotonic() + self.generator.random() ** 2 * CHANGE_SECONDS

    def judge(self, answer: Response) -> None:
        """Compares a response and its outputs with those of the cold process."""
        sent = self.sent.pop(answer.request_id)
        if sent.job.source:
            self.subjects.sources[sent.job.source].readers -= 1
        directory = self.work / sent.directory
        text = answer.output.replace("sandbox/", "").replace(sent.directory, OUT)
        found = Result(answer.exit_code, text if sent.job.is_output_compared else "", made(directory))
        shutil.rmtree(directory)
        if answer.was_cancelled:
            self.counts.cancelled += 1
            if not sent.is_cancelled:
                self.complain(answer, sent, "was cancelled without a cancel request", found)
            if found.made or (answer.exit_code, answer.output) != (2, ""):
                self.complain(answer, sent, "was cancelled, but has output", found)
            return
        self.counts.in_time += sent.is_cancelled
        if sent.is_disturbed and NOTICED in found.text and not found.made and found.exit_code == 2:
            self.counts.noticed += 1
        elif not any(found == self.expected[sent.job, number] for number in sent.variants):
            self.complain(answer, sent, "differs from the result of a cold process", found)

    def complain(self, answer: Response, sent: Sent, what: str, found: Result) -> None:
        """Ends the run."""
        wanted = [self.expected[sent.job, number] for number in sorted(sent.variants)]
        raise Broken(
            f"request {answer.request_id} {what}\n"
            f"arguments: {sent.job.command(sent.directory)}\n"
            f"contents of its source: {sorted(sent.variants)}\n"
            f"found:    {found}\nexpected: {'; or '.join(map(str, wanted))}"
        )


def main() -> None:
    """Runs the soak; exit code 1 if a check failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True, help="the wheelworks to test")
    parser.add_argument("--requests", type=int, default=100_000, help="minimum number of requests")
    parser.add_argument("--minutes", type=float, default=0, help="minimum duration in minutes")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="seed of the random choices; default: the time")
    parser.add_argument("--record", action="store_true", help="write the results to RELIABILITY.md")
    parser.add_argument("--samples", type=Path, help="write the samples to this CSV file")
    arguments = parser.parse_args()
    binary = arguments.binary.resolve()
    worker = [str(binary), "--persistent_worker", *record.WORKER_OPTIONS]
    log(f"seed {arguments.seed}")
    with tempfile.TemporaryDirectory(prefix="wheelworks-soak.") as work:
        world = World(binary, Path(work), arguments.seed)
        soak = Soak(world, worker, arguments.seed)
        try:
            soak.run(arguments.requests, arguments.minutes)
            soak.conversation.finish()
        except Broken as broken:
            raise SystemExit(f"FAIL: {broken}\nseed {arguments.seed}") from None
        finally:
            soak.conversation.kill()
        if arguments.samples:
            soak.samples.write_csv(arguments.samples)
        log(record.figures_table(soak.samples, soak.counts, arguments.seed))
        complaints = soak.samples.complaints()
        if complaints:
            raise SystemExit("FAIL: " + "\n".join(complaints))
        if arguments.record:
            record.write(soak.samples, soak.counts, binary, arguments.seed)


if __name__ == "__main__":
    main()
