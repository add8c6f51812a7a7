"""A library of the wheel can be loaded, and what was put beside the wheel can be imported."""

import ctypes
import os

import many_00
import packaging
import script_example

TREE = os.path.dirname(os.path.dirname(script_example.__file__))

library = ctypes.CDLL(os.path.join(TREE, "script_example", "libscript_example.so"))
assert library.answer() == 42
assert os.path.dirname(os.path.dirname(packaging.__file__)) == TREE, packaging.__file__
assert os.path.dirname(os.path.dirname(many_00.__file__)) == TREE, many_00.__file__
