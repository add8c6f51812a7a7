"""Base wheels: earlier wheels whose compressed chunks a build copies, so that a machine without a cache is fast, too."""

# Attributes of a rule that compresses a wheel and can copy from earlier ones.
BASE_ATTRS = {
    "base": attr.label_list(
        doc = "Earlier wheels that wheelworks wrote, or directories of them. Where the new wheel has the same content, their compressed chunks are copied. The new wheel has the same bytes without them. The wheels of `--@wheelworks//bazel:base_wheels` are used, too. See docs/base-wheels.md.",
        allow_files = True,
    ),
    "_base_wheels": attr.label(
        doc = "Earlier wheels for the whole build.",
        default = "//bazel:base_wheels",
        allow_files = True,
    ),
}

def add_base(ctx, arguments):
    """Adds the options that name base wheels.

    Args:
      ctx: context of a rule with `BASE_ATTRS`.
      arguments: the `Args` of an action that runs `pack` or `repack`.

    Returns:
      A depset of the base wheels, which are inputs of the action.
    """
    base = depset(ctx.files.base, transitive = [depset(ctx.files._base_wheels)])
    arguments.add_all(base, expand_directories = False, format_each = "--base=%s")
    return base
