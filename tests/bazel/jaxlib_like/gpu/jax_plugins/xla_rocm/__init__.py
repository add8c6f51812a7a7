"""Registers the plugin for rocm."""

from pathlib import Path


def library_path():
    return Path(__file__).parent / "xla_rocm_plugin.so"
