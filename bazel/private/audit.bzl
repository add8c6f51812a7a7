"""The audit of a wheel, shared by `ml_wheel`, `wheel_audit` and the compliance test."""

load(":names.bzl", "normalize_tags")
load(":providers.bzl", "MlWheelInfo", "WheelAuditInfo")
load(":toolchain.bzl", "check_lines", "run_wheelworks", "verb_arguments")

# The directory that wheels are installed in.
SITE_PACKAGES = "site-packages/"

# What platform tags begin with whose promise is verified by default. A `linux_*` tag promises nothing.
_PROMISES = ["android_", "ios_", "macosx_", "manylinux", "musllinux", "win32", "win_"]

def audit_attrs(prefix = ""):
    """Returns the attributes for the audit of a wheel.

    Args:
      prefix: prefix of each name, for a rule that has other attributes as well.

    Returns:
      A dict for the parameter `attrs` of `rule`.
    """
    return {
        prefix + "disable_isa_ext_check": attr.bool(
            doc = "Whether a library may need more than the baseline of its CPU, such as x86-64-v3.",
        ),
        prefix + "exclude": attr.string_list(
            doc = "Libraries that the audit ignores: `libfoo.so.1`, or a pattern of whole names such as `libfoo.so.*`.",
        ),
        prefix + "exclude_files": attr.label_list(
            doc = "Files with patterns for `{}exclude`, one on each line. Empty lines and lines that begin with `#` are skipped.".format(prefix),
            allow_files = True,
        ),
        prefix + "ignore": attr.string_list(
            doc = "Rules of the audit that do not count, such as `executable-stack`.",
        ),
        prefix + "policy_file": attr.label(
            doc = "TOML file of policies that are added to the built-in ones, or replace them.",
            allow_single_file = [".toml"],
        ),
        prefix + "provided_by_known": attr.bool(
            doc = "Whether libraries of NVIDIA's wheels and torch count as present if the wheel requires those wheels, and the driver's `libcuda.so.1`: `--provided-by known`.",
        ),
        prefix + "strict": attr.bool(
            doc = "Whether warnings fail the audit, such as an executable stack.",
        ),
        prefix + "wheel_deps": attr.label_list(
            doc = "Wheels that bring libraries for this one, or Python targets whose runfiles in `site-packages` directories have them. Of the wheels that METADATA requires, and of NVIDIA's driver, libraries count as present.",
            allow_files = True,
        ),
    }

# Attributes of a rule that makes a wheel, besides `audit_attrs("audit_")`.
AUDITED_ATTRS = {
    "audit": attr.string(
        doc = """Whether a build of this target fails, with the findings, if the wheel does not meet its platform tags and `audit_require`.

`auto`: if there is a tag that promises something: of manylinux, musllinux, Android, macOS, iOS or Windows. `validate`: always; a wheel with a tag that promises nothing fails if it contains something that no wheel may contain, such as a library of NVIDIA's driver. `off`: never.

The audit is a validation action: `--norun_validations` turns it off for a whole build; Bazel 4 runs it only with `--experimental_run_validations`. The output group `audit` has the report in any case.""",
        default = "auto",
        values = ["auto", "off", "validate"],
    ),
    "audit_require": attr.string_list(
        doc = "Platform tags that the wheel must meet in addition to its own: `manylinux_2_28_x86_64`, or `manylinux_2_28` for any CPU. A stricter tag meets it too. Tags for another CPU than the wheel's are ignored if there are several.",
    ),
}

def audit_options(ctx, prefix = "", require = [], require_declared = False, more_providers = []):
    """Checks and returns the requirements on a wheel.

    Args:
      ctx: context of a rule with the attributes of `audit_attrs`.
      prefix: the same as there.
      require: platform tags that the wheel must meet.
      require_declared: whether it must meet the tags of its own name.
      more_providers: targets in addition to those of `wheel_deps`.

    Returns:
      A struct for the other functions of this file.
    """
    exclude = getattr(ctx.attr, prefix + "exclude")
    check_lines(prefix + "exclude", exclude)
    ignore = getattr(ctx.attr, prefix + "ignore")
    check_lines(prefix + "ignore", ignore)
    exclude_files = depset(
        transitive = [target[DefaultInfo].files for target in getattr(ctx.attr, prefix + "exclude_files")],
    )
    policy_file = getattr(ctx.file, prefix + "policy_file")
    providers = _providers(getattr(ctx.attr, prefix + "wheel_deps") + more_providers)
    return struct(
        disable_isa_ext_check = getattr(ctx.attr, prefix + "disable_isa_ext_check"),
        exclude = exclude,
        exclude_files = exclude_files,
        ignore = ignore,
        inputs = depset([policy_file] if policy_file else [], transitive = [exclude_files, providers]),
        policy_file = policy_file,
        provided_by_known = getattr(ctx.attr, prefix + "provided_by_known"),
        providers = providers,
        require = require,
        require_declared = require_declared,
        strict = getattr(ctx.attr, prefix + "strict"),
    )

def _providers(targets):
    """Returns the files of `wheel_deps`: wheels, and what is in `site-packages` directories."""
    transitive = []
    for target in targets:
        if MlWheelInfo in target:
            transitive.append(depset([target[MlWheelInfo].wheel]))
            continue
        transitive.append(target[DefaultInfo].files)
        if target[DefaultInfo].default_runfiles:
            transitive.append(target[DefaultInfo].default_runfiles.files)
    return depset(transitive = transitive)

def _site_packages(path):
    """Returns the `site-packages` directory of a file `NAME.dist-info/METADATA` in it, or None."""
    directory, found, rest = path.rpartition("/" + SITE_PACKAGES)
    if found and rest.endswith(".dist-info/METADATA") and rest.count("/") == 1:
        return directory + "/" + SITE_PACKAGES
    return None

def _provider_path(file):
    """Returns the path of a provider in an action. Bazel calls it when the action runs."""
    return file.path if file.basename.endswith(".whl") else _site_packages(file.path)

def _provider_runfile(file):
    """Returns the path of a provider in a test. Bazel calls it when it writes the arguments."""
    return file.short_path if file.basename.endswith(".whl") else _site_packages(file.short_path)

def _file_path(file):
    """Returns the path of a file in an action. Bazel calls it when the action runs."""
    return file.path

def _file_runfile(file):
    """Returns the path of a file in a test. Bazel calls it when it writes the arguments."""
    return file.short_path

def add_libraries_elsewhere(arguments, options, in_runfiles = False, option = ""):
    """Adds the options about libraries that are not in the wheel, and about policies.

    Args:
      arguments: `Args`.
      options: what `audit_options` returned.
      in_runfiles: whether the command runs in the runfiles of a test.
      option: what comes before each option.
    """
    arguments.add_all(options.exclude, format_each = option + "--exclude=%s")
    for files, flag in [
        (options.exclude_files, "--exclude-file"),
        ([options.policy_file] if options.policy_file else [], "--policy-file"),
    ]:
        arguments.add_all(
            files,
            format_each = option + flag + "=%s",
            map_each = _file_runfile if in_runfiles else _file_path,
        )
    if options.provided_by_known:
        arguments.add(option + "--provided-by=known")
    arguments.add_all(
        options.providers,
        format_each = option + "--provided-by=%s",
        map_each = _provider_runfile if in_runfiles else _provider_path,
        uniquify = True,
    )
    if options.disable_isa_ext_check:
        arguments.add(option + "--disable-isa-ext-check")

def required_tags(attribute, values):
    """Returns the tags in an attribute that lists required tags.

    Args:
      attribute: name of the attribute.
      values: its value: tags, or sets of tags joined by dots.

    Returns:
      A list of tags.
    """
    tags = []
    for value in values:
        tags.extend(normalize_tags(attribute, value).split("."))
    return tags

def promises_something(platform):
    """Returns whether one of the platform tags has a policy.

    Args:
      platform: platform tags, joined by dots.

    Returns:
      A bool.
    """
    for tag in platform.split("."):
        for promise in _PROMISES:
            if tag.startswith(promise):
                return True
    return False

def must_validate(ctx, platform, require):
    """Returns whether a wheel that fails its audit fails the build.

    Args:
      ctx: context of a rule with `AUDITED_ATTRS`.
      platform: platform tags of the wheel, joined by dots.
      require: the tags of `audit_require`.

    Returns:
      A bool.
    """
    if ctx.attr.audit == "auto":
        return bool(require) or promises_something(platform)
    return ctx.attr.audit == "validate"

def wheel_of(target):
    """Returns the wheel of a target.

    Args:
      target: a wheel, or a target that provides one; a target with `MlWheelInfo` may have other
        files as well.

    Returns:
      A file.
    """
    if MlWheelInfo in target:
        return target[MlWheelInfo].wheel
    wheels = [file for file in target[DefaultInfo].files.to_list() if file.basename.endswith(".whl")]
    if len(wheels) != 1:
        fail("attribute `wheel`: `{}` has {} files whose names end in `.whl`\n  hint: name a target with one wheel".format(
            target.label,
            len(wheels),
        ))
    return wheels[0]

def name_file_of(target):
    """Returns the file with the true name of a target's wheel, which is not the output's name if it is stamped.

    Args:
      target: as for `wheel_of`.

    Returns:
      A file, or None for a wheel that lies under its true name.
    """
    return target[MlWheelInfo].name_file if MlWheelInfo in target else None

def audit_arguments(ctx, options, wheel, in_runfiles = False):
    """Returns the first arguments of an audit.

    Args:
      ctx: context of the rule.
      options: what `audit_options` returned.
      wheel: the wheel, or its path.
      in_runfiles: whether the audit runs in the runfiles of a test.

    Returns:
      `Args` to which more can be added; each is a line in a file.
    """
    arguments = verb_arguments(ctx, "audit")

    # The verdict must depend on the wheel, not on the machine that runs the audit.
    arguments.add("--no-host")
    if options.require_declared:
        arguments.add("--require-declared")
    arguments.add_all(options.require, format_each = "--require=%s")
    arguments.add_all(options.ignore, format_each = "--ignore=%s")
    if options.strict:
        arguments.add("--strict")
    add_libraries_elsewhere(arguments, options, in_runfiles)
    arguments.add(wheel)
    return arguments

def _audit_action(ctx, options, wheel, output, flags, progress_message):
    """Registers an action that audits a wheel and writes the report to `output`."""
    arguments = audit_arguments(ctx, options, wheel)
    arguments.add("--report=json")
    arguments.add(output, format = "--output=%s")
    arguments.add_all(flags)
    run_wheelworks(
        ctx,
        mnemonic = "WheelAudit",
        arguments = arguments,
        inputs = depset([wheel], transitive = [options.inputs]),
        outputs = [output],
        progress_message = progress_message,
    )

def audit_wheel(ctx, options, wheel, packed = False):
    """Registers the actions that audit a wheel.

    There are two actions, because Bazel keeps no output of a failing action: one fails with the
    findings, the other always writes the report. They do not depend on each other, so a build runs
    only the one that it requests.

    Args:
      ctx: context of a rule with `toolchains = [TOOLCHAIN_TYPE]`.
      options: what `audit_options` returned.
      wheel: the wheel.
      packed: whether one of our actions wrote it, so that its tables of chunks are true.

    Returns:
      A `WheelAuditInfo`.
    """
    flags = ["--trust-chunk-table"] if packed else []
    report = ctx.actions.declare_file(ctx.label.name + ".audit.json")
    _audit_action(
        ctx,
        options,
        wheel,
        output = report,
        flags = flags + ["--exit-zero"],
        progress_message = "Auditing wheel " + wheel.short_path,
    )
    passed = ctx.actions.declare_file(ctx.label.name + ".audit.passed.json")
    _audit_action(
        ctx,
        options,
        wheel,
        output = passed,
        flags = flags,
        progress_message = "Checking wheel " + wheel.short_path,
    )
    return WheelAuditInfo(
        passed = passed,
        report = report,
        require = options.require,
        require_declared = options.require_declared,
        wheel = wheel,
    )

def audit_output_groups(audit, validate, validations = [], **others):
    """Returns the output groups of a target whose wheel is audited.

    Args:
      audit: what `audit_wheel` returned.
      validate: whether a build of the target fails if the audit does.
      validations: other files that are built to validate the wheel.
      **others: depsets of other groups.

    Returns:
      An `OutputGroupInfo`.
    """
    return OutputGroupInfo(
        audit = depset([audit.report]),
        # Bazel 5 and later build this group along with the target, unless told otherwise.
        _validation = depset(([audit.passed] if validate else []) + validations),
        **others
    )
