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
load(":base_wheels.bzl", "BASE_ATTRS", "add_base")
load(":compression.bzl", "COMPRESSION_ATTRS", "compression_level")
load(":device_code.bzl", "DEVICE_CODE_ATTRS", "device_code_validation")
load(":providers.bzl", "MlWheelInfo", "WheelAuditInfo")
load(":repair.bzl", "add_repair", "repair_attrs")
load(":stamp.bzl", "STAMP_ATTRS", "is_stamped")
load(":toolchain.bzl", "TOOLCHAIN_ATTRS", "TOOLCHAIN_TYPE", "run_wheelworks", "verb_arguments")
load(":wheel_closure.bzl", "CLOSURE_ATTRS", "closure_validation")
load(":wheel_contents.bzl", "CONTENTS_ATTRS", "add_contents")
load(":wheel_metadata.bzl", "METADATA_ATTRS", "add_metadata", "stamped_texts")
load(":wheel_name.bzl", "WHEEL_NAME_ATTRS", "declared_wheel", "is_repaired")
load(":wheel_origins.bzl", "SBOM_ATTRS", "add_sbom")

def _declared_arguments(ctx, verb, out):
    """Returns the arguments of a verb that writes the declared distribution.

    Args:
      ctx: context of the rule.
      verb: the verb: `pack`, `sdist` or `editable`.
      out: the output.

    Returns:
      `Args`, and a depset of the files that they name.
    """
    arguments = verb_arguments(ctx, verb)
    arguments.add_all([out], expand_directories = False, format_each = "--out=%s")
    metadata = add_metadata(ctx, arguments)
    contents = add_contents(ctx, arguments)
    files = depset(transitive = [contents, metadata])
    add_sbom(ctx, arguments, files)
    return arguments, files

def _packed_arguments(ctx, options, out, debug_name):
    """Returns the arguments of `pack`: the same as `_declared_arguments`, and a list with the directory for debug information, if any."""
    arguments, inputs = _declared_arguments(ctx, "pack", out)
    if not is_repaired(ctx):
        return arguments, inputs, []
    repair_inputs, debug = add_repair(ctx, arguments, options, debug_name, prefix = "repair_", option = "--repair=")
    return arguments, depset(transitive = [inputs, repair_inputs]), debug

def _pack(ctx, options, wheel_info, stamped):
    """Registers the action that writes the wheel. Returns a list with the directory for debug information, if any."""
    wheel = wheel_info.wheel
    arguments, inputs, debug = _packed_arguments(ctx, options, wheel, ctx.label.name + ".debug")
    if stamped:
        arguments.add(wheel_info.name_file, format = "--name-file=%s")
    level = compression_level(ctx) if ctx.attr.compress else 0
    arguments.add(level, format = "--compression-level=%s")
    base = add_base(ctx, arguments)
    run_wheelworks(
        ctx,
        mnemonic = "WheelPack",
        arguments = arguments,
        inputs = depset(transitive = [inputs, base]),
        outputs = [wheel] + ([wheel_info.name_file] if stamped else []) + debug,
        progress_message = "Packing wheel " + wheel.short_path,
    )
    return debug

def _write(ctx, out, arguments, inputs, more_outputs = []):
    """Registers an action that writes files of the wheel. It runs only if a build requests its output."""
    run_wheelworks(
        ctx,
        mnemonic = "WheelPack",
        arguments = arguments,
        inputs = inputs,
        outputs = [out] + more_outputs,
        progress_message = "Packing {}".format(out.short_path),
    )
    return depset([out])

def _sources(ctx, verb, out):
    """Registers the action of `sdist` or `editable`, whose files are those before the repair."""
    arguments, inputs = _declared_arguments(ctx, verb, out)
    return _write(ctx, out, arguments, inputs)

def _tree(ctx, options):
    """Registers the action that writes the files of the wheel without the archive."""
    name = ctx.label.name + ".tree"
    out = ctx.actions.declare_directory(name)

    # The files name those with their debug information, so these are written once more.
    arguments, inputs, debug = _packed_arguments(ctx, options, out, name + ".debug")
    arguments.add("--unpacked")
    return _write(ctx, out, arguments, inputs, debug)

def _ml_wheel_impl(ctx):
    stamped = is_stamped(ctx, stamped_texts(ctx))
    name = ctx.label.name
    wheel_info, _ = declared_wheel(
        ctx,
        name_file = ctx.actions.declare_file(name + ".name") if stamped else None,
        stamping = True,
    )
    wheel = wheel_info.wheel
    require = required_tags("audit_require", ctx.attr.audit_require)
    options = audit_options(
        ctx,
        more_providers = ctx.attr.repair_provided_by,
        prefix = "audit_",
        require = require,
        require_declared = True,
    )
    debug = _pack(ctx, options, wheel_info, stamped)

    # Wheels of several systems may share the name of their source distribution.
    sdist = "{}.sdist/{}-{}.tar.gz".format(name, wheel_info.distribution, wheel_info.version)

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
            debug = depset(debug),
            editable = _sources(ctx, "editable", ctx.actions.declare_directory(name + ".editable")),
            sdist = _sources(ctx, "sdist", ctx.actions.declare_file(sdist)),
            tree = _tree(ctx, options),
            validations = device_code_validation(ctx, wheel) + closure_validation(ctx, wheel),
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
        audit_attrs("audit_").items() + AUDITED_ATTRS.items() + BASE_ATTRS.items() + CLOSURE_ATTRS.items() + COMPRESSION_ATTRS.items() +
        CONTENTS_ATTRS.items() + DEVICE_CODE_ATTRS.items() + METADATA_ATTRS.items() + SBOM_ATTRS.items() + STAMP_ATTRS.items() +
        TOOLCHAIN_ATTRS.items() + WHEEL_NAME_ATTRS.items() + repair_attrs("repair_").items(),
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
