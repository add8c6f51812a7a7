"""`wheel_budget_test`: whether a wheel and its parts are within their limits."""

load(":audit.bzl", "name_file_of", "wheel_of")
load(":binary_test.bzl", "BINARY_TEST", "BINARY_TEST_ATTRS", "binary_test", "binary_test_info")
load(":toolchain.bzl", "verb_arguments")

def _wheel_budget_test_impl(ctx):
    wheel = wheel_of(ctx.attr.wheel)
    name_file = name_file_of(ctx.attr.wheel)
    arguments = verb_arguments(ctx, "check")
    arguments.add("--no-config")
    arguments.add("--select=budget")
    if name_file:
        arguments.add(name_file.short_path, format = "--name-file=%s")
    arguments.add(ctx.file.budget.short_path, format = "--budget=%s")
    inputs = [wheel, ctx.file.budget] + ([name_file] if name_file else [])
    if ctx.file.baseline:
        arguments.add(ctx.file.baseline.short_path, format = "--baseline=%s")
        inputs.append(ctx.file.baseline)
    arguments.add(wheel.short_path)
    return binary_test_info(ctx, arguments, inputs)

_wheel_budget_test = rule(
    implementation = _wheel_budget_test_impl,
    attrs = dict(
        {
            "baseline": attr.label(
                doc = "What a wheel beyond its budget is compared with.",
                allow_single_file = [".json", ".whl"],
            ),
            "budget": attr.label(
                doc = "The limits.",
                mandatory = True,
                allow_single_file = [".toml"],
            ),
            "wheel": attr.label(
                doc = "The wheel, or a target with one.",
                mandatory = True,
                allow_files = [".whl"],
            ),
        },
        **BINARY_TEST_ATTRS
    ),
    test = True,
    **BINARY_TEST
)

def wheel_budget_test(name, wheel, budget, baseline = None, **kwargs):
    """Tests that a wheel, its files, sections and device code are within a budget.

    A failing test lists the limits, and what grew if there is a baseline.

    Args:
      name: name of the test.
      wheel: the wheel, or a target with one, for any platform.
      budget: TOML file with the limits: [budget.md](budget.md).
      baseline: a former wheel, or its saved `inspect --report json`.
      **kwargs: other attributes of a test.
    """
    binary_test(
        _wheel_budget_test,
        name = name,
        baseline = baseline,
        budget = budget,
        wheel = wheel,
        **kwargs
    )
