"""A tree artifact, whose files are unknown in the analysis phase."""

def _generated_tree_impl(ctx):
    tree = ctx.actions.declare_directory(ctx.attr.directory or ctx.label.name)
    arguments = ctx.actions.args()
    arguments.add(tree.path)
    for path in sorted(ctx.attr.contents):
        arguments.add_all([path, ctx.attr.contents[path]])
    ctx.actions.run_shell(
        mnemonic = "GenerateTree",
        arguments = [arguments],
        command = """\
set -eu
tree=$1
shift
while [ $# -gt 0 ]; do
  mkdir -p "$tree/$(dirname "$1")"
  printf '%s' "$2" > "$tree/$1"
  shift 2
done
""",
        outputs = [tree],
        progress_message = "Generating " + tree.short_path,
    )
    return [DefaultInfo(files = depset([tree]))]

generated_tree = rule(
    implementation = _generated_tree_impl,
    doc = "Writes files into a tree artifact.",
    attrs = {
        "contents": attr.string_dict(
            doc = "Content of the files, by path.",
            mandatory = True,
        ),
        "directory": attr.string(
            doc = "Name of the tree. Defaults to the target's name.",
        ),
    },
)
