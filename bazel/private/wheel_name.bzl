"""The name of a wheel, from attributes, at analysis."""

load(
    ":names.bzl",
    "check_build_tag",
    "fail_attribute",
    "normalize_distribution",
    "normalize_version",
    "wheel_filename",
    "wheel_tags",
)
load(":providers.bzl", "MlWheelInfo")
load(":repair.bzl", "repaired_platform")
load(":stamp.bzl", "unstamped")

WHEEL_NAME_ATTRS = {
    "abi": attr.string(
        doc = "ABI tag, or several joined by dots, such as `cp312` or `abi3`. Here and in the other parts of the name, `$(NAME)` is a \"Make\" variable.",
        default = "none",
    ),
    "build_tag": attr.string(
        doc = "Build tag: starts with a digit. Installers use it to choose between wheels of one version.",
    ),
    "distribution": attr.string(
        doc = "Name of the distribution. METADATA has it as written here; the file name has it normalised.",
        mandatory = True,
    ),
    "platform": attr.string(
        doc = "Platform tag, or several joined by dots, such as `manylinux_2_28_x86_64`. With a `select`, one target builds the wheels for Linux, macOS and Windows.",
        default = "any",
    ),
    "python_tag": attr.string(
        doc = "Python tag, or several joined by dots, such as `cp312` or `py2.py3`.",
        default = "py3",
    ),
    "version": attr.string(
        doc = "Version in the form of PEP 440; METADATA and the file name have it normalised.",
        mandatory = True,
    ),
}

def expand_variables(ctx, attribute):
    """Returns the value of an attribute with its "Make" variables, such as `$(VERSION)`, expanded.

    Args:
      ctx: context of the rule.
      attribute: name of the attribute.

    Returns:
      A string.
    """
    value = getattr(ctx.attr, attribute)
    if "$(" not in value:
        return value
    for name in ctx.var:
        value = value.replace("$({})".format(name), ctx.var[name])
    if "$(" in value:
        fail_attribute(
            attribute,
            value,
            "has a variable that is not defined",
            "define it with `--define NAME=VALUE`, or in a target that `toolchains` names",
        )
    return value

def declared_tags(ctx):
    """Returns the tags of a wheel, from the attributes; those before its repair, if it is repaired.

    Args:
      ctx: context of a rule with `WHEEL_NAME_ATTRS`.

    Returns:
      A struct with the fields `python_tag`, `abi` and `platform`, each of one or more tags, joined by dots.
    """
    python_tag, abi, platform = wheel_tags(
        expand_variables(ctx, "python_tag"),
        expand_variables(ctx, "abi"),
        expand_variables(ctx, "platform"),
    )
    return struct(abi = abi, platform = platform, python_tag = python_tag)

def is_repaired(ctx):
    """Returns whether the wheel is repaired.

    Args:
      ctx: context of a rule with `repair_attrs("repair_")`.

    Returns:
      A bool.
    """
    return bool(ctx.attr.repair_plat)

def declared_wheel(ctx, name_file = None, stamping = False):
    """Returns the provider of a wheel, from the attributes.

    Args:
      ctx: context of a rule with `WHEEL_NAME_ATTRS` and `repair_attrs("repair_")`.
      name_file: the file for the wheel's name, if the rule writes it.
      stamping: whether the rule has `STAMP_ATTRS`.

    Returns:
      An `MlWheelInfo` whose files are declared, and the file name before the repair; the rule writes the wheel.
    """
    distribution = ctx.attr.distribution
    version = expand_variables(ctx, "version")
    build_tag = expand_variables(ctx, "build_tag")
    if stamping:
        distribution = unstamped(distribution, named = True)
        version = unstamped(version)
        build_tag = unstamped(build_tag)
    distribution = normalize_distribution(distribution)
    version = normalize_version(version)
    build_tag = check_build_tag(build_tag)
    tags = declared_tags(ctx)
    platform = repaired_platform(ctx, tags.platform, "repair_") if is_repaired(ctx) else tags.platform
    packed_name, name = [
        wheel_filename(distribution, version, build_tag, tags.python_tag, tags.abi, each)
        for each in [tags.platform, platform]
    ]
    if not name_file:
        # Built only when it is requested.
        name_file = ctx.actions.declare_file(ctx.label.name + ".name")
        ctx.actions.write(name_file, name)
    return MlWheelInfo(
        abi = tags.abi,
        build_tag = build_tag,
        distribution = distribution,
        name = name,
        name_file = name_file,
        platform = platform,
        python_tag = tags.python_tag,
        version = version,
        wheel = ctx.actions.declare_file(name),
    ), packed_name
