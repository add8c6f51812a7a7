"""A module in a repository's root package."""

PLACE = "root"
