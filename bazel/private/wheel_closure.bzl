"""`wheel_closure_test`, and the attribute `wheel_deps` of rules that make wheels: whether a wheel loads with the wheels
that it requires."""

load(":audit.bzl", "wheel_of")
load(":binary_test.bzl", "BINARY_TEST", "BINARY_TEST_ATTRS", "binary_test", "binary_test_info")
load(":names.bzl", "fail_attribute", "normalize_distribution")
load(":providers.bzl", "MlWheelInfo")
load(":toolchain.bzl", "check_lines", "check_names", "run_wheelworks", "verb_arguments")

# The attribute of rules that make wheels.
CLOSURE_ATTRS = {
    "wheel_deps": attr.label_list(
        doc = "Wheels that this wheel is installed with, or targets with them, as `wheel_deps` of `py_import`. If it is set, a build of this target fails unless every library of the wheel and of these finds the libraries and symbols that it needs. A validation action, as the audit; not affected by `audit`.",
        allow_files = [".whl"],
    ),
}

def _wheels_of(targets):
    """Returns the wheels among the files of targets."""
    wheels = []
    for target in targets:
        if MlWheelInfo in target:
            wheels.append(target[MlWheelInfo].wheel)
            continue
        found = [file for file in target[DefaultInfo].files.to_list() if file.basename.endswith(".whl")]
        if not found:
            fail("attribute `wheel_deps`: `{}` has no wheel\n  hint: name the target with the wheel itself, such as `@pypi//torch:whl`".format(target.label))
        wheels += found
    return wheels

def closure_validation(ctx, wheel):
    """Registers the action that judges a wheel that one of our actions wrote, with the wheels that it requires.

    Args:
      ctx: context of a rule with `CLOSURE_ATTRS`.
      wheel: the wheel.

    Returns:
      A list of files for the output group `_validation`; empty unless `wheel_deps` is set.
    """
    wheels = _wheels_of(ctx.attr.wheel_deps)
    if not wheels:
        return []
    passed = ctx.actions.declare_file(ctx.label.name + ".closure.passed.json")
    arguments = verb_arguments(ctx, "closure")
    arguments.add("--trust-chunk-table")
    arguments.add("--report=json")
    arguments.add(passed, format = "--output=%s")
    arguments.add_all(wheels, format_each = "--with=%s")
    arguments.add(wheel)
    run_wheelworks(
        ctx,
        mnemonic = "WheelAudit",
        arguments = arguments,
        inputs = depset([wheel] + wheels),
        outputs = [passed],
        progress_message = "Judging the closure of wheel " + wheel.short_path,
    )
    return [passed]

def _wheel_closure_test_impl(ctx):
    wheel = wheel_of(ctx.attr.wheel)
    floors = _wheels_of(ctx.attr.floors)
    for name, floor in zip(ctx.attr.floor_names, floors):
        if normalize_distribution(floor.basename.partition("-")[0]) != normalize_distribution(name):
            fail_attribute("floors", name, "is not the package of `{}`".format(floor.basename), "write the name of the package that the wheel is of")
    arguments = verb_arguments(ctx, "closure")
    for attribute, option in [
        ("exclude", "--exclude=%s"),
        ("extras", "--extra=%s"),
        ("ignore", "--ignore=%s"),
        ("preloaded", "--preloaded=%s"),
    ]:
        names = getattr(ctx.attr, attribute)
        check_names(attribute, names)
        arguments.add_all(names, format_each = option)
    if ctx.attr.python_version:
        check_lines("python_version", [ctx.attr.python_version])
        arguments.add(ctx.attr.python_version, format = "--python-version=%s")
    if ctx.attr.strict:
        arguments.add("--strict")
    wheels = _wheels_of(ctx.attr.wheel_deps) + floors
    arguments.add_all([file.short_path for file in wheels], format_each = "--with=%s")
    arguments.add(wheel.short_path)
    return binary_test_info(ctx, arguments, [wheel] + wheels)

_wheel_closure_test = rule(
    implementation = _wheel_closure_test_impl,
    attrs = dict(
        {
            "exclude": attr.string_list(
                doc = "Libraries that the system brings, as patterns: `libcuda.so.1`.",
            ),
            "extras": attr.string_list(
                doc = "Extras that the wheel is installed with.",
            ),
            "floor_names": attr.string_list(
                doc = "The package of each wheel in `floors`.",
            ),
            "floors": attr.label_list(
                doc = "Wheels of the oldest versions that METADATA admits.",
                allow_files = [".whl"],
            ),
            "ignore": attr.string_list(
                doc = "Rules to ignore, or first words of rules.",
            ),
            "preloaded": attr.string_list(
                doc = "Packages whose libraries are loaded before any other file, as after `import torch`.",
            ),
            "python_version": attr.string(
                doc = "The Python that the wheel is installed in, if its tags leave that open.",
            ),
            "strict": attr.bool(
                doc = "Whether warnings fail as well.",
            ),
            "wheel": attr.label(
                doc = "The wheel, or a target with one.",
                mandatory = True,
                allow_files = [".whl"],
            ),
            "wheel_deps": attr.label_list(
                doc = "Wheels that the wheel is installed with, or targets with them.",
                allow_files = [".whl"],
            ),
        },
        **BINARY_TEST_ATTRS
    ),
    test = True,
    **BINARY_TEST
)

def wheel_closure_test(
        name,
        wheel,
        wheel_deps = [],
        floors = {},
        extras = [],
        python_version = "",
        preloaded = [],
        exclude = [],
        ignore = [],
        strict = False,
        **kwargs):
    """Tests whether a wheel loads with the wheels that it requires: libraries, symbols, versions.

    A failing test names each library and symbol. Nothing is installed or run, so wheels for any platform are tested
    on any host: [closure.md](closure.md).

        wheel_closure_test(
            name = "closure_test",
            floors = {"nvidia-nvjitlink-cu12": "@nvjitlink_12_1//file"},
            wheel = ":wheel",
            wheel_deps = ["@nvjitlink_12_9//file", "@pypi//numpy:whl"],
        )

    Args:
      name: name of the test.
      wheel: the wheel, or a target with one.
      wheel_deps: wheels that the wheel is installed with, or targets with them: one of each package that METADATA
        requires, and what these require in turn.
      floors: for packages whose oldest version is to be tested, too: the package, and its wheel of the oldest
        version that METADATA admits.
      extras: extras that the wheel is installed with.
      python_version: the Python that the wheel is installed in, such as `3.12`, if its tags leave that open.
      preloaded: packages whose libraries are loaded before any other file, as after `import torch`.
      exclude: libraries that the system brings, as patterns: `libcuda.so.1`.
      ignore: rules to ignore, or first words of rules.
      strict: whether warnings fail as well.
      **kwargs: other attributes of a test.
    """
    binary_test(
        _wheel_closure_test,
        name = name,
        exclude = exclude,
        extras = extras,
        floor_names = floors.keys(),
        floors = floors.values(),
        ignore = ignore,
        preloaded = preloaded,
        python_version = python_version,
        strict = strict,
        wheel = wheel,
        wheel_deps = wheel_deps,
        **kwargs
    )
