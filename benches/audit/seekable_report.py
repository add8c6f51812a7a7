"""The tables about audits of wheels that have tables of their chunks."""

import statistics
from collections.abc import Sequence

from measuring.markdown import goal, megabytes, seconds, table
from seekable import GOAL, Seekable

HEAD = ["wheel", "dropped: seconds", "CPU seconds", "MB from disk", "of it cached after", "warm: seconds", "CPU seconds", "goal", ""]

METHOD = """
`with its table` is the wheel as `wheelworks repack` writes it; `trusted` is with `--trust-chunk-table`. All say
the same. `MB from disk` is what wait4 reports of the process, its own binary included; `of it cached after` is
how much of the wheel the audit has brought into the page cache, which was empty. What a dropped audit takes
longer than a warm one is waiting for the disk.
"""


def rows(measured: Sequence[Seekable]) -> list[list[str]]:
    """One row for each way of each wheel."""
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
    """The whole section; nothing if nothing was measured."""
    if not measured:
        return ""
    whole = ", ".join(
        f"{result.distribution} {result.reading:.2f} s for {megabytes(result.sizes['repacked'])} MB"
        for result in measured
    )
    return (
        f"### With tables of chunks\n\n{table(HEAD, rows(measured))}{METHOD}\n"
        f"To read a whole wheel after it was dropped, from begin to end, takes: {whole}.\n"
    )
