"""Tests of a target's files in the analysis phase, which build nothing."""

load("@wheelworks//bazel:defs.bzl", "WheelSourcesInfo")

def _differences(what, expected, actual):
    """Returns lines with the missing and the unexpected files."""
    return (
        ["missing {}: {}".format(what, item) for item in expected if item not in actual] +
        ["unexpected {}: {}".format(what, item) for item in actual if item not in expected]
    )

def _short_path(file):
    """Returns a file's path with the name by which MODULE.bazel or WORKSPACE calls its repository."""
    if not file.short_path.startswith("../"):
        return file.short_path
    repository, _, rest = file.short_path[len("../"):].partition("/")

    # A repository of MODULE.bazel has a prefix that ends with `~` in Bazel 7, and with `+` later.
    return "../{}/{}".format(repository.replace("+", "~").split("~")[-1], rest)

def _expected_files_impl(ctx):
    # With a transition, an attribute with one label is a list.
    target = ctx.attr.target[0] if type(ctx.attr.target) == "list" else ctx.attr.target
    files = target[DefaultInfo].files.to_list()
    paths = [_short_path(file) for file in files]
    lines = _differences("file", ctx.attr.expected, paths)
    if len({path: None for path in paths}) != len(paths):
        lines.append("some path is there twice")

    placed = target[WheelSourcesInfo].placed.to_list() if WheelSourcesInfo in target else []
    lines.extend(_differences(
        "place",
        ["{} -> {}".format(file, path) for file, path in ctx.attr.placed.items()],
        ["{} -> {}".format(entry.file.short_path, entry.path) for entry in placed],
    ))

    # Each configuration has its own output directory.
    for file in files:
        directory = file.root.path.partition("/")[2].partition("/")[0]
        if not file.is_source and (not directory.startswith(ctx.attr.directory) or ("-exec-" in directory) != ctx.attr.for_execution):
            lines.append("of another configuration: " + file.path)

    runfiles = {file: None for file in target[DefaultInfo].default_runfiles.files.to_list()}
    lines.extend(["not in runfiles: " + file.path for file in files if file not in runfiles])

    executable = ctx.actions.declare_file(ctx.label.name + ".sh")
    ctx.actions.write(
        output = executable,
        content = "#!/bin/sh\n" + "".join(["echo '{}'\n".format(line) for line in lines]) + "exit {}\n".format(1 if lines else 0),
        is_executable = True,
    )
    return [DefaultInfo(executable = executable)]

def _optimized_impl(_settings, _attr):
    return {"//command_line_option:compilation_mode": "opt"}

_optimized = transition(
    implementation = _optimized_impl,
    inputs = [],
    outputs = ["//command_line_option:compilation_mode"],
)

# A CPU for which Bazel's C++ toolchain has an entry that compiles nothing, which suffices for analysis.
def _other_cpu_impl(_settings, _attr):
    return {"//command_line_option:cpu": "armeabi-v7a"}

_other_cpu = transition(
    implementation = _other_cpu_impl,
    inputs = [],
    outputs = ["//command_line_option:cpu"],
)

def _expected_files_test(cfg, directory, for_execution = False, **attrs):
    return rule(
        implementation = _expected_files_impl,
        attrs = dict(
            directory = attr.string(
                doc = "Prefix of the output directories of the target's configuration.",
                default = directory,
            ),
            expected = attr.string_list(
                doc = "Paths of the files.",
                mandatory = True,
            ),
            for_execution = attr.bool(
                doc = "Whether the target is built in the exec configuration.",
                default = for_execution,
            ),
            placed = attr.string_dict(
                doc = "Destinations of files that differ from their paths.",
            ),
            target = attr.label(
                doc = "The target.",
                mandatory = True,
                cfg = cfg,
            ),
            **attrs
        ),
        test = True,
    )

# A rule needs this attribute if and only if it has a transition.
_ALLOWLIST = attr.label(
    doc = "The allowlist of transitions.",
    default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
)

expected_files_test = _expected_files_test("target", "k8-fastbuild")
expected_files_optimized_test = _expected_files_test(
    _optimized,
    "k8-opt",
    _allowlist_function_transition = _ALLOWLIST,
)
expected_files_other_cpu_test = _expected_files_test(
    _other_cpu,
    "armeabi-v7a-fastbuild",
    _allowlist_function_transition = _ALLOWLIST,
)
expected_files_exec_test = _expected_files_test("exec", "k8-opt", for_execution = True)

def expected_files_tests(name, **kwargs):
    """Declares the same test of a target in all configurations.

    Args:
      name: what the names of the tests start with.
      **kwargs: attributes of the tests.
    """
    expected_files_test(name = name + "_target_test", size = "small", **kwargs)
    expected_files_optimized_test(name = name + "_optimized_test", size = "small", **kwargs)
    expected_files_other_cpu_test(name = name + "_other_cpu_test", size = "small", **kwargs)
    expected_files_exec_test(name = name + "_exec_test", size = "small", **kwargs)
