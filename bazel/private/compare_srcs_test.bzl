"""`compare_srcs_and_test_deps_test`: whether a wheel contains everything that its tests import."""

load("@wheelworks_compat//:defs.bzl", "PY_INFOS", "test_rule_parameters")
load(":names.bzl", "fail_attribute")
load(":selection.bzl", "EXTERNAL_REPOSITORIES_ATTR", "is_installed", "matches_any", "of_repositories", "py_sources")

_TestDepsInfo = provider(
    doc = "Python sources that tests import.",
    fields = {"files": "Depset of the sources of what tests depend on, without the tests' own."},
)

_AdditivesInfo = provider(
    doc = "Python sources that tests may import although no wheel contains them.",
    fields = {"files": "Depset of sources."},
)

def _py_sources(targets):
    return [
        py_sources(target[py_info])
        for target in targets
        for py_info in PY_INFOS
        if py_info in target
    ]

def _list_attribute(ctx, name):
    """Returns the targets of an attribute of the rule that an aspect visits."""
    value = getattr(ctx.rule.attr, name, None)
    return [item for item in value if type(item) == "Target"] if type(value) == "list" else []

def _test_deps_aspect_impl(_target, ctx):
    if ctx.rule.kind == "test_suite":
        tests = _list_attribute(ctx, "tests") + _list_attribute(ctx, "_implicit_tests")
        return [_TestDepsInfo(files = depset(transitive = [
            test[_TestDepsInfo].files
            for test in tests
            if _TestDepsInfo in test
        ]))]

    # The sources of a test's dependencies only: its own sources belong in no wheel.
    return [_TestDepsInfo(files = depset(transitive = _py_sources(_list_attribute(ctx, "deps"))))]

_test_deps_aspect = aspect(
    implementation = _test_deps_aspect_impl,
    attr_aspects = ["tests", "_implicit_tests"],
)

def _additives_aspect_impl(target, ctx):
    # A filegroup drops the dependencies of its Python targets; the targets themselves have them.
    return [_AdditivesInfo(files = depset(transitive = _py_sources([target]) + [
        source[_AdditivesInfo].files
        for source in _list_attribute(ctx, "srcs")
        if _AdditivesInfo in source
    ]))]

_additives_aspect = aspect(
    implementation = _additives_aspect_impl,
    attr_aspects = ["srcs"],
)

def _init_file(path):
    """Returns the path of the `__init__.py` beside a file."""
    directory, slash, _ = path.rpartition("/")
    return directory + slash + "__init__.py"

def missing_in_wheel(wheel, additives, dependencies, ignored_init_py_files, root_package_names = []):
    """Returns the files that tests need and that are missing from a wheel.

    A module can only be imported from a wheel if its directory there has an `__init__.py`, so that
    file is needed as well.

    Args:
      wheel: paths of the wheel's sources, as a dict.
      additives: paths that tests may need although they are missing from the wheel, as a dict.
      dependencies: paths of the tests' dependencies, as a list.
      ignored_init_py_files: patterns for `__init__.py` files that may be missing from the wheel.
      root_package_names: top-level packages in which directories need an `__init__.py`; all, if empty.

    Returns:
      A sorted list of paths, each once.
    """
    missing = {}
    for path in dependencies:
        if path in additives and path not in wheel:
            continue
        if path not in wheel:
            missing[path] = None
        init = _init_file(path)
        is_own_package = "/" in path and not path.startswith("../") and path.endswith(".py")
        if root_package_names and path.partition("/")[0] not in root_package_names:
            is_own_package = False
        if is_own_package and init not in wheel and init not in additives and not matches_any(ignored_init_py_files, init):
            missing[init] = None
    return sorted(missing)

def _script(missing, target):
    """Returns a script that prints the findings. Its texts are in single quotes, which a shell leaves alone."""
    lines = ["PASSED: what the tests depend on is in the wheel's sources"]
    if missing:
        lines = ["FAILED: {}: tests depend on files that are not in `wheel_sources`:".format(target)]
        lines.extend(["  " + path for path in missing])
        lines.append("  hint: add the targets that have them to the wheel's sources, or, if they are for tests only, to `wheel_additives`")
    return "#!/bin/sh\n" + "".join([
        "printf '%s\\n' '{}'\n".format(line.replace("'", "'\\''"))
        for line in lines
    ]) + "exit {}\n".format(1 if missing else 0)

def _compare_impl(ctx):
    wheel = {file.short_path: None for file in ctx.files.wheel_sources + ctx.files.srcs}
    if not ctx.attr.wheel_sources and not ctx.attr.srcs:
        fail_attribute("wheel_sources", "", "names no sources", "name the wheel's `wheel_sources`")
    additives = {file.short_path: None for file in ctx.files.wheel_additives}
    for file in depset(transitive = [target[_AdditivesInfo].files for target in ctx.attr.wheel_additives]).to_list():
        additives[file.short_path] = None
    dependencies = of_repositories(
        ctx.attr.external_repositories,
        depset(transitive = [target[_TestDepsInfo].files for target in ctx.attr.tests]),
    )
    missing = missing_in_wheel(
        wheel = wheel,
        additives = additives,
        dependencies = [file.short_path for file in dependencies.to_list() if not is_installed(file)],
        ignored_init_py_files = ctx.attr.ignored_init_py_files,
        root_package_names = ctx.attr.root_package_names,
    )
    executable = ctx.actions.declare_file(ctx.label.name + ".sh")
    ctx.actions.write(
        output = executable,
        content = _script(missing, ctx.label),
        is_executable = True,
    )
    return [DefaultInfo(executable = executable)]

compare_srcs_and_test_deps_test = rule(
    implementation = _compare_impl,
    doc = """Tests that a wheel contains every Python source that some tests import.

Tests that pass with the source tree can fail with the wheel because a module is missing there. This
test finds the module without running any test: it compares the dependencies of the tests with the
sources of the wheel, and lists the missing files, including `__init__.py` files beside them. Files of
other distributions (below `site-packages/`) and the tests' own sources are ignored.

    compare_srcs_and_test_deps_test(
        name = "example_sources_test",
        tests = ["//example/tests"],
        wheel_additives = ["//example:test_util"],
        wheel_sources = [":example_sources"],
    )
""",
    attrs = {
        "external_repositories": EXTERNAL_REPOSITORIES_ATTR,
        "ignored_init_py_files": attr.string_list(
            doc = "Paths of `__init__.py` files that may be missing from the wheel, such as those that a build script writes; `*` stands for any text.",
        ),
        "root_package_names": attr.string_list(
            doc = "Top-level packages in which the directory of each module needs an `__init__.py`; all packages if empty.",
        ),
        "srcs": attr.label_list(
            doc = "The same as `wheel_sources`.",
            allow_files = True,
        ),
        "tests": attr.label_list(
            doc = "Tests and test suites.",
            mandatory = True,
            allow_empty = False,
            aspects = [_test_deps_aspect],
        ),
        "wheel_additives": attr.label_list(
            doc = "Targets that tests depend on but that belong in no wheel, such as a library of test cases.",
            allow_files = True,
            aspects = [_additives_aspect],
        ),
        "wheel_sources": attr.label_list(
            doc = "The wheel's sources, such as a `wheel_sources`. Required, here or in `srcs`.",
            allow_files = True,
        ),
    },
    test = True,
    **test_rule_parameters()
)
