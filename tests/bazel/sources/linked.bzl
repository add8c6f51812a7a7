"""Python targets of unusual kinds: stubs that exist in runfiles only, and a tree of sources."""

load("@wheelworks_compat//:defs.bzl", "PY_INFOS")

def _linked_stubs_impl(ctx):
    return [
        DefaultInfo(runfiles = ctx.runfiles(
            files = [ctx.file.unrelated],
            symlinks = {path: ctx.file.stub for path in ctx.attr.paths},
        )),
    ]

linked_stubs = rule(
    implementation = _linked_stubs_impl,
    doc = "Links in runfiles to one file.",
    attrs = {
        "paths": attr.string_list(doc = "Paths of the links."),
        "stub": attr.label(
            doc = "Target of the links.",
            allow_single_file = True,
        ),
        "unrelated": attr.label(
            doc = "A file that is not a stub.",
            allow_single_file = True,
        ),
    },
)

def _tree_library_impl(ctx):
    return [
        DefaultInfo(files = depset([ctx.file.tree])),
        PY_INFOS[0](transitive_sources = depset([ctx.file.tree])),
    ]

tree_library = rule(
    implementation = _tree_library_impl,
    doc = "A Python target whose sources are in a tree artifact.",
    attrs = {
        "tree": attr.label(
            doc = "The tree.",
            allow_single_file = True,
        ),
    },
)
