"""`ml_wheel`: a wheel from files and metadata."""

load(
    ":audit.bzl",
    "AUDITED_ATTRS",
    "audit_attrs",
    "audit_options",
    "audit_output_groups",
    "audit_wheel",
    "must_validate",
    "required_tags",
)
load(":compression.bzl", "COMPRESSION_ATTRS", "compression_level")
load(":providers.bzl", "MlWheelInfo", "WheelAuditInfo")
load(":stamp.bzl", "STAMP_ATTRS", "is_stamped")
load(":toolchain.bzl", "TOOLCHAIN_ATTRS", "TOOLCHAIN_TYPE", "run_wheelworks", "verb_arguments")
load(":wheel_contents.bzl", "CONTENTS_ATTRS", "add_contents")
load(":wheel_metadata.bzl", "METADATA_ATTRS", "add_metadata", "stamped_texts")
load(":wheel_name.bzl", "WHEEL_NAME_ATTRS", "declared_wheel")

def _declared_arguments(ctx, verb, out, wheel_info):
    """Returns the arguments of a verb that writes the declared distribution.

    Args:
      ctx: context of the rule.
      verb: the verb: `pack`, `sdist` or `editable`.
      out: the output.
      wheel_info: the `MlWheelInfo` of the wheel.

    Returns:
      `Args`, and a depset of the files that they name.
    """
    arguments = verb_arguments(ctx, verb)
    arguments.add_all([out], expand_directories = False, format_each = "--out=%s")
    metadata = add_metadata(ctx, arguments, wheel_info)
    contents = add_contents(ctx, arguments)
    return arguments, depset(transitive = [contents, metadata])

def _pack(ctx, wheel_info, stamped):
    """Registers the action that writes the wheel."""
    wheel = wheel_info.wheel
    arguments, inputs = _declared_arguments(ctx, "pack", wheel, wheel_info)
    if stamped:
        arguments.add(wheel_info.name_file, format = "--name-file=%s")
    level = compression_level(ctx) if ctx.attr.compress else 0
    arguments.add(level, format = "--compression-level=%s")
    run_wheelworks(
        ctx,
        mnemonic = "WheelPack",
        arguments = arguments,
        inputs = inputs,
        outputs = [wheel] + ([wheel_info.name_file] if stamped else []),
        progress_message = "Packing wheel " + wheel.short_path,
    )

def _tree(ctx, wheel_info, verb, out, flags = []):
    """Registers an action that writes files of the wheel. It runs only if a build requests its output."""
    arguments, inputs = _declared_arguments(ctx, verb, out, wheel_info)
    arguments.add_all(flags)
    run_wheelworks(
        ctx,
        mnemonic = "WheelPack",
        arguments = arguments,
        inputs = inputs,
        outputs = [out],
        progress_message = "Packing {}".format(out.short_path),
    )
    return depset([out])

def _ml_wheel_impl(ctx):
    stamped = is_stamped(ctx, stamped_texts(ctx))
    name = ctx.label.name
    wheel_info = declared_wheel(
        ctx,
        name_file = ctx.actions.declare_file(name + ".name") if stamped else None,
        stamping = True,
    )
    wheel = wheel_info.wheel
    _pack(ctx, wheel_info, stamped)

    # Wheels of several systems may share the name of their source distribution.
    sdist = "{}.sdist/{}-{}.tar.gz".format(name, wheel_info.distribution, wheel_info.version)

    require = required_tags("audit_require", ctx.attr.audit_require)
    options = audit_options(ctx, prefix = "audit_", require = require, require_declared = True)
    audit = audit_wheel(ctx, options, wheel, packed = True)

    return [
        DefaultInfo(
            files = depset([wheel]),
            runfiles = ctx.runfiles([wheel]),
        ),
        wheel_info,
        audit,
        audit_output_groups(
            audit,
            validate = must_validate(ctx, wheel_info.platform, require),
            editable = _tree(
                ctx,
                wheel_info,
                verb = "editable",
                out = ctx.actions.declare_directory(name + ".editable"),
            ),
            sdist = _tree(ctx, wheel_info, verb = "sdist", out = ctx.actions.declare_file(sdist)),
            tree = _tree(
                ctx,
                wheel_info,
                verb = "pack",
                out = ctx.actions.declare_directory(name + ".tree"),
                flags = ["--unpacked"],
            ),
        ),
    ]

ml_wheel = rule(
    implementation = _ml_wheel_impl,
    doc = """Writes a wheel with the wheelworks binary alone: no Python, no build script.

The output's name follows from the attributes at analysis, so other targets can refer to it. The path of
a file in the wheel is its path in its repository, without the first matching prefix of
`strip_path_prefixes`, after `add_path_prefix`. Files in `__pycache__` directories are left out. Two
files with the same path and different content are an error.

    ml_wheel(
        name = "wheel",
        distribution = "example-plugin",
        version = "1.2.3",
        platform = "manylinux_2_28_x86_64",
        strip_path_prefixes = ["src/"],
        deps = [":example_plugin"],
    )

It has all attributes of rules_python's `py_wheel`, under the same names. The output groups `editable`,
`sdist` and `tree` contain a directory for `pip install -e`, a source distribution, and the wheel's files
without the archive.
""",
    attrs = dict(
        audit_attrs("audit_").items() + AUDITED_ATTRS.items() + COMPRESSION_ATTRS.items() +
        CONTENTS_ATTRS.items() + METADATA_ATTRS.items() + STAMP_ATTRS.items() +
        TOOLCHAIN_ATTRS.items() + WHEEL_NAME_ATTRS.items(),
        compress = attr.bool(
            doc = "Whether to compress. `False` is the same as `compress_level = 0`, and the build setting does not override it.",
            default = True,
        ),
        force_zip64 = attr.bool(
            doc = "Has no effect; accepted for targets that were a `py_wheel`. ZIP64 is used where a file needs it.",
        ),
    ),
    provides = [MlWheelInfo, WheelAuditInfo],
    toolchains = [TOOLCHAIN_TYPE],
)
