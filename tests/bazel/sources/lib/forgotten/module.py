"""A module that no wheel has."""
