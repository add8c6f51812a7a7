"""The version of wheelworks that these rules belong to."""

# The same as `version` in Cargo.toml; a test compares the two.
VERSION = "0.2.0"
