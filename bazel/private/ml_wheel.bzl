"""`ml_wheel`: a wheel from files and metadata."""

load("@wheelworks_compat//:defs.bzl", "PY_INFOS")
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
load(":names.bzl", "fail_attribute")
load(":providers.bzl", "MlWheelInfo", "WheelAuditInfo")
load(":toolchain.bzl", "TOOLCHAIN_ATTRS", "TOOLCHAIN_TYPE", "check_lines", "run_wheelworks", "verb_arguments")
load(":wheel_name.bzl", "WHEEL_NAME_ATTRS", "declared_wheel")

def _member(file):
    """The arguments that put one file into the wheel. Runs when the action does, not before.

    Args:
      file: a file, or one out of a tree artifact.

    Returns:
      A list: empty for what Python's own cache left behind.
    """
    destination = file.short_path
    if destination.startswith("../"):
        # A file of another repository: `../REPOSITORY/PATH`.
        destination = destination[len("../"):].partition("/")[2]
    if "/__pycache__/" in "/" + destination:
        return []
    escaped = destination.replace("\\", "\\\\").replace("=", "\\=")
    return ["--member={}={}".format(escaped, file.path)]

def _entry_points(entry_points):
    """Turns the attribute `entry_points` into values of the option of the same name."""
    values = []
    for group in sorted(entry_points):
        if not group or ":" in group:
            fail_attribute(
                "entry_points",
                group,
                "is not the name of a group",
                "use a name such as `console_scripts`, without `:`",
            )
        for entry in entry_points[group]:
            name, _, reference = entry.partition("=")
            if not name.strip() or not reference.strip():
                fail_attribute(
                    "entry_points",
                    entry,
                    "does not say which object it is",
                    "write it as `NAME = MODULE:OBJECT`",
                )
            values.append("{}:{} = {}".format(group, name.strip(), reference.strip()))
    return values

def _members(ctx):
    """Every file of the wheel, as a depset that nothing flattens while Bazel analyses."""
    files = [target[DefaultInfo].files for target in ctx.attr.srcs]
    for target in ctx.attr.deps:
        py_infos = [target[py_info] for py_info in PY_INFOS if py_info in target]
        files.extend([py_info.transitive_sources for py_info in py_infos])
        if not py_infos:
            # No Python target, but nothing that a user names may be missing from the wheel.
            files.append(target[DefaultInfo].files)
        if target[DefaultInfo].default_runfiles:
            files.append(target[DefaultInfo].default_runfiles.files)
    return depset(transitive = files)

def _ml_wheel_impl(ctx):
    wheel_info = declared_wheel(ctx)
    wheel = wheel_info.wheel
    entry_points = _entry_points(ctx.attr.entry_points)
    check_lines("requires", ctx.attr.requires)
    check_lines("python_requires", [ctx.attr.python_requires])
    check_lines("summary", [ctx.attr.summary])
    check_lines("license", [ctx.attr.license])
    check_lines("entry_points", entry_points)
    check_lines("strip_path_prefixes", ctx.attr.strip_path_prefixes)

    members = _members(ctx)

    arguments = verb_arguments(ctx, "pack")
    arguments.add(wheel, format = "--out=%s")

    # Name and version as the user wrote them, so that the binary normalises them a second time
    # and compares what it gets to the name of the output.
    arguments.add(ctx.attr.distribution, format = "--distribution=%s")
    arguments.add(ctx.attr.version.strip(), format = "--version=%s")
    if wheel_info.build_tag:
        arguments.add(wheel_info.build_tag, format = "--build-tag=%s")
    arguments.add(wheel_info.python_tag, format = "--python-tag=%s")
    arguments.add(wheel_info.abi, format = "--abi-tag=%s")
    arguments.add(wheel_info.platform, format = "--platform-tag=%s")
    arguments.add_all(ctx.attr.requires, format_each = "--requires-dist=%s")
    if ctx.attr.python_requires:
        arguments.add(ctx.attr.python_requires, format = "--requires-python=%s")
    if ctx.attr.summary:
        arguments.add(ctx.attr.summary, format = "--summary=%s")
    if ctx.attr.license:
        arguments.add(ctx.attr.license, format = "--license=%s")
    arguments.add_all(entry_points, format_each = "--entry-point=%s")
    arguments.add(compression_level(ctx), format = "--compression-level=%s")
    arguments.add_all(ctx.attr.strip_path_prefixes, format_each = "--strip-path-prefix=%s")
    arguments.add_all(members, map_each = _member, expand_directories = True)

    description = []
    if ctx.file.description_file:
        description.append(ctx.file.description_file)
        arguments.add(ctx.file.description_file, format = "--description-file=%s")

    run_wheelworks(
        ctx,
        mnemonic = "WheelPack",
        arguments = arguments,
        inputs = depset(description, transitive = [members]),
        outputs = [wheel],
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
        audit_output_groups(audit, validate = must_validate(ctx, wheel_info.platform, require)),
    ]

ml_wheel = rule(
    implementation = _ml_wheel_impl,
    doc = """A wheel, assembled by the wheelworks binary alone: no Python, no build script.

The output's name follows from the attributes while Bazel analyses, so other targets can refer to
it. A file's place in the wheel is its path in its repository, from which the first of
`strip_path_prefixes` that matches is taken. Files in `__pycache__` directories stay out. Two
files with the same place are an error.

    ml_wheel(
        name = "wheel",
        distribution = "example-plugin",
        version = "1.2.3",
        platform = "manylinux_2_28_x86_64",
        strip_path_prefixes = ["src/"],
        deps = [":example_plugin"],
    )
""",
    attrs = dict(
        audit_attrs("audit_").items() + AUDITED_ATTRS.items() + COMPRESSION_ATTRS.items() +
        TOOLCHAIN_ATTRS.items() + WHEEL_NAME_ATTRS.items(),
        deps = attr.label_list(
            doc = "Python targets whose sources, own and transitive, and runfiles, such as extension modules and data, go into the wheel; of other targets, their files and runfiles. Those of other repositories do too.",
        ),
        description_file = attr.label(
            doc = "File with the long description, which indexes show: `.md`, `.rst` or plain text, by its extension.",
            allow_single_file = True,
        ),
        entry_points = attr.string_list_dict(
            doc = "Entry points by group, such as `{\"console_scripts\": [\"tool = package.module:main\"]}`.",
        ),
        license = attr.string(
            doc = "Licence, as an SPDX expression such as `Apache-2.0`.",
        ),
        python_requires = attr.string(
            doc = "Versions of Python that the wheel runs on, such as `>=3.10`.",
        ),
        requires = attr.string_list(
            doc = "Requirements, as PEP 508 has them, such as `numpy>=2` or `jaxlib; sys_platform == 'linux'`.",
        ),
        srcs = attr.label_list(
            doc = "Files and tree artifacts that go into the wheel as they are, without what they depend on.",
            allow_files = True,
        ),
        strip_path_prefixes = attr.string_list(
            doc = "Prefixes of paths, compared as strings: the first that a file's path in its repository starts with is taken from it. To strip a directory, end it with `/`.",
        ),
        summary = attr.string(
            doc = "One line about the distribution.",
        ),
    ),
    provides = [MlWheelInfo, WheelAuditInfo],
    toolchains = [TOOLCHAIN_TYPE],
)
