"""Writes a module."""

print('"""Written by the build."""')
