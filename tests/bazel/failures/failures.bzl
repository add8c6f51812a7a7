"""Wheels that must fail."""

load("@wheelworks//bazel:defs.bzl", "ml_wheel")

def bad_wheel(name, distribution = "failure", version = "1.0", **kwargs):
    """A `manual` `ml_wheel` that is valid except for the caller's attributes.

    Args:
      name: name of the target.
      distribution: see `ml_wheel`.
      version: see `ml_wheel`.
      **kwargs: other attributes of `ml_wheel`.
    """
    ml_wheel(
        name = name,
        distribution = distribution,
        tags = ["manual"],
        version = version,
        **kwargs
    )
