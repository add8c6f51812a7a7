"""Stamping: names and versions of which a part is known only when the wheel is built.

Bazel must name an output while it analyses, so an output's name has constants in place of what is
stamped: `0`, or in the distribution's name the key in lower case. The file's true name is in the
`name_file` of the wheel's provider.
"""

_KEY = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"

StampInfo = provider(
    doc = "Whether Bazel's flag `--stamp` is set.",
    fields = {"is_set": "Bool."},
)

def _stamp_flag_impl(ctx):
    return StampInfo(is_set = ctx.attr.is_set)

stamp_flag = rule(
    implementation = _stamp_flag_impl,
    doc = "Bazel's flag `--stamp`, which rules cannot ask for.",
    attrs = {
        "is_set": attr.bool(
            doc = "A `select` on the flag.",
            mandatory = True,
        ),
    },
)

STAMP_ATTRS = {
    "stamp": attr.int(
        doc = """Whether `{KEY}` in `distribution`, `version`, `build_tag`, `requires` and `extra_requires` stands for a value of Bazel's [workspace status](https://bazel.build/docs/user-manual#workspace-status), such as `{BUILD_EMBED_LABEL}`: `1` always, `0` never, `-1` if the build has `--stamp`.

Where it does not, it stands for `0`, in `distribution` for the key in lower case. The output's name has these constants in any case, because Bazel must know it before it runs anything; the true name is in `name_file`, and `NAME.dist` has the wheel under it. A wheel without a `{KEY}` does not depend on the workspace status, whatever this says.""",
        default = -1,
        values = [-1, 0, 1],
    ),
    "_stamp": attr.label(
        doc = "Bazel's flag.",
        default = "//bazel:stamp",
    ),
}

def _scan(text, named):
    """Replaces each `{KEY}` by a constant. Returns the text, and whether there was one."""
    parts = text.split("{")
    constant = parts[0]
    found = False
    for part in parts[1:]:
        key, close, after = part.partition("}")
        if close and key and not key.strip(_KEY):
            constant += (key.lower() if named else "0") + after
            found = True
        else:
            constant += "{" + part
    return constant, found

def unstamped(text, named = False):
    """A text with constants in place of what is stamped.

    Args:
      text: the text.
      named: whether it is a name, in which a key stands for itself in lower case.

    Returns:
      A string.
    """
    return _scan(text, named)[0]

def is_stamped(ctx, texts):
    """Whether a wheel must know the workspace status.

    Args:
      ctx: context of a rule with `STAMP_ATTRS`.
      texts: the texts in which keys count.

    Returns:
      A bool.
    """
    wanted = ctx.attr.stamp == 1 or (ctx.attr.stamp == -1 and ctx.attr._stamp[StampInfo].is_set)
    return wanted and any([_scan(text, False)[1] for text in texts])
