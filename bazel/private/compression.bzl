"""How hard wheels are compressed: per target, or for a whole build."""

load(":names.bzl", "fail_attribute")

# The build setting's default: every target has its own way.
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
    doc = "A build setting that compresses every wheel of a build alike.",
    build_setting = config.int(flag = True),
)

def compression_level(ctx):
    """The level that a target's wheel is compressed with.

    Args:
      ctx: context of a rule with the attributes `compress_level` and `_compression_level`.

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
