"""A tree artifact, whose files are unknown in the analysis phase."""

def _generated_tree_impl(ctx):
    tree = ctx.actions.declare_directory(ctx.attr.directory or ctx.label.name)
    arguments = ctx.actions.args()
    arguments.add(tree.path)
    for path in sorted(ctx.attr.contents):
        arguments.add_all(["text", path, ctx.attr.contents[path]])
    for target, path in ctx.attr.files.items():
        arguments.add_all(["file", path])
        arguments.add_all(target[DefaultInfo].files)
    ctx.actions.run_shell(
        mnemonic = "GenerateTree",
        arguments = [arguments],
        command = """\
set -eu
tree=$1
shift
while [ $# -gt 0 ]; do
  mkdir -p "$tree/$(dirname "$2")"
  case $1 in
    text) printf '%s' "$3" > "$tree/$2" ;;
    file) cp "$3" "$tree/$2" ;;
  esac
  shift 3
done
""",
        inputs = depset(transitive = [target[DefaultInfo].files for target in ctx.attr.files]),
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
        "files": attr.label_keyed_string_dict(
            doc = "Paths of copies, by target. Each target has one file.",
            allow_files = True,
        ),
    },
)
