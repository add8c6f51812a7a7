"""Calls the extension module."""

from jaxlib_like import _core


def add(one, other):
    """The sum of two integers, each up to three bytes."""
    return _core.add(one, other)


def scale(value):
    """Twice a value, by way of the support library."""
    return _core.scale(value)
