"""`wheel_split`: a wheel for each GPU architecture of a wheel."""

load(":compression.bzl", "COMPRESSION_ATTRS", "compression_level")
load(":names.bzl", "fail_attribute", "wheel_filename")
load(":toolchain.bzl", "TOOLCHAIN_ATTRS", "TOOLCHAIN_TYPE", "check_lines", "run_wheelworks", "verb_arguments")
load(":wheel_parts.bzl", "wheel_parts")
load(":wheel_slim.bzl", "add_named_wheel")

def _check_parts(names):
    """Fails unless these are distinct names of parts."""
    check_lines("parts", names)
    for index, name in enumerate(names):
        number = name[len("sm_"):] if name.startswith("sm_") else ""
        if name != "ptx" and not number.isdigit():
            fail_attribute("parts", name, "is no part", "write `sm_90`, without suffix, or `ptx`")
        if name in names[:index]:
            fail_attribute("parts", name, "is given twice", "leave one out")

def _wheel_split_impl(ctx):
    _check_parts(ctx.attr.parts)
    parts = wheel_parts(ctx.attr.wheel)
    directory = ctx.label.name + ".split/"
    wheels = {}
    for name in ctx.attr.parts:
        build_tag = str(ctx.attr.build_number) + name
        filename = wheel_filename(parts.distribution, parts.version, build_tag, parts.python_tag, parts.abi, parts.platform)
        wheels[name] = ctx.actions.declare_file(directory + filename)
    names = ctx.actions.declare_file(ctx.label.name + ".names")
    outputs = wheels.values()
    arguments = verb_arguments(ctx, "split")
    arguments.add_joined(ctx.attr.parts, join_with = ",", format_joined = "--only=%s")
    arguments.add("--build-number=" + str(ctx.attr.build_number))
    arguments.add_all([outputs[0]], before_each = "--wheel-dir", map_each = _directory)
    arguments.add(names, format = "--name-file=%s")
    arguments.add("--compression-level=" + str(compression_level(ctx)))
    arguments.add("--quiet")
    if ctx.attr.recompress:
        arguments.add("--recompress=zstd")
    if ctx.attr.allow_empty:
        arguments.add("--allow-empty")
    inputs = add_named_wheel(arguments, parts)
    run_wheelworks(
        ctx,
        mnemonic = "WheelSplit",
        arguments = arguments,
        inputs = inputs,
        outputs = outputs + [names],
        progress_message = "Splitting wheel " + parts.wheel.short_path,
    )
    groups = {name: depset([wheel]) for name, wheel in wheels.items()}
    return [
        DefaultInfo(files = depset(outputs), runfiles = ctx.runfiles(outputs)),
        OutputGroupInfo(names = depset([names]), **groups),
    ]

def _directory(file):
    """Returns the directory of an output, as its path is mapped."""
    return file.dirname

wheel_split = rule(
    implementation = _wheel_split_impl,
    doc = """Splits a wheel: a wheel for each GPU architecture, with all code that the GPU ran before, and one with the PTX.

What `wheelworks split` does, in the worker: [slim](slim.md). The names of the outputs are known at analysis: they are those of
`wheel` with the build tags `1sm_90`, `1ptx`. Each is in an output group with the name of its part; the group `names` has a file
with the true names, one a line, in the order of the wheel.

    wheel_split(
        name = "by_gpu",
        parts = ["sm_80", "sm_90", "ptx"],
        wheel = ":wheel",
    )

    filegroup(
        name = "for_hopper",
        srcs = [":by_gpu"],
        output_group = "sm_90",
    )
""",
    attrs = dict(
        COMPRESSION_ATTRS.items() + TOOLCHAIN_ATTRS.items(),
        allow_empty = attr.bool(
            doc = "Whether device code that cannot be read, or of an unknown kind, may stay.",
        ),
        build_number = attr.int(
            doc = "Number at the start of the build tags.",
            default = 1,
        ),
        parts = attr.string_list(
            doc = "The wheels to write: `sm_90` for each GPU architecture, without suffix, and `ptx`. The action fails if `wheel` has no code for one. Code for architectures that are not listed is in no output, unless a GPU that is listed runs it.",
            mandatory = True,
            allow_empty = False,
        ),
        recompress = attr.bool(
            doc = "Whether to compress the code again with zstd, for drivers of CUDA 12.4 and later. Experimental: the result has not run on a GPU.",
        ),
        wheel = attr.label(
            doc = "The wheel, or a target with one.",
            mandatory = True,
            allow_files = [".whl"],
        ),
    ),
    toolchains = [TOOLCHAIN_TYPE],
)
