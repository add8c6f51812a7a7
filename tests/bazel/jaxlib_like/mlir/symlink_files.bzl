"""Links to files of other packages, as JAX makes them to the Python of MLIR."""

def _symlink_files_impl(ctx):
    links = []
    for file in ctx.files.srcs:
        link = ctx.actions.declare_file(file.basename)
        ctx.actions.symlink(
            output = link,
            target_file = file,
        )
        links.append(link)
    return [DefaultInfo(
        files = depset(links),
        runfiles = ctx.runfiles(links),
    )]

symlink_files = rule(
    implementation = _symlink_files_impl,
    doc = "Links to files, in this package and under their own names.",
    attrs = {
        "srcs": attr.label_list(
            doc = "The files.",
            allow_files = True,
        ),
    },
)
