"""Tests whose executable is the binary itself: no script, and so no shell and no Python, is between it
and Bazel."""

load("@wheelworks_compat//:defs.bzl", "test_rule_parameters", "test_toolchains")
load(":toolchain.bzl", "TOOLCHAIN_TYPE")

# Parameters of `rule` for such a test.
BINARY_TEST = test_rule_parameters([TOOLCHAIN_TYPE])

BINARY_TEST_ATTRS = {
    "arguments": attr.output(
        doc = "File with the arguments of the binary; the attribute `args` must refer to it.",
        mandatory = True,
    ),
}

def binary_test_info(ctx, arguments, inputs):
    """Writes the arguments and makes the binary the test's executable.

    Args:
      ctx: context of a test rule with `BINARY_TEST_ATTRS` and `BINARY_TEST`.
      arguments: `Args` with the paths that files have when the test runs.
      inputs: list of those files.

    Returns:
      A list of providers.
    """
    ctx.actions.write(ctx.outputs.arguments, arguments)
    executable = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(
        output = executable,
        target_file = test_toolchains(ctx)[TOOLCHAIN_TYPE].wheelworks.binary.executable,
        is_executable = True,
        progress_message = "Linking " + executable.short_path,
    )
    return [DefaultInfo(
        executable = executable,
        runfiles = ctx.runfiles([ctx.outputs.arguments] + inputs),
    )]

def binary_test(test_rule, name, **kwargs):
    """Instantiates a test rule that `binary_test_info` implements.

    Args:
      test_rule: the rule.
      name: name of the test.
      **kwargs: attributes of the rule.
    """
    arguments = name + ".arguments"
    test_rule(
        name = name,
        args = ["@$(rootpath :{})".format(arguments)] + (kwargs.pop("args", None) or []),
        arguments = arguments,
        **kwargs
    )
