"""Stands at another place in the wheel than in the source tree."""

from mlir import ir
