"""Checksums."""

from example_checksum._checksum import checksum

__all__ = ["checksum"]
