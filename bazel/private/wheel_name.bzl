"""The name of a wheel, from attributes, while Bazel analyses."""

load(
    ":names.bzl",
    "check_build_tag",
    "normalize_distribution",
    "normalize_tags",
    "normalize_version",
    "wheel_filename",
)
load(":providers.bzl", "MlWheelInfo")

WHEEL_NAME_ATTRS = {
    "abi": attr.string(
        doc = "ABI tag, or several joined by dots, such as `cp312` or `abi3`.",
        default = "none",
    ),
    "build_tag": attr.string(
        doc = "Build tag: starts with a digit. Installers use it to choose between wheels of one version.",
    ),
    "distribution": attr.string(
        doc = "Name of the distribution. METADATA has it as written here, the file name has it normalised.",
        mandatory = True,
    ),
    "platform": attr.string(
        doc = "Platform tag, or several joined by dots, such as `manylinux_2_28_x86_64`.",
        default = "any",
    ),
    "python_tag": attr.string(
        doc = "Python tag, or several joined by dots, such as `cp312` or `py2.py3`.",
        default = "py3",
    ),
    "version": attr.string(
        doc = "Version, as PEP 440 has it; METADATA and the file name have it normalised.",
        mandatory = True,
    ),
}

def declared_wheel(ctx):
    """What the attributes say of a wheel.

    Args:
      ctx: context of a rule with `WHEEL_NAME_ATTRS`.

    Returns:
      An `MlWheelInfo`, whose files are declared: the rule makes the wheel.
    """
    distribution = normalize_distribution(ctx.attr.distribution)
    version = normalize_version(ctx.attr.version)
    build_tag = check_build_tag(ctx.attr.build_tag)
    python_tag = normalize_tags("python_tag", ctx.attr.python_tag)
    abi = normalize_tags("abi", ctx.attr.abi)
    platform = normalize_tags("platform", ctx.attr.platform)
    name = wheel_filename(distribution, version, build_tag, python_tag, abi, platform)

    # Not built unless someone asks for it.
    name_file = ctx.actions.declare_file(ctx.label.name + ".name")
    ctx.actions.write(name_file, name)
    return MlWheelInfo(
        abi = abi,
        build_tag = build_tag,
        distribution = distribution,
        name = name,
        name_file = name_file,
        platform = platform,
        python_tag = python_tag,
        version = version,
        wheel = ctx.actions.declare_file(name),
    )
