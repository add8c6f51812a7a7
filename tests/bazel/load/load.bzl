"""Many wheels; some of them are broken, each in one of four ways."""

load("@wheelworks//bazel:defs.bzl", "ml_wheel")

# The faults of the broken wheels, in turn. Only the binary detects them.
_BROKEN = [
    {"srcs": [":one", ":two"]},
    {"requires": ["numpy>>2"]},
    {"requires_file": "requirements.txt"},
    {"substitutions": {"from nothing": "from something"}},
]

def many_wheels(name, count, broken_every):
    """Declares the wheels `NAME_0` and so on, all of them as `NAME`, and the valid ones as `NAME_sound`.

    No wildcard builds them.

    Args:
      name: name of the whole, and what the names of the wheels begin with.
      count: how many.
      broken_every: those whose numbers this divides are broken.
    """
    for number in range(count):
        kwargs = {"srcs": [":one"]}
        if number % broken_every == 0:
            kwargs.update(_BROKEN[number // broken_every % len(_BROKEN)])
        ml_wheel(
            name = "{}_{}".format(name, number),
            distribution = "{}-{}".format(name, number),
            strip_path_prefixes = [
                "load/one/",
                "load/two/",
            ],
            tags = ["manual"],
            version = "1.0",
            **kwargs
        )
    every = range(count)
    groups = {"": every, "_sound": [number for number in every if number % broken_every != 0]}
    for suffix, numbers in groups.items():
        native.filegroup(
            name = name + suffix,
            srcs = ["{}_{}".format(name, number) for number in numbers],
            tags = ["manual"],
        )
