"""`wheel_repair`: a wheel with copies of the libraries that it needs."""

load("@wheelworks_compat//:defs.bzl", "CC_INFO")
load(
    ":audit.bzl",
    "AUDITED_ATTRS",
    "add_providers",
    "audit_attrs",
    "audit_options",
    "audit_output_groups",
    "audit_wheel",
    "must_validate",
    "required_tags",
    "wheel_of",
)
load(":names.bzl", "fail_attribute", "normalize_tags", "wheel_filename")
load(":providers.bzl", "MlWheelInfo", "WheelAuditInfo")
load(":tags.bzl", "is_known_tag", "tag_hint")
load(":toolchain.bzl", "TOOLCHAIN_ATTRS", "TOOLCHAIN_TYPE", "check_lines", "run_wheelworks", "verb_arguments")

# Policies with two names, and the machines that have the older one: the older name, and the name of PEP 600.
_ALIASES = [
    ("manylinux1_", "manylinux_2_5_"),
    ("manylinux2010_", "manylinux_2_12_"),
    ("manylinux2014_", "manylinux_2_17_"),
]

def _names_of_policy(plat):
    """Returns a platform tag and the other name of its policy."""
    for old, new in _ALIASES:
        for prefix, other in [(old, new), (new, old)]:
            if plat.startswith(prefix):
                return [plat, other + plat[len(prefix):]]
    return [plat]

def _platform(platform, plat):
    """Returns the platform tags of a repaired wheel, as the binary determines them.

    Args:
      platform: platform tags before, joined by dots.
      plat: value of the attribute.

    Returns:
      Platform tags, joined by dots.
    """
    tags = _names_of_policy(plat)
    for tag in platform.split("."):
        if tag != "any" and not tag.startswith("linux_"):
            tags.append(tag)
    return normalize_tags("platform", ".".join(tags))

def _plat(ctx):
    """Returns the requested platform tag."""
    plat = normalize_tags("plat", ctx.attr.plat)
    if "." in plat:
        fail_attribute("plat", ctx.attr.plat, "is a set of tags", "write one tag; the wheel gets the other names of its policy as well")
    if not is_known_tag("platform", plat):
        fail_attribute("plat", ctx.attr.plat, "is not a platform tag", tag_hint("platform", plat))
    if not (plat.startswith("manylinux") or plat.startswith("musllinux")):
        fail_attribute("plat", ctx.attr.plat, "has no policy that a repair could meet", "write a manylinux or musllinux tag, such as `manylinux_2_28_x86_64`")
    return plat

def _parts(target):
    """Returns the parts of the name of a target's wheel, as a struct with fields of `MlWheelInfo`."""
    if MlWheelInfo in target:
        return target[MlWheelInfo]
    wheel = wheel_of(target)
    parts = wheel.basename[:-len(".whl")].split("-")
    if len(parts) not in [5, 6]:
        fail_attribute("wheel", wheel.basename, "is not the name of a wheel", "name it as `DISTRIBUTION-VERSION-PYTHON-ABI-PLATFORM.whl`")
    return struct(
        abi = parts[-2],
        build_tag = parts[2] if len(parts) == 6 else "",
        distribution = parts[0],
        name_file = None,
        platform = parts[-1],
        python_tag = parts[-3],
        version = parts[1],
        wheel = wheel,
    )

def _is_library(file):
    return file.basename.endswith(".so") or ".so." in file.basename

def _libraries(attribute, targets):
    """Returns a depset of the shared libraries of targets, with those that C++ targets depend on."""
    libraries = []
    for target in targets:
        found = [file for file in target[DefaultInfo].files.to_list() if _is_library(file) or file.is_directory]
        if CC_INFO in target:
            # Their names are those that files linked by Bazel need.
            for linker_input in target[CC_INFO].linking_context.linker_inputs.to_list():
                found += [library.dynamic_library for library in linker_input.libraries if library.dynamic_library]
        if not found:
            fail_attribute(attribute, target.label, "has no shared library", "name a target with a file such as `libexample.so.1`")
        libraries += found
    return depset(libraries)

def _declared(ctx, parts):
    """Returns the provider of the repaired wheel, whose files are declared."""
    platform = _platform(parts.platform, _plat(ctx))
    name = wheel_filename(parts.distribution, parts.version, parts.build_tag, parts.python_tag, parts.abi, platform)

    # A wheel that has these tags already may lie in the same package.
    directory = ctx.label.name + ".repaired/" if name == parts.wheel.basename else ""
    return MlWheelInfo(
        abi = parts.abi,
        build_tag = parts.build_tag,
        distribution = parts.distribution,
        name = name,
        name_file = ctx.actions.declare_file(ctx.label.name + ".name"),
        platform = platform,
        python_tag = parts.python_tag,
        version = parts.version,
        wheel = ctx.actions.declare_file(directory + name),
    )

def _repair(ctx, options, parts, wheel_info):
    """Registers the action that repairs the wheel."""
    libraries = _libraries("libs", ctx.attr.libs)
    native = _libraries("native_deps", ctx.attr.native_deps)
    libraries = depset(transitive = [libraries, native])
    arguments = verb_arguments(ctx, "repair")
    if not ctx.attr.host_libs:
        arguments.add("--no-host")
    arguments.add(_plat(ctx), format = "--plat=%s")
    arguments.add("--only-plat")
    arguments.add(wheel_info.wheel, format = "--out=%s")
    arguments.add(wheel_info.name_file, format = "--name-file=%s")
    arguments.add_all(libraries, format_each = "--use-library=%s")
    arguments.add_all(options.exclude, format_each = "--exclude=%s")
    for attribute, flag in [("add_libraries", "--add-library"), ("keep_rpath", "--keep-rpath")]:
        values = getattr(ctx.attr, attribute)
        check_lines(attribute, values)
        arguments.add_all(values, format_each = flag + "=%s")
    check_lines("lib_sdir", [ctx.attr.lib_sdir])
    arguments.add(ctx.attr.lib_sdir, format = "--lib-sdir=%s")
    for attribute in ["clear_execstack", "strip"]:
        if getattr(ctx.attr, attribute):
            arguments.add("--" + attribute.replace("_", "-"))
    if options.provided_by_known:
        arguments.add("--provided-by=known")
    add_providers(arguments, options.providers)
    if options.disable_isa_ext_check:
        arguments.add("--disable-isa-ext-check")
    inputs = [parts.wheel]
    if options.policy_file:
        arguments.add(options.policy_file, format = "--policy-file=%s")
        inputs.append(options.policy_file)
    if parts.name_file:
        arguments.add(parts.name_file, format = "--wheel-name-file=%s")
        inputs.append(parts.name_file)
    arguments.add(parts.wheel)
    run_wheelworks(
        ctx,
        mnemonic = "WheelRepair",
        arguments = arguments,
        inputs = depset(inputs, transitive = [libraries, options.providers]),
        outputs = [wheel_info.wheel, wheel_info.name_file],
        progress_message = "Repairing wheel " + parts.wheel.short_path,
    )

def _wheel_repair_impl(ctx):
    require = required_tags("audit_require", ctx.attr.audit_require)
    options = audit_options(
        ctx,
        more_providers = ctx.attr.provided_by,
        require = require,
        require_declared = True,
    )
    parts = _parts(ctx.attr.wheel)
    wheel_info = _declared(ctx, parts)
    _repair(ctx, options, parts, wheel_info)
    audit = audit_wheel(ctx, options, wheel_info.wheel, packed = True)
    return [
        DefaultInfo(
            files = depset([wheel_info.wheel]),
            runfiles = ctx.runfiles([wheel_info.wheel]),
        ),
        wheel_info,
        audit,
        audit_output_groups(audit, validate = must_validate(ctx, wheel_info.platform, require)),
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
        audit_attrs().items() + AUDITED_ATTRS.items() + TOOLCHAIN_ATTRS.items(),
        add_libraries = attr.string_list(
            doc = "Names of libraries among `libs` to copy although no file needs them, because code opens them with `dlopen`.",
        ),
        clear_execstack = attr.bool(
            doc = "Whether edited files and copies lose the executable stack that they ask for.",
        ),
        host_libs = attr.bool(
            doc = "Whether the machine that runs the action is searched as well, after `libs`. The output then depends on that machine, and Bazel does not know it.",
        ),
        keep_rpath = attr.string_list(
            doc = "Entries of search paths to keep although they lead out of the wheel: patterns such as `$ORIGIN/../../nvidia/*`.",
        ),
        lib_sdir = attr.string(
            doc = "Suffix of the directory for copies, after the name of the distribution.",
            default = ".libs",
        ),
        libs = attr.label_list(
            doc = "Shared libraries: files, directories of them, and C++ targets with all that they depend on. A library is found by its file name and by its soname.",
            allow_files = True,
        ),
        native_deps = attr.label_list(
            doc = "The same as `libs`, under the name that `pycross_repaired_wheel` of rules_pycross has.",
            allow_files = True,
        ),
        plat = attr.string(
            doc = "Platform tag that the wheel must meet, with its machine: `manylinux_2_28_x86_64`. The output has this tag and the other names of its policy, and those of the wheel except `linux_*` and `any`.",
            mandatory = True,
        ),
        provided_by = attr.label_list(
            doc = "The same as `wheel_deps`. A library that one of these wheels brings is not copied; the files that need it get a search path to where it is once both are installed.",
            allow_files = True,
        ),
        strip = attr.bool(
            doc = "Whether edited files and copies lose their symbols and debug information.",
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
