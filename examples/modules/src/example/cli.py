"""The command `wheelworks-example`."""


def main() -> None:
    """Prints a greeting."""
    print("hello from a wheel")
