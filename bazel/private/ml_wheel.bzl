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

def _ml_wheel_impl(ctx):
    stamped = is_stamped(ctx, stamped_texts(ctx))
    wheel_info = declared_wheel(
        ctx,
        name_file = ctx.actions.declare_file(ctx.label.name + ".name") if stamped else None,
        stamping = True,
    )
    wheel = wheel_info.wheel

    arguments = verb_arguments(ctx, "pack")
    arguments.add(wheel, format = "--out=%s")
    if stamped:
        arguments.add(wheel_info.name_file, format = "--name-file=%s")
    metadata = add_metadata(ctx, arguments, wheel_info)
    level = compression_level(ctx) if ctx.attr.compress else 0
    arguments.add(level, format = "--compression-level=%s")
    contents = add_contents(ctx, arguments)
    run_wheelworks(
        ctx,
        mnemonic = "WheelPack",
        arguments = arguments,
        inputs = depset(transitive = [contents, metadata]),
        outputs = [wheel] + ([wheel_info.name_file] if stamped else []),
        progress_message = "Packing wheel " + wheel.short_path,
    )

    require = required_tags("audit_require", ctx.attr.audit_require)
    options = audit_options(ctx, prefix = "audit_", require = require, require_declared = True)
    audit = audit_wheel(ctx, options, wheel)

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
        ),
    ]

ml_wheel = rule(
    implementation = _ml_wheel_impl,
    doc = """A wheel, assembled by the wheelworks binary alone: no Python, no build script.

The output's name follows from the attributes while Bazel analyses, so other targets can refer to
it. A file's place in the wheel is its path in its repository, from which the first of
`strip_path_prefixes` that matches is taken, behind `add_path_prefix`. Files in `__pycache__`
directories stay out. Two files with the same place and different content are an error.

    ml_wheel(
        name = "wheel",
        distribution = "example-plugin",
        version = "1.2.3",
        platform = "manylinux_2_28_x86_64",
        strip_path_prefixes = ["src/"],
        deps = [":example_plugin"],
    )

All attributes of rules_python's `py_wheel` are there, under the same names.
""",
    attrs = dict(
        audit_attrs("audit_").items() + AUDITED_ATTRS.items() + COMPRESSION_ATTRS.items() +
        CONTENTS_ATTRS.items() + METADATA_ATTRS.items() + STAMP_ATTRS.items() +
        TOOLCHAIN_ATTRS.items() + WHEEL_NAME_ATTRS.items(),
        compress = attr.bool(
            doc = "Whether to compress: `False` is the same as `compress_level = 0`, and stays so whatever the whole build has.",
            default = True,
        ),
        force_zip64 = attr.bool(
            doc = "Without effect, for targets that were a `py_wheel`: ZIP64 is used where a file needs it.",
        ),
    ),
    provides = [MlWheelInfo, WheelAuditInfo],
    toolchains = [TOOLCHAIN_TYPE],
)
