"""A package that a test packs."""
