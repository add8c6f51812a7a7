"""The plugin for oneapi that depends on the version of Python."""
