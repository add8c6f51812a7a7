"""A package with an extension module."""
