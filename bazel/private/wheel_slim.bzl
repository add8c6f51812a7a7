"""`wheel_slim`: the same wheel without the device code of some architectures."""

load(":compression.bzl", "COMPRESSION_ATTRS", "compression_level")
load(":names.bzl", "fail_attribute", "wheel_filename")
load(":providers.bzl", "MlWheelInfo")
load(":toolchain.bzl", "TOOLCHAIN_ATTRS", "TOOLCHAIN_TYPE", "check_lines", "run_wheelworks", "verb_arguments")
load(":wheel_parts.bzl", "wheel_parts")

def _selected(ctx):
    """Returns the option that selects architectures, and its values."""
    if bool(ctx.attr.keep) == bool(ctx.attr.drop):
        found = "and `drop` are both given" if ctx.attr.keep else "and `drop` are both empty"
        fail_attribute("keep", ctx.attr.keep, found, "name the architectures to keep, or in `drop` those to take out")
    name = "keep" if ctx.attr.keep else "drop"
    values = getattr(ctx.attr, name)
    check_lines(name, values)
    return "--" + name, values

def add_named_wheel(arguments, wheel_info):
    """Adds the wheel that an action reads, with its true name if it is stamped.

    Args:
      arguments: the `Args` of the action.
      wheel_info: the `MlWheelInfo` of the wheel.

    Returns:
      A depset of the inputs.
    """
    inputs = [wheel_info.wheel]
    if wheel_info.name_file:
        arguments.add(wheel_info.name_file, format = "--wheel-name-file=%s")
        inputs.append(wheel_info.name_file)
    arguments.add(wheel_info.wheel)
    return depset(inputs)

def _wheel_slim_impl(ctx):
    option, architectures = _selected(ctx)
    parts = wheel_parts(ctx.attr.wheel)
    check_lines("build_tag", [ctx.attr.build_tag])
    build_tag = ctx.attr.build_tag or parts.build_tag
    name = wheel_filename(parts.distribution, parts.version, build_tag, parts.python_tag, parts.abi, parts.platform)

    # The wheel that it is made from may lie in the same package.
    directory = ctx.label.name + ".slim/" if name == parts.wheel.basename else ""
    wheel_info = MlWheelInfo(
        abi = parts.abi,
        build_tag = build_tag,
        distribution = parts.distribution,
        name = name,
        name_file = ctx.actions.declare_file(ctx.label.name + ".name"),
        platform = parts.platform,
        python_tag = parts.python_tag,
        version = parts.version,
        wheel = ctx.actions.declare_file(directory + name),
    )
    arguments = verb_arguments(ctx, "slim")
    arguments.add_joined(architectures, join_with = ",", format_joined = option + "=%s")
    arguments.add(wheel_info.wheel, format = "--out=%s")
    arguments.add(wheel_info.name_file, format = "--name-file=%s")
    arguments.add("--compression-level=" + str(compression_level(ctx)))
    if ctx.attr.build_tag:
        arguments.add(build_tag, format = "--build-tag=%s")
    if ctx.attr.allow_empty:
        arguments.add("--allow-empty")
    inputs = add_named_wheel(arguments, parts)
    run_wheelworks(
        ctx,
        mnemonic = "WheelSlim",
        arguments = arguments,
        inputs = inputs,
        outputs = [wheel_info.wheel, wheel_info.name_file],
        progress_message = "Slimming wheel " + parts.wheel.short_path,
    )
    return [
        DefaultInfo(
            files = depset([wheel_info.wheel]),
            runfiles = ctx.runfiles([wheel_info.wheel]),
        ),
        wheel_info,
    ]

wheel_slim = rule(
    implementation = _wheel_slim_impl,
    doc = """Takes device code out of a wheel: the same libraries without the code for some GPUs.

What `wheelworks slim` does, in the worker: [slim](slim.md). The action fails if it would take the last code out of a
container, unless `allow_empty` is set. The name of the output is known at analysis.

    wheel_slim(
        name = "hopper",
        build_tag = "1sm90",
        keep = ["sm_90", "sm_90a", "compute_90"],
        wheel = ":wheel",
    )
""",
    attrs = dict(
        COMPRESSION_ATTRS.items() + TOOLCHAIN_ATTRS.items(),
        allow_empty = attr.bool(
            doc = "Whether a container may become empty, a module may lose all of its code, and device code that cannot be read may stay.",
        ),
        build_tag = attr.string(
            doc = "Build tag of the output, which starts with a digit. Without it, the output has the name of `wheel`.",
        ),
        drop = attr.string_list(
            doc = "Architectures to take out, as `wheelworks inspect` names them: `sm_75`, `compute_75`. All others stay.",
        ),
        keep = attr.string_list(
            doc = "Architectures to keep: `sm_90`, `sm_90a`, `compute_90`. All others go. Give this or `drop`.",
        ),
        wheel = attr.label(
            doc = "The wheel, or a target with one.",
            mandatory = True,
            allow_files = [".whl"],
        ),
    ),
    provides = [MlWheelInfo],
    toolchains = [TOOLCHAIN_TYPE],
)
