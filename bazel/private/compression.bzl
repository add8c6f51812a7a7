"""The compression level of wheels: per target, or for a whole build."""

load(":names.bzl", "fail_attribute")

# The build setting's default: every target keeps its own level.
PER_TARGET = -1
_STRONGEST = 12

CompressionLevelInfo = provider(
    doc = "Value of the build setting `//bazel:compression_level`.",
    fields = {"level": "Integer: 0 to 12 for every wheel of the build, or -1 to let each target decide."},
)

def _compression_level_flag_impl(ctx):
    level = ctx.build_setting_value
    if level < PER_TARGET or level > _STRONGEST:
        fail("{}: `{}` is not a compression level\n  hint: use 0 (store) to {}, or {} to let each target decide".format(
            ctx.label,
            level,
            _STRONGEST,
            PER_TARGET,
        ))
    return CompressionLevelInfo(level = level)

compression_level_flag = rule(
    implementation = _compression_level_flag_impl,
    doc = "Build setting: the compression level of every wheel of a build.",
    build_setting = config.int(flag = True),
)

# Attributes of a rule that compresses a wheel.
COMPRESSION_ATTRS = {
    "compress_level": attr.int(
        doc = "Effort of compression: 0 stores, 12 is the smallest and slowest. The build setting `--@wheelworks//bazel:compression_level` overrides it for a whole build.",
        default = 6,
    ),
    "_compression_level": attr.label(
        doc = "Compression for the whole build.",
        default = "//bazel:compression_level",
    ),
}

def compression_level(ctx):
    """Returns the compression level of a target's wheel.

    Args:
      ctx: context of a rule with `COMPRESSION_ATTRS`.

    Returns:
      An integer from 0 to 12.
    """
    own = ctx.attr.compress_level
    if own < 0 or own > _STRONGEST:
        fail_attribute(
            "compress_level",
            own,
            "is not a compression level",
            "use 0 (store) to {}".format(_STRONGEST),
        )
    whole_build = ctx.attr._compression_level[CompressionLevelInfo].level
    return own if whole_build == PER_TARGET else whole_build
