"""`verify_manylinux_compliance_test`: whether a wheel meets a platform tag."""

load(":audit.bzl", "audit_arguments", "audit_attrs", "audit_options", "required_tags", "wheel_of")
load(":binary_test.bzl", "BINARY_TEST", "BINARY_TEST_ATTRS", "binary_test", "binary_test_info")
load(":names.bzl", "fail_attribute")

# The machines that have an attribute `MACHINE_compliance_tag`.
_MACHINES = ["aarch64", "ppc64le", "riscv64", "x86_64"]

# Other machines that a tag can end with.
_OTHER_MACHINES = ["armv7l", "i686", "loongarch64", "ppc64", "s390x"]

def _tag_of_machine(attribute, tag, machine):
    """Returns a tag with its machine, which is optional in an attribute named after the machine."""
    if tag.endswith("_" + machine):
        return tag
    for other in _MACHINES + _OTHER_MACHINES:
        if tag.endswith("_" + other):
            hint = "write `{}`".format(tag[:-len(other)] + machine)
            if other in _MACHINES:
                hint += ", or set `{}_compliance_tag`".format(other)
            fail_attribute(attribute, tag, "is for another machine", hint)
    return "{}_{}".format(tag, machine)

def _required(ctx):
    """Returns the tags of all machines. When the test runs, the wheel decides which one is used."""
    tags = []
    for machine in _MACHINES:
        attribute = machine + "_compliance_tag"
        value = getattr(ctx.attr, attribute)
        if value:
            tags.extend([_tag_of_machine(attribute, tag, machine) for tag in required_tags(attribute, [value])])
    if not tags:
        fail("no compliance tag\n  hint: set one of the attributes {}".format(
            ", ".join(["`{}_compliance_tag`".format(machine) for machine in _MACHINES]),
        ))
    return tags

def _compliance_test_impl(ctx):
    options = audit_options(ctx, require = _required(ctx))
    wheel = wheel_of(ctx.attr.wheel)
    arguments = audit_arguments(ctx, options, wheel.short_path, in_runfiles = True)
    return binary_test_info(ctx, arguments, [wheel] + options.inputs.to_list())

_compliance_test = rule(
    implementation = _compliance_test_impl,
    attrs = dict(
        dict(audit_attrs(), **BINARY_TEST_ATTRS),
        wheel = attr.label(
            doc = "The wheel, or a target with one.",
            mandatory = True,
            allow_files = [".whl"],
        ),
        **{
            machine + "_compliance_tag": attr.string(
                doc = "Platform tag that a wheel for this machine must meet.",
            )
            for machine in _MACHINES
        }
    ),
    test = True,
    **BINARY_TEST
)

def verify_manylinux_compliance_test(
        name,
        wheel,
        aarch64_compliance_tag = "",
        x86_64_compliance_tag = "",
        ppc64le_compliance_tag = "",
        riscv64_compliance_tag = "",
        test_tags = [],
        **kwargs):
    """Tests that a wheel meets a platform tag, or a stricter one.

    The tag for the wheel's machine is used, whatever machine the test runs on. A failing test names
    the library and the symbol version that stand in the way. A wheel without machine code passes.

    Args:
      name: name of the test.
      wheel: the wheel, or a target with one.
      aarch64_compliance_tag: tag that a wheel for aarch64 must meet, such as
        `manylinux_2_28_aarch64`; the machine is optional. Empty if there is no such wheel.
      x86_64_compliance_tag: the same for x86-64.
      ppc64le_compliance_tag: the same for ppc64le.
      riscv64_compliance_tag: the same for riscv64.
      test_tags: tags of the test, such as `manual`.
      **kwargs: other attributes of a test, and those of `wheel_audit` that change the audit:
        `exclude`, `exclude_files`, `ignore`, `policy_file`, `disable_isa_ext_check`, `strict`,
        `wheel_deps` and `provided_by_known`.
    """
    binary_test(
        _compliance_test,
        name = name,
        aarch64_compliance_tag = aarch64_compliance_tag,
        ppc64le_compliance_tag = ppc64le_compliance_tag,
        riscv64_compliance_tag = riscv64_compliance_tag,
        tags = (test_tags or []) + (kwargs.pop("tags", None) or []),
        wheel = wheel,
        x86_64_compliance_tag = x86_64_compliance_tag,
        **kwargs
    )
