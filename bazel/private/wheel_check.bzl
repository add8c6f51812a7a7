"""`wheel_check`, `wheel_check_test` and `wheel_size_test`: whether indexes, installers and standards object
to a wheel."""

load(":audit.bzl", "name_file_of", "wheel_of")
load(":binary_test.bzl", "BINARY_TEST", "BINARY_TEST_ATTRS", "binary_test", "binary_test_info")
load(":names.bzl", "fail_attribute")
load(":toolchain.bzl", "TOOLCHAIN_ATTRS", "TOOLCHAIN_TYPE", "check_names", "run_wheelworks", "verb_arguments")

_CHECK_ATTRS = {
    "ignore": attr.string_list(
        doc = "Rules to ignore, in the form of `select`.",
    ),
    "max_size": attr.int(
        doc = "Largest size of the wheel's file in MiB; 0 for no limit.",
    ),
    "select": attr.string_list(
        doc = "Rules to apply; all if empty: names such as `record-hash`, first words such as `record`, or numbers of check-wheel-contents such as `W001`.",
    ),
    "strict": attr.bool(
        doc = "Whether warnings fail as well.",
    ),
    "toplevel": attr.string_list(
        doc = "The exact set of top-level names of the wheel.",
    ),
    "wheel": attr.label(
        doc = "The wheel, or a target with one.",
        mandatory = True,
        allow_files = [".whl"],
    ),
}

# The rules of `wheel_size_test`.
_SIZE_ONLY = ["size"]

def _add_list(arguments, ctx, attribute, flag):
    values = getattr(ctx.attr, attribute)
    check_names(attribute, values)
    arguments.add_all(values, format_each = flag + "=%s")

def _check_arguments(ctx, wheel, name_file):
    """Returns the arguments that check a wheel, given as a file or a path, as is the file with its true name."""
    arguments = verb_arguments(ctx, "check")

    # The report depends on the attributes, not on a file that happens to be in the workspace.
    arguments.add("--no-config")
    _add_list(arguments, ctx, "select", "--select")
    _add_list(arguments, ctx, "ignore", "--ignore")
    _add_list(arguments, ctx, "toplevel", "--toplevel")
    if name_file:
        arguments.add(name_file, format = "--name-file=%s")
    is_size_test = ctx.attr.select == _SIZE_ONLY
    if ctx.attr.max_size < 0 or (is_size_test and not ctx.attr.max_size):
        fail_attribute("max_size", ctx.attr.max_size, "is no size", "write a number of MiB" + ("" if is_size_test else ", or 0 for no limit"))
    if ctx.attr.max_size:
        arguments.add(ctx.attr.max_size, format = "--max-size=%s")
    if ctx.attr.strict:
        arguments.add("--strict")
    arguments.add(wheel)
    return arguments

def _check_action(ctx, wheel, output, flags, progress_message):
    name_file = name_file_of(ctx.attr.wheel)
    arguments = _check_arguments(ctx, wheel, name_file)
    arguments.add("--report=json")
    arguments.add(output, format = "--output=%s")
    arguments.add_all(flags)
    run_wheelworks(
        ctx,
        mnemonic = "WheelCheck",
        arguments = arguments,
        inputs = depset([wheel] + ([name_file] if name_file else [])),
        outputs = [output],
        progress_message = progress_message,
    )

def _wheel_check_impl(ctx):
    wheel = wheel_of(ctx.attr.wheel)

    # Two actions, because Bazel keeps no output of a failing action.
    passed = ctx.actions.declare_file(ctx.label.name + ".check.passed.json")
    _check_action(ctx, wheel, passed, [], "Checking wheel " + wheel.short_path)
    report = ctx.actions.declare_file(ctx.label.name + ".check.json")
    _check_action(ctx, wheel, report, ["--exit-zero"], "Reporting on wheel " + wheel.short_path)
    return [
        DefaultInfo(files = depset([passed])),
        OutputGroupInfo(check = depset([report])),
    ]

wheel_check = rule(
    implementation = _wheel_check_impl,
    doc = """Checks a wheel; the report is the output.

The target builds if no finding is an error, and fails with the findings otherwise. Its output is the report
as JSON. The output group `check` has the report even if the wheel fails.
""",
    attrs = dict(_CHECK_ATTRS, **TOOLCHAIN_ATTRS),
    toolchains = [TOOLCHAIN_TYPE],
)

def _wheel_check_test_impl(ctx):
    wheel = wheel_of(ctx.attr.wheel)
    name_file = name_file_of(ctx.attr.wheel)
    arguments = _check_arguments(ctx, wheel.short_path, name_file.short_path if name_file else None)
    return binary_test_info(ctx, arguments, [wheel] + ([name_file] if name_file else []))

_wheel_check_test = rule(
    implementation = _wheel_check_test_impl,
    attrs = dict(_CHECK_ATTRS, **BINARY_TEST_ATTRS),
    test = True,
    **BINARY_TEST
)

def wheel_check_test(name, wheel, **kwargs):
    """Tests that indexes, installers and standards accept a wheel.

    A failing test lists the findings, each with its place, its reason and its fix.

    Args:
      name: name of the test.
      wheel: the wheel, or a target with one.
      **kwargs: other attributes of a test, and `select`, `ignore`, `max_size`, `strict` and
        `toplevel` of `wheel_check`.
    """
    binary_test(_wheel_check_test, name = name, wheel = wheel, **kwargs)

def wheel_size_test(name, wheel, max_size_mib, **kwargs):
    """Tests the size of a wheel's file, and nothing else.

    Args:
      name: name of the test.
      wheel: the wheel, or a target with one.
      max_size_mib: largest size in MiB.
      **kwargs: other attributes of a test.
    """
    binary_test(
        _wheel_check_test,
        name = name,
        max_size = max_size_mib,
        select = _SIZE_ONLY,
        wheel = wheel,
        **kwargs
    )
