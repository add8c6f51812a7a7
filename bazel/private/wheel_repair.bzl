"""`wheel_repair`: a wheel with copies of the libraries that it needs."""

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
load(":device_code.bzl", "DEVICE_CODE_ATTRS", "device_code_validation")
load(":names.bzl", "fail_attribute", "wheel_filename")
load(":providers.bzl", "MlWheelInfo", "WheelAuditInfo")
load(":repair.bzl", "add_repair", "repair_attrs", "repaired_platform")
load(":toolchain.bzl", "TOOLCHAIN_ATTRS", "TOOLCHAIN_TYPE", "run_wheelworks", "verb_arguments")
load(":wheel_parts.bzl", "wheel_parts")

def _declared(ctx, parts):
    """Returns the provider of the repaired wheel, whose files are declared."""
    platform = repaired_platform(ctx, parts.platform)
    name = wheel_filename(parts.distribution, parts.version, parts.build_tag, parts.python_tag, parts.abi, platform)
    return MlWheelInfo(
        abi = parts.abi,
        build_tag = parts.build_tag,
        distribution = parts.distribution,
        name = name,
        name_file = ctx.actions.declare_file(ctx.label.name + ".name"),
        platform = platform,
        python_tag = parts.python_tag,
        version = parts.version,
        # Its own directory: a wheel of this name may lie in the same package, such as the one before the repair.
        wheel = ctx.actions.declare_file("{}.repaired/{}".format(ctx.label.name, name)),
    )

def _repair(ctx, options, parts, wheel_info):
    """Registers the action that repairs the wheel. Returns a list with the directory for debug information, if any."""
    arguments = verb_arguments(ctx, "repair")
    repair_inputs, debug = add_repair(ctx, arguments, options, ctx.label.name + ".debug")
    arguments.add(wheel_info.wheel, format = "--out=%s")
    arguments.add(wheel_info.name_file, format = "--name-file=%s")
    if ctx.attr.check_record:
        arguments.add("--check-record")
    if ctx.attr.compress_level != -1:
        if ctx.attr.compress_level not in range(10):
            fail_attribute("compress_level", ctx.attr.compress_level, "is not a level of a repair", "use 0 (store) to 9, or -1 to copy unchanged files as they are compressed")
        arguments.add(ctx.attr.compress_level, format = "--zip-compression-level=%s")
    inputs = [parts.wheel]
    if parts.name_file:
        arguments.add(parts.name_file, format = "--wheel-name-file=%s")
        inputs.append(parts.name_file)
    arguments.add(parts.wheel)
    run_wheelworks(
        ctx,
        mnemonic = "WheelRepair",
        arguments = arguments,
        inputs = depset(inputs, transitive = [repair_inputs]),
        outputs = [wheel_info.wheel, wheel_info.name_file] + debug,
        progress_message = "Repairing wheel " + parts.wheel.short_path,
    )
    return debug

def _wheel_repair_impl(ctx):
    require = required_tags("audit_require", ctx.attr.audit_require)
    options = audit_options(
        ctx,
        more_providers = ctx.attr.provided_by,
        require = require,
        require_declared = True,
    )
    parts = wheel_parts(ctx.attr.wheel)
    wheel_info = _declared(ctx, parts)
    debug = _repair(ctx, options, parts, wheel_info)
    audit = audit_wheel(ctx, options, wheel_info.wheel, packed = True)
    return [
        DefaultInfo(
            files = depset([wheel_info.wheel]),
            runfiles = ctx.runfiles([wheel_info.wheel]),
        ),
        wheel_info,
        audit,
        audit_output_groups(
            audit,
            debug = depset(debug),
            validate = must_validate(ctx, wheel_info.platform, require),
            validations = device_code_validation(ctx, wheel_info.wheel),
        ),
    ]

wheel_repair = rule(
    implementation = _wheel_repair_impl,
    doc = """Copies the libraries that a wheel needs into it, and gives it the platform tag that it then meets.

What `auditwheel repair` does, in the worker: [repair](repair.md). The libraries come from `libs` alone; the machine that
runs the action is not searched, so the output depends on the inputs alone. A needed library that neither the policy
of `plat` promises nor `libs`, `provided_by` or the wheel itself has is an error. The name of the output is known at
analysis.

    wheel_repair(
        name = "repaired",
        libs = ["@openssl//:libssl"],
        plat = "manylinux_2_28_x86_64",
        wheel = ":wheel",
    )
""",
    attrs = dict(
        audit_attrs().items() + AUDITED_ATTRS.items() + DEVICE_CODE_ATTRS.items() + TOOLCHAIN_ATTRS.items() + repair_attrs().items(),
        check_record = attr.bool(
            doc = "Whether the files that are copied are compared with their hashes in RECORD. Without it, length and CRC-32 are.",
        ),
        compress_level = attr.int(
            doc = "0 (store) to 9 to compress every file anew. With -1, files that do not change are copied as they are compressed, and others get level 6.",
            default = -1,
        ),
        target_environment = attr.label(
            doc = "Has no effect; accepted for targets that were a `pycross_repaired_wheel`. `plat` says what the wheel is for.",
            allow_files = True,
        ),
        wheel = attr.label(
            doc = "The wheel, or a target with one.",
            mandatory = True,
            allow_files = [".whl"],
        ),
    ),
    provides = [MlWheelInfo, WheelAuditInfo],
    toolchains = [TOOLCHAIN_TYPE],
)
