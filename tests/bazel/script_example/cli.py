"""The command line of the example."""

from script_example import ORIGIN


def main() -> None:
    """Says where it comes from."""
    print(f"from {ORIGIN}")
