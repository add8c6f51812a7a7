"""`ml_wheel`: a wheel from files and metadata."""

load("@wheelworks_compat//:defs.bzl", "PY_INFOS")
load(
    ":audit.bzl",
    "audit_attrs",
    "audit_options",
    "audit_output_groups",
    "audit_wheel",
    "promises_something",
    "required_tags",
)
load(":compression.bzl", "compression_level")
load(
    ":names.bzl",
    "check_build_tag",
    "fail_attribute",
    "normalize_distribution",
    "normalize_tags",
    "normalize_version",
    "wheel_filename",
)
load(":providers.bzl", "MlWheelInfo", "WheelAuditInfo")
load(":toolchain.bzl", "TOOLCHAIN_ATTRS", "TOOLCHAIN_TYPE", "check_lines", "run_wheelworks", "verb_arguments")

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

def _must_validate(ctx, platform, require):
    """Whether a wheel that does not pass its audit fails the build."""
    if ctx.attr.audit == "auto":
        return bool(require) or promises_something(platform)
    return ctx.attr.audit == "validate"

def _ml_wheel_impl(ctx):
    distribution = normalize_distribution(ctx.attr.distribution)
    version = normalize_version(ctx.attr.version)
    build_tag = check_build_tag(ctx.attr.build_tag)
    python_tag = normalize_tags("python_tag", ctx.attr.python_tag)
    abi = normalize_tags("abi", ctx.attr.abi)
    platform = normalize_tags("platform", ctx.attr.platform)
    name = wheel_filename(distribution, version, build_tag, python_tag, abi, platform)

    entry_points = _entry_points(ctx.attr.entry_points)
    check_lines("requires", ctx.attr.requires)
    check_lines("python_requires", [ctx.attr.python_requires])
    check_lines("summary", [ctx.attr.summary])
    check_lines("license", [ctx.attr.license])
    check_lines("entry_points", entry_points)
    check_lines("strip_path_prefixes", ctx.attr.strip_path_prefixes)

    wheel = ctx.actions.declare_file(name)
    members = _members(ctx)

    arguments = verb_arguments(ctx, "pack")
    arguments.add(wheel, format = "--out=%s")

    # Name and version as the user wrote them, so that the binary normalises them a second time
    # and compares what it gets to the name of the output.
    arguments.add(ctx.attr.distribution, format = "--distribution=%s")
    arguments.add(ctx.attr.version.strip(), format = "--version=%s")
    if build_tag:
        arguments.add(build_tag, format = "--build-tag=%s")
    arguments.add(python_tag, format = "--python-tag=%s")
    arguments.add(abi, format = "--abi-tag=%s")
    arguments.add(platform, format = "--platform-tag=%s")
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

    # Not built unless someone asks for it.
    name_file = ctx.actions.declare_file(ctx.label.name + ".name")
    ctx.actions.write(name_file, name)

    return [
        DefaultInfo(
            files = depset([wheel]),
            runfiles = ctx.runfiles([wheel]),
        ),
        MlWheelInfo(
            abi = abi,
            build_tag = build_tag,
            distribution = distribution,
            name = name,
            name_file = name_file,
            platform = platform,
            python_tag = python_tag,
            version = version,
            wheel = wheel,
        ),
        audit,
        audit_output_groups(audit, validate = _must_validate(ctx, platform, require)),
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
        audit_attrs("audit_").items() + TOOLCHAIN_ATTRS.items(),
        abi = attr.string(
            doc = "ABI tag, or several joined by dots, such as `cp312` or `abi3`.",
            default = "none",
        ),
        audit = attr.string(
            doc = """Whether a build of this target fails, with the findings, if the wheel does not keep what its platform tags and `audit_require` promise.

`auto`: if there is such a promise, which is a manylinux, musllinux or Android tag. `validate`: always; what no wheel must have, such as a library of NVIDIA's driver, fails one without a promise. `off`: never.

It is a validation of Bazel: `--norun_validations` turns it off for a whole build, Bazel 4 does it only with `--experimental_run_validations`. The report is in the output group `audit`, whatever this attribute says.""",
            default = "auto",
            values = ["auto", "off", "validate"],
        ),
        audit_require = attr.string_list(
            doc = "Platform tags that the wheel must meet besides its own, or a stricter one: `manylinux_2_28_x86_64`, or `manylinux_2_28` for any CPU. Of several, those for the wheel's own CPU count.",
        ),
        build_tag = attr.string(
            doc = "Build tag: starts with a digit. Installers use it to choose between wheels of one version.",
        ),
        compress_level = attr.int(
            doc = "Effort of compression: 0 stores, 12 is the smallest and slowest. The build setting `--@wheelworks//bazel:compression_level` overrides it for a whole build.",
            default = 6,
        ),
        deps = attr.label_list(
            doc = "Python targets whose sources, own and transitive, and runfiles, such as extension modules and data, go into the wheel; of other targets, their files and runfiles. Those of other repositories do too.",
        ),
        description_file = attr.label(
            doc = "File with the long description, which indexes show: `.md`, `.rst` or plain text, by its extension.",
            allow_single_file = True,
        ),
        distribution = attr.string(
            doc = "Name of the distribution. METADATA has it as written here, the file name has it normalised.",
            mandatory = True,
        ),
        entry_points = attr.string_list_dict(
            doc = "Entry points by group, such as `{\"console_scripts\": [\"tool = package.module:main\"]}`.",
        ),
        license = attr.string(
            doc = "Licence, as an SPDX expression such as `Apache-2.0`.",
        ),
        platform = attr.string(
            doc = "Platform tag, or several joined by dots, such as `manylinux_2_28_x86_64`.",
            default = "any",
        ),
        python_requires = attr.string(
            doc = "Versions of Python that the wheel runs on, such as `>=3.10`.",
        ),
        python_tag = attr.string(
            doc = "Python tag, or several joined by dots, such as `cp312` or `py2.py3`.",
            default = "py3",
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
        version = attr.string(
            doc = "Version, as PEP 440 has it; METADATA and the file name have it normalised.",
            mandatory = True,
        ),
        _compression_level = attr.label(
            doc = "Compression for the whole build.",
            default = "//bazel:compression_level",
        ),
    ),
    provides = [MlWheelInfo, WheelAuditInfo],
    toolchains = [TOOLCHAIN_TYPE],
)
