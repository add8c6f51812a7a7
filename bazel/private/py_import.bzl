"""`py_import`: a wheel as a Python library."""

load("@wheelworks_compat//:defs.bzl", "py_library")
load(":audit.bzl", "wheel_of")
load(":toolchain.bzl", "TOOLCHAIN_ATTRS", "TOOLCHAIN_TYPE", "run_wheelworks", "verb_arguments")

_SITE_PACKAGES = "site-packages/"

def _site_packages_file(file):
    """The arguments that put one file of `wheel_deps` into the tree. Runs when the action does.

    Args:
      file: a file, or one out of a tree artifact.

    Returns:
      A list: empty for a file that is in no `site-packages` directory, or in a cache of Python's.
    """
    _, found, destination = ("/" + file.short_path).rpartition("/" + _SITE_PACKAGES)
    if not found or "/__pycache__/" in "/" + destination:
        return []
    escaped = destination.replace("\\", "\\\\").replace("=", "\\=")
    return ["--file={}={}".format(escaped, file.path)]

def _unpacked_wheel_impl(ctx):
    tree = ctx.actions.declare_directory(ctx.label.name)
    wheel = wheel_of(ctx.attr.wheel)
    files = depset(transitive = [
        target[DefaultInfo].default_runfiles.files
        for target in ctx.attr.wheel_deps
        if target[DefaultInfo].default_runfiles
    ])
    arguments = verb_arguments(ctx, "unpack")
    arguments.add_all([tree], format_each = "--out=%s", expand_directories = False)
    arguments.add(wheel, format = "--wheel=%s")
    arguments.add_all(ctx.files.zip_deps, format_each = "--zip=%s")
    arguments.add_all(files, map_each = _site_packages_file, expand_directories = True)
    run_wheelworks(
        ctx,
        mnemonic = "WheelUnpack",
        arguments = arguments,
        inputs = depset([wheel] + ctx.files.zip_deps, transitive = [files]),
        outputs = [tree],
        progress_message = "Unpacking wheel " + wheel.short_path,
    )
    return [DefaultInfo(
        files = depset([tree]),
        runfiles = ctx.runfiles([tree]),
    )]

_unpacked_wheel = rule(
    implementation = _unpacked_wheel_impl,
    doc = "The files of a wheel, as an installer would lay them out, in a tree artifact with the target's name.",
    attrs = dict(
        wheel = attr.label(
            doc = "The wheel, or a target with one.",
            mandatory = True,
            allow_files = [".whl"],
        ),
        wheel_deps = attr.label_list(
            doc = "Targets whose runfiles are added, each at what follows the last `site-packages/` of its path. Others of their runfiles are left out.",
        ),
        zip_deps = attr.label_list(
            doc = "ZIP archives, such as wheels, that are unpacked into the same tree.",
            allow_files = True,
        ),
        **TOOLCHAIN_ATTRS
    ),
    toolchains = [TOOLCHAIN_TYPE],
)

def py_import(name, wheel, deps = [], wheel_deps = [], zip_deps = [], testonly = None, **kwargs):
    """A Python library whose code is that of a wheel: `py_test`s of it test what users install.

    The wheel is unpacked as an installer does it, so that `import` finds what it would find there.
    Nothing is compiled, linked or downloaded, and no Python runs for it.

    Args:
      name: name of the library.
      wheel: the wheel, or a target with one.
      deps: Python libraries that the wheel needs.
      wheel_deps: Python targets whose files go into the same tree, because the wheel looks for them
        beside itself, such as NVIDIA's: of their runfiles, those in a `site-packages` directory.
      zip_deps: ZIP archives, such as other wheels, that are unpacked into the same tree.
      testonly: whether only tests may depend on it.
      **kwargs: other attributes that both rules and macros have, such as `tags` and `visibility`.
    """
    tree = name + "_unpacked_wheel"
    both = dict(kwargs, testonly = testonly)
    _unpacked_wheel(
        name = tree,
        wheel = wheel,
        wheel_deps = wheel_deps,
        zip_deps = zip_deps,
        **both
    )
    py_library(
        name = name,
        data = [":" + tree],
        imports = [tree],
        deps = deps,
        **both
    )
