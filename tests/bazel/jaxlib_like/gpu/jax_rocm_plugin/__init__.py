"""The plugin for rocm that depends on the version of Python."""
