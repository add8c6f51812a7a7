"""`verify_macos_compliance_test`: whether a wheel meets a platform tag of macOS."""

load(":audit.bzl", "audit_arguments", "audit_attrs", "audit_options", "required_tags", "wheel_of")
load(":binary_test.bzl", "BINARY_TEST", "BINARY_TEST_ATTRS", "binary_test", "binary_test_info")
load(":names.bzl", "fail_attribute")

# The CPUs that have an attribute `CPU_compliance_tag`.
_CPUS = ["arm64", "x86_64"]

def _tag_of_cpu(attribute, tag, cpu):
    """Returns a tag with its CPU, which is optional in an attribute named after the CPU."""
    if not tag.startswith("macosx_"):
        fail_attribute(attribute, tag, "is no tag of macOS", "write it like `macosx_11_0_{}`".format(cpu))
    words = tag.split("_")
    name = "_".join(words[3:])
    if name not in ["", cpu]:
        hint = "write `{}`".format("_".join(words[:3] + [cpu]))
        if name in _CPUS:
            hint += ", or set `{}_compliance_tag`".format(name)
        fail_attribute(attribute, tag, "is for another CPU", hint)
    return "_".join(words[:3] + [cpu])

def _required(ctx):
    """Returns the tags of all CPUs. When the test runs, the wheel decides which of them count."""
    tags = []
    for cpu in _CPUS:
        attribute = cpu + "_compliance_tag"
        value = getattr(ctx.attr, attribute)
        if value:
            tags.extend([_tag_of_cpu(attribute, tag, cpu) for tag in required_tags(attribute, [value])])
    if not tags:
        fail("no compliance tag\n  hint: set one of the attributes {}".format(
            ", ".join(["`{}_compliance_tag`".format(cpu) for cpu in _CPUS]),
        ))
    return tags

def _macos_compliance_test_impl(ctx):
    options = audit_options(ctx, require = _required(ctx), require_declared = ctx.attr.require_declared)
    wheel = wheel_of(ctx.attr.wheel)
    arguments = audit_arguments(ctx, options, wheel.short_path, in_runfiles = True)
    return binary_test_info(ctx, arguments, [wheel] + options.inputs.to_list())

_macos_compliance_test = rule(
    implementation = _macos_compliance_test_impl,
    attrs = dict(
        dict(audit_attrs(), **BINARY_TEST_ATTRS),
        require_declared = attr.bool(
            doc = "Whether the wheel must meet the platform tags of its own name, too.",
            default = True,
        ),
        wheel = attr.label(
            doc = "The wheel, or a target with one.",
            mandatory = True,
            allow_files = [".whl"],
        ),
        **{
            cpu + "_compliance_tag": attr.string(
                doc = "Platform tag of macOS that a wheel with code for this CPU must meet.",
            )
            for cpu in _CPUS
        }
    ),
    test = True,
    **BINARY_TEST
)

def verify_macos_compliance_test(
        name,
        wheel,
        arm64_compliance_tag = "",
        x86_64_compliance_tag = "",
        test_tags = [],
        **kwargs):
    """Tests that a wheel for macOS meets a platform tag, on any machine.

    Each tag counts if the wheel has the CPU in its name; both do for `universal2`. A failing test names the
    files that need a newer macOS, that lack code for a CPU, or that need a library outside of the wheel. A
    wheel without machine code passes.

    Args:
      name: name of the test.
      wheel: the wheel, or a target with one.
      arm64_compliance_tag: tag that code for arm64 must meet, such as `macosx_11_0_arm64`; the CPU is
        optional. Empty if there is no such wheel.
      x86_64_compliance_tag: the same for x86_64.
      test_tags: tags of the test, such as `manual`.
      **kwargs: other attributes of a test, `require_declared` (by default the wheel must meet the tags of its
        own name, too), and those of `wheel_audit` that change the audit: `exclude`, `exclude_files`,
        `ignore`, `strict` and `wheel_deps`.
    """
    binary_test(
        _macos_compliance_test,
        name = name,
        arm64_compliance_tag = arm64_compliance_tag,
        tags = (test_tags or []) + (kwargs.pop("tags", None) or []),
        wheel = wheel,
        x86_64_compliance_tag = x86_64_compliance_tag,
        **kwargs
    )
