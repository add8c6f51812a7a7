"""The `wheelworks` binary, as a Python package: `python -m wheelworks` runs it."""

from ._binary import BinaryNotFoundError, find_binary

__all__ = ["BinaryNotFoundError", "find_binary"]
