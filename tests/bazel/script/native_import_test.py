"""A library of the wheel can be loaded, and what was put beside the wheel can be imported."""

import ctypes
import os

import packaging
import pure_example.helpers
import script_example

TREE = os.path.dirname(os.path.dirname(script_example.__file__))

library = ctypes.CDLL(os.path.join(TREE, "script_example", "libscript_example.so"))
assert library.answer() == 42
assert os.path.dirname(os.path.dirname(packaging.__file__)) == TREE, packaging.__file__
assert os.path.dirname(pure_example.helpers.__file__) == os.path.join(TREE, "pure_example", "helpers")
