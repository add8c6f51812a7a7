"""Extension modules of MLIR would stand here."""
