"""Variables for `$(NAME)` in attributes of targets that list this target in `toolchains`."""

def _variables_impl(ctx):
    return [platform_common.TemplateVariableInfo(ctx.attr.values)]

variables = rule(
    implementation = _variables_impl,
    doc = "Defines \"Make\" variables.",
    attrs = {
        "values": attr.string_dict(
            doc = "Values by name.",
            mandatory = True,
        ),
    },
)
