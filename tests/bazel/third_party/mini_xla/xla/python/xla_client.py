"""What a client of the compiler does."""


def frame(*arguments):
    """The arguments of a call, as a list."""
    return list(arguments)
