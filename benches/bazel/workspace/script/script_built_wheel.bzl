"""A rule that builds a wheel with a Python script, as projects without wheelworks do."""

def _script_built_wheel_impl(ctx):
    tag = ctx.attr.python_tag + "-none-" + ctx.attr.platform
    name = "{}-{}-{}.whl".format(ctx.attr.distribution, ctx.attr.version, tag)
    wheel = ctx.actions.declare_file(ctx.label.name + "/" + name)
    params = ctx.actions.declare_file(ctx.label.name + ".params")
    lines = [wheel.path, ctx.attr.distribution, ctx.attr.version, tag]
    for source in ctx.files.srcs:
        member = source.short_path
        for prefix in ctx.attr.strip_path_prefixes:
            if member.startswith(prefix):
                member = member[len(prefix):]
                break
        lines.append(member + "=" + source.path)
    ctx.actions.write(params, "\n".join(lines) + "\n")
    ctx.actions.run_shell(
        mnemonic = "ScriptBuiltWheel",
        arguments = [ctx.file._script.path, params.path],
        command = 'exec python3 "$@"',
        inputs = [ctx.file._script, params] + ctx.files.srcs,
        outputs = [wheel],
        progress_message = "Building wheel " + wheel.short_path,
        use_default_shell_env = True,
    )
    return [DefaultInfo(files = depset([wheel]))]

script_built_wheel = rule(
    implementation = _script_built_wheel_impl,
    doc = "Builds a wheel with zipfile and hashlib.",
    attrs = {
        "distribution": attr.string(doc = "Name of the distribution, as in the file name.", mandatory = True),
        "platform": attr.string(doc = "Platform tag.", default = "any"),
        "python_tag": attr.string(doc = "Python tag.", default = "py3"),
        "srcs": attr.label_list(doc = "Files to pack.", allow_files = True),
        "strip_path_prefixes": attr.string_list(doc = "Prefixes of paths; the first match is removed."),
        "version": attr.string(doc = "Version.", mandatory = True),
        "_script": attr.label(default = "//script:build_wheel.py", allow_single_file = True),
    },
)
