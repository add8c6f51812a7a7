"""Formats tables and figures for the reports."""

import statistics
from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a Markdown table. The first column is text, the others are numbers."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows]) + "\n"


def facts(rows: Sequence[tuple[str, str]]) -> str:
    """Returns a Markdown table of names and values."""
    return table(["", ""], rows).replace("---:", "---")


def megabytes(size: float) -> str:
    """Formats bytes as decimal megabytes."""
    return f"{size / 1e6:,.2f}" if size < 1e9 else f"{size / 1e6:,.1f}"


def seconds(times: Sequence[float]) -> str:
    """Formats the median, and the range of several times. Shorter times get more digits."""
    median = statistics.median(times)
    digits = 2 if median >= 1 else 3 if median >= 0.1 else 4
    middle = f"{median:.{digits}f}"
    if len(times) == 1:
        return middle
    return f"{middle} ({min(times):.{digits}f}–{max(times):.{digits}f})"


def goal(is_met: bool) -> str:
    """Returns a goal's cell. A missed goal is in capitals."""
    return "**met**" if is_met else "**MISSED**"
