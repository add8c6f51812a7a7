"""A stand-in for a rule that uploads a wheel: it must not run for a wheel that fails its audit."""

load("@wheelworks//bazel:defs.bzl", "WheelAuditInfo")

def _published_impl(ctx):
    audit = ctx.attr.wheel[WheelAuditInfo]
    published = ctx.actions.declare_file(ctx.label.name + "/" + audit.wheel.basename)
    ctx.actions.run_shell(
        mnemonic = "Publish",
        arguments = [audit.wheel.path, published.path],
        command = "cp \"$1\" \"$2\"",
        inputs = [audit.wheel, audit.passed],
        outputs = [published],
        progress_message = "Publishing " + audit.wheel.short_path,
    )
    return [DefaultInfo(files = depset([published]))]

published = rule(
    implementation = _published_impl,
    doc = "Copies a wheel if it passes its audit.",
    attrs = {
        "wheel": attr.label(
            doc = "The wheel.",
            mandatory = True,
            providers = [WheelAuditInfo],
        ),
    },
)
