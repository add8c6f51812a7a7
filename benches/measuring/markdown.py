"""Tables and figures of the reports."""

import statistics
from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table: the first column is text, the others are numbers."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows]) + "\n"


def facts(rows: Sequence[tuple[str, str]]) -> str:
    """A Markdown table of names and what they are."""
    return table(["", ""], rows).replace("---:", "---")


def megabytes(size: float) -> str:
    """Bytes as decimal megabytes."""
    return f"{size / 1e6:,.2f}" if size < 1e9 else f"{size / 1e6:,.1f}"


def seconds(times: Sequence[float]) -> str:
    """Median, and range if there is one. Short times have more digits."""
    median = statistics.median(times)
    digits = 2 if median >= 1 else 3 if median >= 0.1 else 4
    shown = f"{median:.{digits}f}"
    if len(times) == 1:
        return shown
    return f"{shown} ({min(times):.{digits}f}–{max(times):.{digits}f})"


def goal(is_met: bool) -> str:
    """A goal's cell: what was missed is seen at once."""
    return "**met**" if is_met else "**MISSED**"
