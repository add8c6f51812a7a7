"""Renders the part of RESULTS.md about chunks that a remote cache finds again."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import steps
from measuring.machine import command_line, describe
from measuring.markdown import facts, goal, megabytes, table
from measuring.trees import Tree, cache_dir

OURS, THEIRS = "wheelworks", "zipfile"

GOALS = {steps.LINE: 0.97, steps.INSERTED: 0.92}
"""The least share found again, by change."""

HEAD = ["change since the wheel before", "wheelworks: found again", "to upload, MB", "zipfile: found again"]
HEAD += ["to upload, MB", "size to zipfile's"]

METHOD = """
### How chunks were counted

- `benches/dedup/chunks.rs` cuts each wheel with the crate `fastcdc` (its variant of 2020) as Bazel cuts outputs of
  more than 2 MiB for a remote cache: average 512 KiB, shortest 128 KiB, longest 2 MiB, normalization 2, seed 0.
- Each wheel is compared with the one before: the changes add up, as in `benches/warm`. `found again` is the share of
  the new wheel's bytes in chunks that the wheel before has, `to upload` the rest.
- zipfile is `benches/whole/baseline_zipfile.py` at its default level, wheelworks is at its default level.
- A change moves at least one chunk for the changed member, and one for RECORD and the directory at the end.
"""


@dataclass(frozen=True)
class Found:
    """The chunks of one wheel, against the wheel before it."""

    size: int
    again: int
    """Bytes in chunks that the wheel before has."""
    chunks: int

    @property
    def share(self) -> float:
        """Returns the share of bytes found again."""
        return self.again / self.size


@dataclass(frozen=True)
class Row:
    """One change, for each tool."""

    label: str
    found: dict[str, Found]

    def cells(self) -> list[str]:
        """Returns the row of the table."""
        ours, theirs = self.found[OURS], self.found[THEIRS]
        cells = [self.label]
        for it in (ours, theirs):
            cells += [f"{100 * it.share:.2f} %", megabytes(it.size - it.again)]
        return [*cells, f"{100 * (ours.size / theirs.size - 1):+.2f} %"]


def goals(rows: Sequence[Row]) -> str:
    """Returns one line per goal, met or missed."""
    lines = []
    for row in rows:
        least = GOALS.get(row.label)
        if least is None:
            continue
        ours = row.found[OURS]
        is_met = ours.share >= least and ours.size <= row.found[THEIRS].size
        lines.append(f"- {row.label}, at least {least:.0%} at no larger size: {goal(is_met)}, {ours.share:.2%}\n")
    return "".join(lines)


def render(
    per_tree: Sequence[tuple[Tree, Sequence[Row]]], versions: Sequence[Row], arguments: argparse.Namespace
) -> str:
    """Returns the whole part."""
    command = command_line("benches/dedup/run.py")
    about = describe(arguments.binary, arguments.threads, cache_dir(), [])
    text = f"## Chunks that a remote cache has already\n\nCommand: `{command}`\n\n{facts(about)}"
    for tree, rows in per_tree:
        text += f"\n### {tree.name}, uploaded again\n\n"
        text += f"`{tree.wheel}`: {tree.files:,} files, {megabytes(tree.size)} MB.\n\n"
        text += table(HEAD, [row.cells() for row in rows]) + "\n" + goals(rows)
    text += "\n### From one version of a library to the next, uploaded\n\n"
    text += table(HEAD, [row.cells() for row in versions])
    return text + METHOD
