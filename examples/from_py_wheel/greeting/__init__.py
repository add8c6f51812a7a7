"""A package with data."""

from pathlib import Path


def greeting() -> str:
    """Returns the first word of the data."""
    return (Path(__file__).parent / "data" / "words.txt").read_text().split()[0]
