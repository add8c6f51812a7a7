"""Runs on the wheel's code, though the source tree's is at hand."""

import os

import script_example
from script_example import cli

PLACE = os.path.dirname(script_example.__file__)

assert script_example.ORIGIN == "the wheel", script_example.ORIGIN
assert script_example.NOTE == "{braces} and 100%", script_example.NOTE
assert "import_unpacked_wheel" in PLACE, PLACE
assert os.path.dirname(cli.__file__) == PLACE, cli.__file__
assert os.access(os.path.join(PLACE, "tool.sh"), os.X_OK)
