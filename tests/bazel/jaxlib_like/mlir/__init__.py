"""The Python of MLIR."""
