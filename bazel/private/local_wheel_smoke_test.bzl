"""`local_wheel_smoke_test`: whether tests import the wheels that are built here."""

load("@wheelworks_compat//:defs.bzl", "py_test")
load(":audit.bzl", "wheel_of")

def _wheel_list_impl(ctx):
    wheels = [wheel_of(target) for target in ctx.attr.wheels]
    ctx.actions.write(ctx.outputs.out, "".join([wheel.short_path + "\n" for wheel in wheels]))
    return [DefaultInfo(
        files = depset([ctx.outputs.out]),
        runfiles = ctx.runfiles([ctx.outputs.out] + wheels),
    )]

_wheel_list = rule(
    implementation = _wheel_list_impl,
    doc = "The wheels that the test looks for.",
    attrs = {
        "out": attr.output(doc = "File with the path of a wheel on each line.", mandatory = True),
        "wheels": attr.label_list(
            doc = "Wheels, or targets with one each.",
            allow_files = [".whl"],
        ),
    },
)

def local_wheel_smoke_test(name, wheels = [], deps = [], **kwargs):
    """Tests that Python finds the wheels that are built here, and no others with their names.

    With a lock file that names a released `jaxlib`, or with the source tree on `sys.path`, tests can pass
    without the wheel that is to be published. For each wheel, the test compares the distribution that
    `importlib.metadata` finds with the wheel: its version, and the content of each file in the wheel's RECORD.
    Then it looks where `import` finds each top-level package of the wheel.

    As in JAX, the environment variable `JAXCI_EXPECTED_WHEEL_VERSIONS_JSON` may hold expected versions:
    `--test_env='JAXCI_EXPECTED_WHEEL_VERSIONS_JSON={"jaxlib": "0.7.1"}'`.

        local_wheel_smoke_test(
            name = "local_wheel_smoke_test",
            wheels = [":jaxlib_wheel"],
            deps = [":jaxlib_py_import"],
        )

    Args:
      name: name of the test.
      wheels: wheels, or targets with one each.
      deps: what the tests depend on to import the wheels: a `py_import`, or a library of a lock file.
      **kwargs: other attributes of `py_test`, such as `size` and `tags`.
    """
    program = Label("//bazel/private:local_wheel_smoke_test.py")
    wheel_list = name + ".wheels"
    hidden = {key: kwargs[key] for key in ["tags"] if key in kwargs}
    _wheel_list(
        name = name + "_wheels",
        testonly = True,
        out = wheel_list,
        wheels = wheels,
        **hidden
    )
    py_test(
        name = name,
        srcs = [program],
        args = ["$(rootpath :{})".format(wheel_list)],
        data = [":" + name + "_wheels", ":" + wheel_list],
        main = program,
        deps = deps,
        **kwargs
    )
