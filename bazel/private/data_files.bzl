"""`transitive_py_deps` and `collect_data_files`: the files of Python targets that go into a wheel."""

load("@wheelworks_compat//:defs.bzl", "PY_INFOS")
load(":providers.bzl", "WheelSourcesInfo")
load(
    ":selection.bzl",
    "EXTERNAL_REPOSITORIES_ATTR",
    "is_installed",
    "is_linked_data",
    "is_linked_path",
    "is_wheel_data",
    "of_repositories",
    "py_sources",
    "repository_is_taken",
    "repository_of",
)

def _transitive_py_deps_impl(ctx):
    sources = depset(transitive = [
        py_sources(target[py_info])
        for target in ctx.attr.deps
        for py_info in PY_INFOS
        if py_info in target
    ])
    files = of_repositories(ctx.attr.external_repositories, sources)
    return [DefaultInfo(
        files = files,
        runfiles = ctx.runfiles(transitive_files = files),
    )]

transitive_py_deps = rule(
    implementation = _transitive_py_deps_impl,
    doc = """Collects all Python sources of some targets and of their dependencies.

    transitive_py_deps(
        name = "example_py",
        external_repositories = ["xla"],
        deps = ["//example"],
    )
""",
    attrs = {
        "deps": attr.label_list(
            doc = "Python targets.",
            providers = [[py_info] for py_info in PY_INFOS],
        ),
        "external_repositories": EXTERNAL_REPOSITORIES_ATTR,
    },
)

_DataFilesInfo = provider(
    doc = "Data of a target and of its dependencies.",
    fields = {"files": "Depset of files that a wheel takes."},
)

def _targets(value):
    """Returns the targets in the value of an attribute of any type."""
    if type(value) == "Target":
        return [value]
    if type(value) == "list":
        return [item for item in value if type(item) == "Target"]
    if type(value) == "dict":
        return [key for key in value if type(key) == "Target"]
    return []

def _stubs(target):
    """Returns the type stubs, which rules_python 1.1 and later keep apart from sources and data."""
    return [
        target[py_info].transitive_pyi_files
        for py_info in PY_INFOS
        if py_info in target and hasattr(target[py_info], "transitive_pyi_files")
    ]

def _collect_data_aspect_impl(target, ctx):
    # An aspect sees the dependencies in the configuration in which the target is built.
    direct = []
    for data in _targets(getattr(ctx.rule.attr, "data", None)):
        direct.extend([file for file in data[DefaultInfo].files.to_list() if is_wheel_data(file)])
    for stubs in _stubs(target):
        direct.extend([file for file in stubs.to_list() if is_wheel_data(file)])
    return [_DataFilesInfo(files = depset(direct, transitive = [
        dep[_DataFilesInfo].files
        for dep in _targets(getattr(ctx.rule.attr, "deps", None))
        if _DataFilesInfo in dep
    ]))]

_collect_data_aspect = aspect(
    implementation = _collect_data_aspect_impl,
    attr_aspects = ["deps"],
)

def _linked_files(ctx, target):
    """Returns the files to collect from the default runfiles of a target in `symlink_deps`.

    Returns:
      A list of files, and a list of structs with a file and its path in the runfiles.
    """
    runfiles = target[DefaultInfo].default_runfiles
    if not runfiles:
        return [], []
    files = [file for file in runfiles.files.to_list() if is_linked_data(file)]

    # Links that exist only in runfiles: each gets a file in its place.
    placed = []
    for entry in runfiles.symlinks.to_list():
        if not is_linked_path(entry.path):
            continue
        file = entry.target_file
        if not repository_is_taken(ctx.attr.external_repositories, repository_of(file.owner), is_installed(file)):
            continue
        link = ctx.actions.declare_file("{}/{}".format(ctx.label.name, entry.path))
        ctx.actions.symlink(
            output = link,
            target_file = file,
            progress_message = "Linking " + link.short_path,
        )
        placed.append(struct(file = link, path = entry.path, repository = repository_of(file.owner)))
    return files, placed

def _collect_data_files_impl(ctx):
    direct = []
    placed = {}
    for target in ctx.attr.deps:
        direct.extend([file for file in target[DefaultInfo].files.to_list() if is_wheel_data(file) and not file.is_directory])
    for target in ctx.attr.symlink_deps:
        files, links = _linked_files(ctx, target)
        direct.extend(files)
        for link in links:
            placed[link.path] = link
    files = of_repositories(ctx.attr.external_repositories, depset(direct, transitive = [
        target[_DataFilesInfo].files
        for target in ctx.attr.deps
        if _DataFilesInfo in target
    ]))
    files = depset([link.file for link in placed.values()], transitive = [files])
    return [
        DefaultInfo(
            files = files,
            runfiles = ctx.runfiles(transitive_files = files),
        ),
        WheelSourcesInfo(placed = depset(placed.values())),
    ]

collect_data_files = rule(
    implementation = _collect_data_files_impl,
    doc = """Collects the extension modules, libraries and type stubs that some targets and their dependencies have as data.

It collects files that end with `.so`, `.pyd`, `.pyi`, `.dll`, `.dylib`, `.lib` or `.pd`, versioned
libraries such as `libx.so.2`, and whole tree artifacts, because their files are known only after they
are built. Files below `site-packages/` belong to another distribution and are left out, unless
`external_repositories` names their repository.

    collect_data_files(
        name = "example_data",
        deps = ["//example"],
    )
""",
    attrs = {
        "deps": attr.label_list(
            doc = "Targets whose `data` is collected, along `deps`. A target that is such a file itself, such as a `cc_binary`, is collected too.",
            aspects = [_collect_data_aspect],
            allow_files = True,
        ),
        "external_repositories": EXTERNAL_REPOSITORIES_ATTR,
        "symlink_deps": attr.label_list(
            doc = "Targets with links to files elsewhere: files in their default runfiles that end with `.pyi`, `.lib` or `.pd`.",
            allow_files = True,
        ),
    },
    provides = [WheelSourcesInfo],
)
