"""`py_import`: a wheel as a Python library."""

load("@wheelworks_compat//:defs.bzl", "PY_INFOS", "py_library")
load(":audit.bzl", "SITE_PACKAGES", "wheel_of")
load(":providers.bzl", "MlWheelInfo")
load(":selection.bzl", "py_sources")
load(":toolchain.bzl", "TOOLCHAIN_ATTRS", "TOOLCHAIN_TYPE", "run_wheelworks", "verb_arguments")

def _site_packages_file(file):
    """Returns the arguments that add one file of `wheel_deps` to the tree. Bazel calls it when the action runs.

    Args:
      file: a file, possibly of a tree artifact.

    Returns:
      A list; empty for a file outside `site-packages` directories, or in a bytecode cache.
    """
    _, found, destination = ("/" + file.short_path).rpartition("/" + SITE_PACKAGES)
    if not found or "/__pycache__/" in "/" + destination:
        return []
    escaped = destination.replace("\\", "\\\\").replace("=", "\\=")
    return ["--file={}={}".format(escaped, file.path)]

def _wheel_or_tree(target):
    """Returns the wheel of a target, or the directory of a `NAME.tree`."""
    if MlWheelInfo not in target:
        files = target[DefaultInfo].files.to_list()
        if len(files) == 1 and files[0].is_directory:
            return files[0]
    return wheel_of(target)

def _files_of_deps(ctx):
    """Returns the files of `wheel_deps` that may go into the tree.

    With some settings of rules_python, sources are not among the runfiles.
    """
    return depset(transitive = [
        target[DefaultInfo].default_runfiles.files
        for target in ctx.attr.wheel_deps
        if target[DefaultInfo].default_runfiles
    ] + [
        py_sources(target[py_info])
        for target in ctx.attr.wheel_deps
        for py_info in PY_INFOS
        if py_info in target
    ] + [depset(ctx.files.wheel_deps)])

def _unpacked_wheel_impl(ctx):
    tree = ctx.actions.declare_directory(ctx.label.name)
    wheel = _wheel_or_tree(ctx.attr.wheel)
    files = _files_of_deps(ctx)
    arguments = verb_arguments(ctx, "unpack")
    arguments.add_all([tree], format_each = "--out=%s", expand_directories = False)
    arguments.add_all([wheel], format_each = "--wheel=%s", expand_directories = False)
    arguments.add_all([file for file in ctx.files.wheel_deps if file.basename.endswith(".whl")], format_each = "--wheel=%s")
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
    runfiles = ctx.runfiles([tree])
    for target in ctx.attr.wheel_deps:
        # As in XLA: data of these targets outside of `site-packages/` is there when a test runs.
        if target[DefaultInfo].data_runfiles:
            runfiles = runfiles.merge(target[DefaultInfo].data_runfiles)
    return [DefaultInfo(
        files = depset([tree]),
        runfiles = runfiles,
    )]

_unpacked_wheel = rule(
    implementation = _unpacked_wheel_impl,
    doc = "The files of a wheel, laid out as an installer does it, in a tree artifact with the target's name.",
    attrs = dict(
        wheel = attr.label(
            doc = "The wheel, a target with one, or the `NAME.tree` of an `ml_wheel`.",
            mandatory = True,
            allow_files = [
                ".tree",
                ".whl",
            ],
        ),
        wheel_deps = attr.label_list(
            doc = "Wheels, which are unpacked; files, and targets whose runfiles are added, each at its path after the last `site-packages/`. Runfiles outside `site-packages/` are left out.",
            allow_files = True,
        ),
        zip_deps = attr.label_list(
            doc = "ZIP archives, such as wheels, to unpack into the same tree.",
            allow_files = True,
        ),
        **TOOLCHAIN_ATTRS
    ),
    toolchains = [TOOLCHAIN_TYPE],
)

def py_import(name, wheel, deps = [], wheel_deps = [], zip_deps = [], testonly = None, **kwargs):
    """Declares a Python library with the code of a wheel, so that `py_test`s test what users install.

    The wheel is unpacked as an installer does it, so `import` finds the same files. Nothing is
    compiled, linked or downloaded, and no Python runs for it.

    Args:
      name: name of the library.
      wheel: the wheel, or a target with one. With the `NAME.tree` of an `ml_wheel`, nothing is compressed
        and unpacked again, and the library is the same.
      deps: Python libraries that the wheel needs.
      wheel_deps: Python targets whose files go into the same tree because the wheel looks for them
        beside itself, such as NVIDIA's: their runfiles in a `site-packages` directory. Files, too, and wheels, which
        are unpacked: the same list as `wheel_deps` of `wheel_closure_test`. The runfiles of their `data` are passed
        on to the tests.
      zip_deps: ZIP archives, such as other wheels, to unpack into the same tree.
      testonly: whether only tests may depend on it.
      **kwargs: other attributes that both rules and macros have, such as `tags` and `visibility`. As in
        XLA, the library is public by default.
    """
    tree = name + "_unpacked_wheel"
    both = dict(kwargs, testonly = testonly)
    both["visibility"] = both.get("visibility") or ["//visibility:public"]
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
