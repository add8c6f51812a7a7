"""`wheel_device_code_test`, and the attribute `device_code` of rules that make wheels: the GPUs that a wheel has code
for."""

load(":audit.bzl", "wheel_of")
load(":binary_test.bzl", "BINARY_TEST", "BINARY_TEST_ATTRS", "binary_test", "binary_test_info")
load(":toolchain.bzl", "check_names", "run_wheelworks", "verb_arguments")

# The attribute of rules that make wheels.
DEVICE_CODE_ATTRS = {
    "device_code": attr.string_list(
        doc = "Architectures of device code, such as `sm_90`, `compute_90` for PTX, or `gfx942`. If it is set, a build of this target fails unless each library with device code has it for all of these, and for no others. A validation action, as the audit; not affected by `audit`.",
    ),
}

def _check_names(attribute, names):
    check_names(attribute, names, "is not one architecture", "write a list of names such as `sm_90`")

def _arguments(ctx, wheel, require, allow):
    """Returns the arguments that audit the device code of a wheel, and nothing else."""
    arguments = verb_arguments(ctx, "audit")
    arguments.add("--no-host")
    arguments.add("--select=device-code")
    arguments.add_all(require, format_each = "--require-sm=%s")
    arguments.add_all(allow, format_each = "--allow-sm=%s")
    arguments.add(wheel)
    return arguments

def device_code_validation(ctx, wheel):
    """Registers the action that validates the device code of a wheel that one of our actions wrote.

    Args:
      ctx: context of a rule with `DEVICE_CODE_ATTRS`.
      wheel: the wheel.

    Returns:
      A list of files for the output group `_validation`; empty unless `device_code` is set.
    """
    names = ctx.attr.device_code
    if not names:
        return []
    _check_names("device_code", names)
    passed = ctx.actions.declare_file(ctx.label.name + ".device_code.passed.json")
    arguments = _arguments(ctx, wheel, require = names, allow = names)
    arguments.add("--trust-chunk-table")
    arguments.add("--report=json")
    arguments.add(passed, format = "--output=%s")
    run_wheelworks(
        ctx,
        mnemonic = "WheelAudit",
        arguments = arguments,
        inputs = depset([wheel]),
        outputs = [passed],
        progress_message = "Checking device code of wheel " + wheel.short_path,
    )
    return [passed]

def _wheel_device_code_test_impl(ctx):
    require = ctx.attr.require
    allow = ctx.attr.allow
    if not require and not allow:
        fail("attributes `require`, `allow`: nothing is asked of the wheel\n  hint: set one of them to a list such as `[\"sm_90\"]`")
    _check_names("require", require)
    _check_names("allow", allow)
    wheel = wheel_of(ctx.attr.wheel)
    arguments = _arguments(ctx, wheel.short_path, require, allow)
    return binary_test_info(ctx, arguments, [wheel])

_wheel_device_code_test = rule(
    implementation = _wheel_device_code_test_impl,
    attrs = dict(
        {
            "allow": attr.string_list(
                doc = "The only architectures that libraries may have; any if it is empty.",
            ),
            "require": attr.string_list(
                doc = "Architectures that each library with device code must have.",
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

def wheel_device_code_test(name, wheel, require = [], allow = [], **kwargs):
    """Tests which GPUs a wheel has code for, on any platform.

    A failing test names each library and architecture. A wheel without device code passes.

    Args:
      name: name of the test.
      wheel: the wheel, or a target with one.
      require: architectures that each library with device code must have: `sm_90`, `sm_90a`,
        `compute_90` for PTX, `gfx942`.
      allow: the only architectures that libraries may have; any if it is empty.
      **kwargs: other attributes of a test.
    """
    binary_test(
        _wheel_device_code_test,
        name = name,
        allow = allow,
        require = require,
        wheel = wheel,
        **kwargs
    )
