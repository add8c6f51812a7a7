"""Draws the speed-ups of all jobs as one plot.

    python3 benches/overview/run.py

Reads the ratios that the other benchmarks stored when they last wrote their parts of
`benches/RESULTS.md`, draws `benches/plots/overview.svg`, and writes the first part of RESULTS.md. It measures
nothing.
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
    "Repairing": "benches/repair/run.py",
    "Reading device code": "benches/device_code/run.py",
    "Unpacking": "benches/unpack/run.py",
    "Whole Bazel builds, by a worker": "benches/bazel/run.py",
}
"""Names of the groups of bars, and the scripts that measure them."""

PLOT = "overview.svg"


def main() -> None:
    """Draws the plot and writes the part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=results.PATH, help="the report to update")
    arguments = parser.parse_args()
    kept = {group: figures.kept(script) for group, script in GROUPS.items()}
    missing = [script for group, script in GROUPS.items() if not kept[group].get("figures")]
    if missing:
        log(f"missing in the overview, because they have not run: {', '.join(missing)}")
    found = {group: it for group, it in kept.items() if it.get("figures")}
    if not found:
        sys.exit("error: no benchmark has stored a figure\nhint: run another benchmark first")
    plots = arguments.out.parent / "plots"
    plots.mkdir(parents=True, exist_ok=True)
    bars = {group: it["figures"] for group, it in found.items()}
    plot.svg_bars(plots / PLOT, "wheelworks against other tools", "times faster, logarithmic", bars)
    rows = [[group, f"`{GROUPS[group]}`", it["commit"], it["date"]] for group, it in found.items()]
    text = (
        f"## Overview\n\nCommand: `{machine.command_line('benches/overview/run.py')}`\n\n"
        f"![Ratios of all jobs](plots/{PLOT})\n\nEach bar is the median of the rounds' ratios. The parts "
        "below describe each ratio and give its range.\n\n"
        f"{markdown.table(['jobs', 'measured by', 'commit', 'date'], rows).replace('---:', '---')}"
    )
    results.replace_part(arguments.out, "benches/overview/run.py", text, is_first=True)
    log(f"wrote {arguments.out}")


if __name__ == "__main__":
    main()
