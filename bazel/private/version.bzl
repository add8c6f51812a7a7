"""The version of wheelworks that these rules come with."""

# The same as `version` in Cargo.toml; a test holds the two together.
VERSION = "0.1.0"
