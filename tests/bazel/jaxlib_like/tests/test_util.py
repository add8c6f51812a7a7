"""What tests have in common."""


def pairs():
    """Pairs of integers with their sums."""
    return [(1, 2, 3), (-4, 4, 0), (2**40, 1, 2**40 + 1)]
