"""How many times faster each job is, in one picture.

    python3 benches/overview/run.py

Takes what the other benchmarks kept when they last wrote their parts of `benches/RESULTS.md`, all of one
commit, draws `benches/plots/overview.svg`, and writes the first part of that file. It measures nothing.
"""

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

from measuring import figures, machine, markdown, plot, results
from measuring.work import log

GROUPS = {
    "Packing": "benches/whole/run.py",
    "Packing again, in a worker": "benches/warm/run.py",
    "Auditing": "benches/audit/run.py",
    "Unpacking": "benches/unpack/run.py",
    "Whole Bazel builds, by a worker": "benches/bazel/run.py",
}
"""What a group of bars is called, and which script measured it."""

PLOT = "overview.svg"


def main() -> None:
    """Draws and writes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=results.PATH)
    arguments = parser.parse_args()
    kept = {group: figures.kept(script) for group, script in GROUPS.items()}
    missing = [script for group, script in GROUPS.items() if not kept[group].get("figures")]
    if missing:
        log(f"not in the overview, as they have not run: {', '.join(missing)}")
    found = {group: it for group, it in kept.items() if it.get("figures")}
    if not found:
        sys.exit("error: no benchmark has kept a figure\nhint: run one of the others first")
    plots = arguments.out.parent / "plots"
    plots.mkdir(parents=True, exist_ok=True)
    bars = {group: it["figures"] for group, it in found.items()}
    plot.svg_bars(plots / PLOT, "wheelworks against other tools", "times faster, logarithmic", bars)
    rows = [[group, f"`{GROUPS[group]}`", it["commit"], it["date"]] for group, it in found.items()]
    text = (
        f"## Overview\n\nCommand: `{machine.command_line('benches/overview/run.py')}`\n\n"
        f"![Ratios of all jobs](plots/{PLOT})\n\nMedians of ratios, each of two times of one round; what each "
        "is of, and its range, is in the parts below.\n\n"
        f"{markdown.table(['jobs', 'measured by', 'commit', 'date'], rows).replace('---:', '---')}"
    )
    results.replace_part(arguments.out, "benches/overview/run.py", text, is_first=True)
    log(f"wrote {arguments.out}")


if __name__ == "__main__":
    main()
