"""Calls the extension module of a repaired wheel, whose libraries are nowhere else."""

import ctypes
import importlib.util
import pathlib
import sys

(package,) = importlib.util.find_spec(sys.argv[1]).submodule_search_locations
assert ctypes.CDLL(str(pathlib.Path(package, "_native.so"))).answer() == 42
