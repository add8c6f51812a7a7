"""The files of a declared wheel, and their paths in it."""

load("@wheelworks_compat//:defs.bzl", "PY_INFOS")
load(":names.bzl", "fail_attribute")
load(":providers.bzl", "WheelSourcesInfo")
load(":selection.bzl", "EXTERNAL_REPOSITORIES_ATTR", "check_external_repositories", "py_sources")
load(":toolchain.bzl", "check_lines")

# Directories below a wheel's data directory that installers know.
_SCHEMES = ["data", "headers", "platlib", "purelib", "scripts"]

CONTENTS_ATTRS = {
    "add_path_prefix": attr.string(
        doc = "Prefix to add to each file's path after prefixes are stripped. To add a directory, end it with `/`.",
    ),
    "create_init": attr.string_list(
        doc = "Directories of the wheel, with all directories below them, that get an empty `__init__.py` if they lead to Python code and have none: patterns as in `exclude`. `[\"*\"]` does what Bazel's own `legacy_create_init` does. A namespace package, such as `jax_plugins`, must have no `__init__.py`.",
    ),
    "data_files": attr.label_keyed_string_dict(
        doc = "Files that are installed outside site-packages, by target: `{\":tool\": \"scripts/tool\"}`. A path starts with `scripts/`, `headers/`, `data/`, `purelib/` or `platlib/`. A path that ends with `/` is a directory, for targets with several files.",
        allow_files = True,
    ),
    "deps": attr.label_list(
        doc = "Python targets whose sources (own and transitive), type stubs and runfiles (such as extension modules and data) go into the wheel. Other targets add their files and runfiles. See `transitive`. `external_repositories` selects the repositories; it does not affect files that other attributes name.",
    ),
    "exclude": attr.string_list(
        doc = "Files to leave out: patterns for paths in the wheel. A pattern without `/` matches the name of a file or directory anywhere, such as `*_test.py` or `testdata`. A pattern with `/` matches a path, and `**` stands for any directories. Files that `renames`, `data_files` or `extra_distinfo_files` name are not affected.",
    ),
    "external_repositories": EXTERNAL_REPOSITORIES_ATTR,
    "extra_distinfo_files": attr.label_keyed_string_dict(
        doc = "Files for the dist-info directory, by target: `{\":notices\": \"THIRD_PARTY_NOTICES\"}`. Licences belong in `license_files`.",
        allow_files = True,
    ),
    "hdrs": attr.label_list(
        doc = "Headers, installed below `hdrs_root`: files, or a `transitive_hdrs`, whose headers keep their include path.",
        allow_files = True,
    ),
    "hdrs_root": attr.string(
        doc = "Directory of the wheel for `hdrs`, such as `jaxlib/include`. The path of a header below it is its path without the first matching prefix of `strip_path_prefixes`.",
    ),
    "renames": attr.label_keyed_string_dict(
        doc = "Paths of files in the wheel, by target: `{\"init.py\": \"jaxlib/__init__.py\"}`. Such a file has this path and no other, whatever other attribute names it, and no prefix is stripped or added. Tree artifacts are allowed, and targets with several files if the path ends with `/`.",
        allow_files = True,
    ),
    "srcs": attr.label_list(
        doc = "Files and tree artifacts for the wheel, without their dependencies; also a `wheel_sources`.",
        allow_files = True,
    ),
    "strip_path_prefixes": attr.string_list(
        doc = "Path prefixes, compared as strings. The first one that a file's path in its repository starts with is removed, and a `/` behind it.",
    ),
    "substitute_in": attr.string_list(
        doc = "Files in which `substitutions` are made: patterns as in `exclude`.",
        default = ["*.py", "*.pyi"],
    ),
    "substitutions": attr.string_dict(
        doc = "Texts to replace in Python files: `{\"from mlir.\": \"from jaxlib.mlir.\"}`. They are literal and replaced in one pass: where several match, the longest is replaced, and the replacement is not searched again. A text that is found nowhere is an error.",
    ),
    "transitive": attr.bool(
        doc = "Whether dependencies of `deps` go into the wheel as well. `py_wheel` of rules_python takes only the files of `deps`.",
        default = True,
    ),
}

def escape_format(text):
    """Escapes a text for a format of `Args`, and for the part of an option before `=`.

    Args:
      text: the text.

    Returns:
      A string.
    """
    return text.replace("\\", "\\\\").replace("=", "\\=").replace("%", "%%")

def _escaped(path):
    return path.replace("\\", "\\\\").replace("=", "\\=")

def _in_cache(path):
    """Returns whether a path is in Python's bytecode cache."""
    return "/__pycache__/" in "/" + path

def _member(file):
    """Returns the arguments that add one file to the wheel. Bazel calls it when the action runs.

    Args:
      file: a file, possibly of a tree artifact.

    Returns:
      A list; empty for files of Python's bytecode cache.
    """
    path = file.short_path
    if path.startswith("../"):
        # A file of another repository: `../REPOSITORY/PATH`.
        path = path[len("../"):].partition("/")[2]
    return [] if _in_cache(path) else ["--member={}={}".format(_escaped(path), file.path)]

def _member_of_deps(file):
    """Does the same for a file of `deps`. The binary decides about files of other repositories.

    Runfiles have links to libraries in `_solib_CPU` directories of Bazel, beside the libraries themselves.
    """
    if file.short_path.startswith("_solib_"):
        return []
    if not file.short_path.startswith("../"):
        return _member(file)
    path = file.short_path[len("../"):]
    return [] if _in_cache(path) else ["--external-member={}={}".format(_escaped(path), file.path)]

def _header(file):
    """Returns the argument that adds one header to the wheel."""
    path = file.short_path
    if path.startswith("../"):
        path = path[len("../"):].partition("/")[2]
    return "--header={}={}".format(_escaped(path), file.path)

def _place(placed):
    """Returns the argument for a file whose path in the wheel is not its own path."""
    return "--place={}={}".format(_escaped(placed.path), placed.file.path)

def _files_of_deps(ctx):
    """Returns the files of `deps` as a depset that is not flattened at analysis."""
    files = []
    for target in ctx.attr.deps:
        py_infos = [target[py_info] for py_info in PY_INFOS if py_info in target]
        if not ctx.attr.transitive:
            files.append(target[DefaultInfo].files)
            files.extend([py_info.direct_pyi_files for py_info in py_infos if hasattr(py_info, "direct_pyi_files")])
            continue
        files.extend([py_sources(py_info) for py_info in py_infos])
        files.extend([py_info.transitive_pyi_files for py_info in py_infos if hasattr(py_info, "transitive_pyi_files")])
        if not py_infos:
            # Not a Python target; but a file that the user names must not be missing from the wheel.
            files.append(target[DefaultInfo].files)
        if target[DefaultInfo].default_runfiles:
            files.append(target[DefaultInfo].default_runfiles.files)
    return depset(transitive = files)

def _add_named(ctx, arguments, attribute, option):
    """Adds the files of an attribute that gives their paths. Returns depsets of them."""
    targets = getattr(ctx.attr, attribute)
    check_lines(attribute, targets.values())
    for target, place in targets.items():
        if not place:
            fail_attribute(attribute, str(target.label), "has no place in the wheel", "write it as `{LABEL: PATH}`")

        # A tree artifact is one argument: the binary lists its files.
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
        if scheme == "scripts" and "/" in place[len("scripts/"):]:
            fail_attribute(
                "data_files",
                place,
                "puts a script into a directory, which uv refuses",
                "put it directly into `scripts/`",
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
    check_external_repositories(ctx.attr.external_repositories)
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
