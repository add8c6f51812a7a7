"""`wheel_audit`: the audit of any wheel."""

load(
    ":audit.bzl",
    "audit_attrs",
    "audit_options",
    "audit_output_groups",
    "audit_wheel",
    "required_tags",
    "wheel_of",
)
load(":providers.bzl", "WheelAuditInfo")
load(":toolchain.bzl", "TOOLCHAIN_ATTRS", "TOOLCHAIN_TYPE")

def _wheel_audit_impl(ctx):
    require = required_tags("require", ctx.attr.require)
    if not require and not ctx.attr.require_declared:
        fail("attributes `require`, `require_declared`: nothing is asked of the wheel\n  hint: set one of them; the report alone is the output group `audit`")
    options = audit_options(
        ctx,
        require = require,
        require_declared = ctx.attr.require_declared,
    )
    audit = audit_wheel(ctx, options, wheel_of(ctx.attr.wheel))
    return [
        DefaultInfo(files = depset([audit.passed])),
        audit_output_groups(audit, validate = True),
        audit,
    ]

wheel_audit = rule(
    implementation = _wheel_audit_impl,
    doc = """Audits a wheel that is a file, or that another rule makes.

The target builds if the wheel meets the required tags, and fails with the findings if not. Its output is
the report as JSON. The output group `audit` has the report even if the wheel fails.

    wheel_audit(
        name = "vendored_wheel_audit",
        require = ["manylinux_2_28"],
        wheel = "third_party/example-1.0-cp312-cp312-manylinux_2_28_x86_64.whl",
    )
""",
    attrs = dict(
        audit_attrs(),
        require = attr.string_list(
            doc = "Platform tags that the wheel must meet: `manylinux_2_28_x86_64`, or `manylinux_2_28` for any CPU. A stricter tag meets it too. Tags for another CPU than the wheel's are ignored if there are several.",
        ),
        require_declared = attr.bool(
            doc = "Whether the wheel must meet the platform tags of its own name.",
            default = True,
        ),
        wheel = attr.label(
            doc = "The wheel, or a target with one.",
            mandatory = True,
            allow_files = [".whl"],
        ),
        **TOOLCHAIN_ATTRS
    ),
    provides = [WheelAuditInfo],
    toolchains = [TOOLCHAIN_TYPE],
)
