"""A test of what the wheel has."""
