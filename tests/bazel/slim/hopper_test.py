"""Reads the device code of a slimmed wheel."""

import importlib.util
import pathlib

(package,) = importlib.util.find_spec("slim_example").submodule_search_locations
kernels = pathlib.Path(package, "kernels.fatbin").read_bytes()
assert len(kernels) == 16 + 3 * 128, len(kernels)
assert int.from_bytes(kernels[8:16], "little") == 2 * 128
assert b"A" not in kernels
assert kernels[16 + 64 : 16 + 128] == b"B" * 64
assert kernels[16 + 128 + 64 : 16 + 256] == b"C" * 64
assert not any(kernels[16 + 256 :])
