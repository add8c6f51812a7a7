"""`wheel_install_test`: whether pip installs a wheel, and its modules can be imported."""

load("@wheelworks_compat//:defs.bzl", "py_test")
load(":audit.bzl", "name_file_of", "wheel_of")

def _install_files_impl(ctx):
    targets = [ctx.attr.wheel] + ctx.attr.wheels
    wheels = [wheel_of(target) for target in targets]
    names = [name_file_of(target) for target in targets]
    lines = ["import={}".format(module) for module in ctx.attr.imports]
    lines.append("requirements={}".format(ctx.attr.requirements))
    lines.extend(["wheel={}".format(wheel.short_path) for wheel in wheels])
    lines.extend(["name_file={}".format(name.short_path if name else "") for name in names])
    ctx.actions.write(ctx.outputs.out, "\n".join(lines + [""]))
    return [DefaultInfo(
        files = depset([ctx.outputs.out]),
        runfiles = ctx.runfiles([ctx.outputs.out] + wheels + [name for name in names if name]),
    )]

_install_files = rule(
    implementation = _install_files_impl,
    doc = "What the test installs and imports.",
    attrs = {
        "imports": attr.string_list(doc = "Modules."),
        "out": attr.output(doc = "File with one `KEY=VALUE` on each line.", mandatory = True),
        "requirements": attr.bool(doc = "Whether the requirements of the wheel must be installed too."),
        "wheel": attr.label(
            doc = "The wheel, or a target with one.",
            mandatory = True,
            allow_files = [".whl"],
        ),
        "wheels": attr.label_list(
            doc = "Other wheels, or targets with one each.",
            allow_files = [".whl"],
        ),
    },
)

def wheel_install_test(name, wheel, imports, wheels = [], requirements = True, pip = None, **kwargs):
    """Tests that pip installs a wheel into an empty environment, and that its modules can be imported.

    The environment is made by Python's `venv`, with the interpreter of this package's `py_test`s; the
    network is not used. Unlike `py_import`, which lays files out itself, this is what users do.

    Args:
      name: name of the test.
      wheel: the wheel, or a target with one.
      imports: modules that must then be importable, from the environment and from nowhere else.
      wheels: wheels from which its requirements are installed.
      requirements: whether the requirements of the wheel must be installed too; if not, `imports` must
        work without them.
      pip: Python library with pip, 22.3 or later. By default the pip of the interpreter is used, which
        some distributions leave out.
      **kwargs: other attributes of `py_test`, such as `size` and `tags`.
    """
    program = Label("//bazel/private:wheel_install_test.py")
    files = name + ".install"
    hidden = {key: kwargs[key] for key in ["testonly", "tags"] if key in kwargs}
    _install_files(
        name = name + "_files",
        imports = imports,
        out = files,
        requirements = requirements,
        wheel = wheel,
        wheels = wheels,
        **dict(hidden, testonly = True)
    )
    if pip != None:
        # An alias, because the label may be a `select`.
        native.alias(
            name = name + "_pip",
            actual = pip,
            **dict(hidden, testonly = True)
        )
    py_test(
        name = name,
        srcs = [program],
        args = ["$(rootpath :{})".format(files)],
        data = [":" + name + "_files", ":" + files],
        main = program,
        deps = [":" + name + "_pip"] if pip != None else [],
        **kwargs
    )
