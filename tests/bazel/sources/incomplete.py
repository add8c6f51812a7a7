"""A test that imports what the wheel lacks."""
