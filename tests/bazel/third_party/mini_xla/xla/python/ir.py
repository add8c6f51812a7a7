"""An intermediate representation: what the consumer links to from another package."""


class Module:
    """A list of operations."""

    def __init__(self, *operations):
        self.operations = operations

    def __str__(self):
        return "module {" + "; ".join(self.operations) + "}"
