"""Where this comes from: the program that builds the wheel writes it anew."""

ORIGIN = "the source tree"
