"""The file that the benchmark changes."""

BUILD = 0
