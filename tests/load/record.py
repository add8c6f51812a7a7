"""Writes the part of RELIABILITY.md about a soak, from the results of one run."""

from pathlib import Path

from counts import Counts
from measuring import machine, markdown, results
from samples import Samples

ROOT = Path(__file__).resolve().parents[2]

WORKER_OPTIONS = ["--cache-memory=64MiB", "--cache-dir=cache", "--cache-dir-size=64MiB"]
"""Caches smaller than the working set of the requests, so that entries are evicted all the time."""

SCRIPT = "tests/load/soak.py"


def figures_table(samples: Samples, counts: Counts, seed: int) -> str:
    """Returns the figures as a table."""
    rest = samples.at_rest()
    last = samples.all[-1]
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counts.kinds.items()))
    low, high = min(it.anonymous for it in rest), max(it.anonymous for it in rest)
    busiest = max(it.anonymous for it in samples.all)
    rows = [
        ("Requests, each answered once", f"{last.answered:,}: {kinds}"),
        ("Seed", str(seed)),
        ("Time", f"{last.seconds / 60:.1f} minutes"),
        ("Cancelled", f"{counts.cancelled:,}; finished before the cancel request: {counts.in_time:,}"),
        ("Sources changed between requests", f"{counts.changes:,} times"),
        (
            "Sources changed under requests",
            f"{counts.disturbed:,} times; {counts.noticed:,} requests reported this and wrote nothing,"
            " all others were correct for the content before or after",
        ),
        (
            "Anonymous memory at rest",
            f"{low / 1e6:.1f} to {high / 1e6:.1f} MB after the caches were full; growth:"
            f" {samples.growth() / 1e6:.1f} MB",
        ),
        ("Peak anonymous memory", f"{busiest / 1e6:.1f} MB"),
        ("Descriptors at rest", f"{rest[0].descriptors} at first, {rest[-1].descriptors} at the end"),
        ("Threads at rest", f"{rest[0].threads} at first, {rest[-1].threads} at the end"),
        ("CPU", f"{last.worker_cpu:.0f} s of the worker, {last.client_cpu:.0f} s of the client"),
    ]
    return markdown.facts(rows)


def write(samples: Samples, counts: Counts, binary: Path, seed: int) -> None:
    """Writes samples, plots and the part of RELIABILITY.md."""
    directory = ROOT / "docs" / "soak"
    directory.mkdir(parents=True, exist_ok=True)
    samples.write_csv(directory / "samples.csv")
    plots = samples.plot(directory, "soak")
    facts = dict(machine.describe(binary, 2, directory, []))
    kept = ("CPU", "Cores", "RAM", "Kernel", "File system", "wheelworks", "Commit", "Date")
    lines = [
        "### Soak",
        "",
        f"`{machine.command_line(SCRIPT)}`, on",
        "",
        markdown.facts([(name, facts[name]) for name in kept]),
        "found",
        "",
        figures_table(samples, counts, seed),
        "All samples: [docs/soak/samples.csv](docs/soak/samples.csv).",
        "",
        *(f"![{plot.stem}](docs/soak/{plot.name})" for plot in plots),
    ]
    results.replace_part(ROOT / "RELIABILITY.md", SCRIPT, "\n".join(lines))
