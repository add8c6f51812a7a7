"""Loads the plugin."""

import ctypes
import pathlib

_HERE = pathlib.Path(__file__).parent


def initialize():
    """The plugin's library, and that with the kernels."""
    return ctypes.CDLL(str(_HERE / "pjrt_plugin.so")), ctypes.CDLL(str(_HERE / "lib/libkernels.so.12"))
