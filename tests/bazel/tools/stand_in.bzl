"""A stand-in for a program that needs the network."""

def _stand_in_impl(ctx):
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(
        script,
        "#!/bin/sh\necho {} \"$*\"\n".format(ctx.label.name),
        is_executable = True,
    )
    return [DefaultInfo(executable = script)]

stand_in = rule(
    implementation = _stand_in_impl,
    doc = "A program that prints its name and its arguments.",
    executable = True,
)
