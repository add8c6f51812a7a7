"""Renders the section about audits of wheels with chunk tables."""

import statistics
from collections.abc import Sequence

from measuring.markdown import goal, megabytes, seconds, table
from seekable import GOAL, Seekable

HEAD = ["wheel", "dropped: seconds", "CPU seconds", "MB from disk", "share cached after", "warm: seconds", "CPU seconds", "goal", ""]

METHOD = """
`with its table` is the wheel as `wheelworks repack` writes it; `trusted` adds `--trust-chunk-table`. All give
the same result. `MB from disk` is the value of wait4 for the process, including its binary. `share cached after`
is the share of the wheel that the audit read into the empty page cache. A dropped audit takes longer than a warm
one because it waits for the disk.
"""


def rows(measured: Sequence[Seekable]) -> list[list[str]]:
    """Returns one row per way and wheel."""
    found = []
    for result in measured:
        for label in result.cached:
            dropped, warm = result.runs[label, "dropped"], result.runs[label, "warm"]
            cells = [
                seconds([run.wall for run in dropped]),
                f"{statistics.median(run.cpu for run in dropped):.3f}",
                megabytes(statistics.median(run.read for run in dropped)),
                f"{100 * result.cached[label]:.1f} %",
                seconds([run.wall for run in warm]),
                f"{statistics.median(run.cpu for run in warm):.3f}",
            ]
            name, most = GOAL
            if result.distribution == name and label != "published":
                cells += [f"≤ {most} s", goal(statistics.median(run.wall for run in dropped) <= most)]
            else:
                cells += ["", ""]
            found.append([f"{result.distribution}, {label}", *cells])
    return found


def section(measured: Sequence[Seekable]) -> str:
    """Returns the whole section; empty without measurements."""
    if not measured:
        return ""
    whole = ", ".join(
        f"{result.distribution} {result.reading:.2f} s for {megabytes(result.sizes['repacked'])} MB"
        for result in measured
    )
    return (
        f"### With chunk tables\n\n{table(HEAD, rows(measured))}{METHOD}\n"
        f"Reading a whole wheel after it was dropped takes: {whole}.\n"
    )
