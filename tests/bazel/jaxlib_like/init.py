"""A package in the shape of jaxlib."""

from jaxlib_like import version

__version__ = version.__version__
