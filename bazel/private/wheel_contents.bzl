"""What a declared wheel holds: files, and where they go."""

load("@wheelworks_compat//:defs.bzl", "PY_INFOS")
load(":names.bzl", "fail_attribute")
load(":providers.bzl", "WheelSourcesInfo")
load(":selection.bzl", "EXTERNAL_REPOSITORIES_ATTR")
load(":toolchain.bzl", "check_lines")

# Directories of a wheel's data directory that installers know.
_SCHEMES = ["data", "headers", "platlib", "purelib", "scripts"]

CONTENTS_ATTRS = {
    "add_path_prefix": attr.string(
        doc = "What to put in front of each file's path once prefixes are stripped: to add a directory, end it with `/`.",
    ),
    "create_init": attr.string_list(
        doc = "Directories of the wheel that get an empty `__init__.py` if they lead to Python code and have none, with all below them: patterns as in `exclude`. `[\"*\"]` is what Bazel's own `legacy_create_init` does; a namespace package, such as `jax_plugins`, must have none.",
    ),
    "data_files": attr.label_keyed_string_dict(
        doc = "Files for other places than site-packages, by target: `{\":tool\": \"scripts/tool\"}`. A path begins with `scripts/`, `headers/`, `data/`, `purelib/` or `platlib/`; one that ends with `/` is a directory, for targets of several files.",
        allow_files = True,
    ),
    "deps": attr.label_list(
        doc = "Python targets whose sources, own and transitive, type stubs and runfiles, such as extension modules and data, go into the wheel; of other targets, their files and runfiles. See `transitive`; `external_repositories` says from which repositories, and has no effect on what other attributes name.",
    ),
    "exclude": attr.string_list(
        doc = "Files that stay out: patterns for places in the wheel. Without a `/`, a pattern is the name of a file or directory anywhere, as in `*_test.py` or `testdata`; with one, a path, in which `**` stands for any directories. What `renames`, `data_files` and `extra_distinfo_files` name is not affected.",
    ),
    "external_repositories": EXTERNAL_REPOSITORIES_ATTR,
    "extra_distinfo_files": attr.label_keyed_string_dict(
        doc = "Files for the dist-info directory, by target: `{\":notices\": \"THIRD_PARTY_NOTICES\"}`. Licences belong in `license_files`.",
        allow_files = True,
    ),
    "hdrs": attr.label_list(
        doc = "Headers, which go below `hdrs_root`: files, or a `transitive_hdrs`, whose headers have the path that they are included by.",
        allow_files = True,
    ),
    "hdrs_root": attr.string(
        doc = "Directory of the wheel for `hdrs`, such as `jaxlib/include`. A header's place below it is its path without the first of `strip_path_prefixes`.",
    ),
    "renames": attr.label_keyed_string_dict(
        doc = "Places of files, by target: `{\"init.py\": \"jaxlib/__init__.py\"}`. Such a file stands there and nowhere else in the wheel, whatever other attribute names it, and the place is taken as it is. Tree artifacts are possible, and targets of several files with a place that ends with `/`.",
        allow_files = True,
    ),
    "srcs": attr.label_list(
        doc = "Files and tree artifacts that go into the wheel as they are, without what they depend on: also a `wheel_sources`.",
        allow_files = True,
    ),
    "strip_path_prefixes": attr.string_list(
        doc = "Prefixes of paths, compared as strings: the first that a file's path in its repository starts with is taken from it. To strip a directory, end it with `/`.",
    ),
    "substitute_in": attr.string_list(
        doc = "Files in which `substitutions` are made: patterns as in `exclude`.",
        default = ["*.py", "*.pyi"],
    ),
    "substitutions": attr.string_dict(
        doc = "Texts to replace in Python files: `{\"from mlir.\": \"from jaxlib.mlir.\"}`. They are literal and replaced in one pass: where several begin, the longest counts, and what replaces it is not looked at again. One that is found nowhere is an error.",
    ),
    "transitive": attr.bool(
        doc = "Whether what `deps` depend on goes into the wheel as well. `py_wheel` of rules_python takes the files of `deps` alone.",
        default = True,
    ),
}

def escape_format(text):
    """A text as it stands in a format of `Args`, and in front of the `=` of an option.

    Args:
      text: the text.

    Returns:
      A string.
    """
    return text.replace("\\", "\\\\").replace("=", "\\=").replace("%", "%%")

def _escaped(path):
    return path.replace("\\", "\\\\").replace("=", "\\=")

def _in_cache(path):
    """Whether Python's own cache left it behind."""
    return "/__pycache__/" in "/" + path

def _member(file):
    """The arguments that put one file into the wheel. Runs when the action does, not before.

    Args:
      file: a file, or one out of a tree artifact.

    Returns:
      A list: empty for what Python's own cache left behind.
    """
    path = file.short_path
    if path.startswith("../"):
        # A file of another repository: `../REPOSITORY/PATH`.
        path = path[len("../"):].partition("/")[2]
    return [] if _in_cache(path) else ["--member={}={}".format(_escaped(path), file.path)]

def _member_of_deps(file):
    """The same for a file of `deps`: whether one of another repository counts, the binary decides."""
    if not file.short_path.startswith("../"):
        return _member(file)
    path = file.short_path[len("../"):]
    return [] if _in_cache(path) else ["--external-member={}={}".format(_escaped(path), file.path)]

def _header(file):
    """The argument that puts one header into the wheel."""
    path = file.short_path
    if path.startswith("../"):
        path = path[len("../"):].partition("/")[2]
    return "--header={}={}".format(_escaped(path), file.path)

def _place(placed):
    """The argument that says where a file belongs whose own path is not its place."""
    return "--place={}={}".format(_escaped(placed.path), placed.file.path)

def _files_of_deps(ctx):
    """The files of `deps`, as a depset that nothing flattens while Bazel analyses."""
    files = []
    for target in ctx.attr.deps:
        py_infos = [target[py_info] for py_info in PY_INFOS if py_info in target]
        if not ctx.attr.transitive:
            files.append(target[DefaultInfo].files)
            files.extend([py_info.direct_pyi_files for py_info in py_infos if hasattr(py_info, "direct_pyi_files")])
            continue
        files.extend([py_info.transitive_sources for py_info in py_infos])
        files.extend([py_info.transitive_pyi_files for py_info in py_infos if hasattr(py_info, "transitive_pyi_files")])
        if not py_infos:
            # No Python target, but nothing that a user names may be missing from the wheel.
            files.append(target[DefaultInfo].files)
        if target[DefaultInfo].default_runfiles:
            files.append(target[DefaultInfo].default_runfiles.files)
    return depset(transitive = files)

def _add_named(ctx, arguments, attribute, option):
    """Adds the files of an attribute that says where they go. Returns depsets of them."""
    targets = getattr(ctx.attr, attribute)
    check_lines(attribute, targets.values())
    for target, place in targets.items():
        if not place:
            fail_attribute(attribute, str(target.label), "has no place in the wheel", "write it as `{LABEL: PATH}`")

        # A tree artifact stays one argument: the binary knows what is in it.
        arguments.add_all(
            target[DefaultInfo].files,
            expand_directories = False,
            format_each = "{}={}=%s".format(option, escape_format(place)),
        )
    return [target[DefaultInfo].files for target in targets]

def _check_schemes(ctx):
    for place in ctx.attr.data_files.values():
        scheme, slash, _ = place.partition("/")
        if not slash or scheme not in _SCHEMES:
            fail_attribute(
                "data_files",
                place,
                "is no place that installers know",
                "begin it with {}".format(", ".join(["`{}/`".format(name) for name in _SCHEMES])),
            )

def _escaped_text(text):
    return text.replace("\\", "\\\\").replace("=", "\\=").replace("\n", "\\n").replace("\t", "\\t")

def add_contents(ctx, arguments):
    """Adds the arguments that name the files of a wheel.

    Args:
      ctx: context of a rule with `CONTENTS_ATTRS`.
      arguments: what `verb_arguments` returned.

    Returns:
      A depset of the files.
    """
    for attribute in ["create_init", "exclude", "external_repositories", "strip_path_prefixes", "substitute_in"]:
        check_lines(attribute, getattr(ctx.attr, attribute))
    check_lines("add_path_prefix", [ctx.attr.add_path_prefix])
    check_lines("hdrs_root", [ctx.attr.hdrs_root])
    _check_schemes(ctx)
    if ctx.attr.hdrs and not ctx.attr.hdrs_root:
        fail_attribute("hdrs_root", "", "is no place for `hdrs`", "name a directory of the wheel, such as `example/include`")

    arguments.add_all(ctx.attr.strip_path_prefixes, format_each = "--strip-path-prefix=%s")
    if ctx.attr.add_path_prefix:
        arguments.add(ctx.attr.add_path_prefix, format = "--add-path-prefix=%s")
    if ctx.attr.hdrs_root:
        arguments.add(ctx.attr.hdrs_root, format = "--header-root=%s")
    arguments.add_all(ctx.attr.external_repositories or ["-*"], format_each = "--external-repository=%s")
    arguments.add_all(ctx.attr.exclude, format_each = "--exclude-member=%s")
    arguments.add_all(ctx.attr.create_init, format_each = "--create-init=%s")
    arguments.add_all([
        "--substitute={}={}".format(_escaped_text(old), _escaped_text(new))
        for old, new in ctx.attr.substitutions.items()
    ])
    if ctx.attr.substitutions:
        arguments.add_all(ctx.attr.substitute_in, format_each = "--substitute-in=%s")

    srcs = depset(transitive = [target[DefaultInfo].files for target in ctx.attr.srcs])
    deps = _files_of_deps(ctx)
    hdrs = depset(transitive = [target[DefaultInfo].files for target in ctx.attr.hdrs])
    arguments.add_all(srcs, map_each = _member, expand_directories = True)
    arguments.add_all(deps, map_each = _member_of_deps, expand_directories = True)
    arguments.add_all(hdrs, map_each = _header, expand_directories = True)
    arguments.add_all(depset(transitive = [
        target[WheelSourcesInfo].placed
        for target in ctx.attr.srcs + ctx.attr.deps + ctx.attr.hdrs
        if WheelSourcesInfo in target
    ]), map_each = _place)
    named = []
    named.extend(_add_named(ctx, arguments, "renames", "--rename"))
    named.extend(_add_named(ctx, arguments, "data_files", "--data-file"))
    named.extend(_add_named(ctx, arguments, "extra_distinfo_files", "--distinfo-file"))
    return depset(transitive = [srcs, deps, hdrs] + named)
