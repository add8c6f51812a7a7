"""The command of the wheel."""

from greeting import greeting


def main() -> None:
    """Prints the greeting."""
    print(greeting())
