"""Registers the plugin for oneapi."""

from pathlib import Path


def library_path():
    return Path(__file__).parent / "xla_oneapi_plugin.so"
