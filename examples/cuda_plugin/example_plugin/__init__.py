"""A plugin with a CUDA kernel and a C++ fallback."""

from example_plugin._core import axpy, build_version, device_count, to_half
from example_plugin.version import VERSION

__all__ = ["VERSION", "axpy", "build_version", "device_count", "to_half"]
