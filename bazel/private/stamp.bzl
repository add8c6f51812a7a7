"""Stamping: names and versions with parts that are known only when the wheel is built.

Bazel must name an output at analysis, so an output's name has constants in place of stamped values: `0`,
or in the distribution's name the key in lower case. The true name is in the `name_file` of the wheel's
provider.
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
    doc = "Bazel's flag `--stamp`, which rules cannot read directly.",
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

Otherwise it stands for `0`, and in `distribution` for the key in lower case. The output's name always has these constants, because Bazel must know it before it runs anything; `name_file` has the true name, and `NAME.dist` has the wheel under its true name. A wheel without a `{KEY}` never depends on the workspace status.""",
        default = -1,
        values = [-1, 0, 1],
    ),
    "_stamp": attr.label(
        doc = "Bazel's flag.",
        default = "//bazel:stamp",
    ),
}

def _scan(text, named):
    """Replaces each `{KEY}` with a constant. Returns the text, and whether it had a key."""
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
    """Returns a text with constants in place of stamped values.

    Args:
      text: the text.
      named: whether it is a name, in which the constant is the key in lower case.

    Returns:
      A string.
    """
    return _scan(text, named)[0]

def is_stamped(ctx, texts):
    """Returns whether a wheel needs the workspace status.

    Args:
      ctx: context of a rule with `STAMP_ATTRS`.
      texts: the texts in which keys are replaced.

    Returns:
      A bool.
    """
    wanted = ctx.attr.stamp == 1 or (ctx.attr.stamp == -1 and ctx.attr._stamp[StampInfo].is_set)
    return wanted and any([_scan(text, False)[1] for text in texts])
