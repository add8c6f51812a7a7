"""`transitive_hdrs`: the headers of C++ targets, by their include paths."""

load("@wheelworks_compat//:defs.bzl", "CC_INFO")
load(":providers.bzl", "WheelSourcesInfo")
load(":selection.bzl", "EXTERNAL_REPOSITORIES_ATTR", "of_repositories", "repository_of")

# Directories in which Bazel links headers whose include path differs from their own path: for
# `cc_library` with `strip_include_prefix` or `include_prefix`, and for `proto_library`.
_VIRTUAL_DIRECTORIES = ["/_virtual_includes/", "/_virtual_imports/"]

_OriginsInfo = provider(
    doc = "Virtual headers and their originals, in a target and its dependencies.",
    fields = {
        "original": "Depset of structs: the virtual header `link` stands for `file`.",
        "plain": "Depset of headers that a target has under their own path.",
    },
)

def _include_path(file):
    """Returns the include path of a virtual header; None for other headers."""
    for directory in _VIRTUAL_DIRECTORIES:
        _, found, path = ("/" + file.path).partition(directory)
        if not found:
            continue

        # One directory for each target, whose name may contain `/`.
        target = file.owner.name + "/"
        return path[len(target):] if path.startswith(target) else path.partition("/")[2]
    return None

def _common_suffix(one, other):
    """Returns how many trailing components of two paths are equal."""
    ones, others = one.split("/"), other.split("/")
    for count in range(min(len(ones), len(others))):
        if ones[-1 - count] != others[-1 - count]:
            return count
    return min(len(ones), len(others))

def _originals(public):
    """Matches the virtual headers of one target with their originals.

    Returns:
      A list of structs, and the list of headers without a virtual one.
    """
    virtual = [file for file in public if _include_path(file) != None]
    plain = [file for file in public if _include_path(file) == None]
    if not virtual:
        return [], plain

    # Both paths end the same way. Among several headers with one name, the pair with the most equal
    # components belongs together.
    by_name = {}
    for file in plain:
        by_name.setdefault(file.basename, []).append(file)
    pairs = {}
    for link in virtual:
        for file in by_name.get(link.basename, []):
            length = _common_suffix(_include_path(link), file.short_path)
            pairs.setdefault(length, []).append((link, file))
    originals = {}
    taken = {}
    for length in reversed(sorted(pairs)):
        for link, file in pairs[length]:
            if link not in originals and file not in taken:
                originals[link] = file
                taken[file] = None
    return (
        [struct(link = link, file = file) for link, file in originals.items()],
        [file for file in plain if file not in taken],
    )

def _origins_aspect_impl(target, ctx):
    originals, plain = [], []
    if CC_INFO in target:
        originals, plain = _originals(target[CC_INFO].compilation_context.direct_public_headers)
    deps = getattr(ctx.rule.attr, "deps", None)
    infos = [dep[_OriginsInfo] for dep in deps if _OriginsInfo in dep] if type(deps) == "list" else []
    return [_OriginsInfo(
        original = depset(originals, transitive = [info.original for info in infos]),
        plain = depset(plain, transitive = [info.plain for info in infos]),
    )]

_origins_aspect = aspect(
    implementation = _origins_aspect_impl,
    attr_aspects = ["deps"],
)

def _link(ctx, file, path):
    """Declares a header at its include path, below a directory named after the target."""
    output = "{}/{}".format(ctx.label.name, path)
    link = ctx.actions.declare_directory(output) if file.is_directory else ctx.actions.declare_file(output)
    ctx.actions.symlink(
        output = link,
        target_file = file,
        progress_message = "Linking " + link.short_path,
    )
    return link

def _transitive_hdrs_impl(ctx):
    headers = of_repositories(ctx.attr.external_repositories, depset(transitive = [
        target[CC_INFO].compilation_context.headers
        for target in ctx.attr.deps
    ]))
    infos = [target[_OriginsInfo] for target in ctx.attr.deps]
    pairs = depset(transitive = [info.original for info in infos]).to_list()
    plain = {file: None for file in depset(transitive = [info.plain for info in infos]).to_list()}
    original = {pair.link: pair.file for pair in pairs}
    replaced = {pair.file: None for pair in pairs if pair.file not in plain}

    files = []
    placed = {}
    sources = {}
    for file in headers.to_list():
        path = _include_path(file)
        if path == None:
            if file not in replaced:
                files.append(file)
            continue
        source = original.get(file, file)
        if path not in placed:
            sources[path] = source
            placed[path] = struct(file = _link(ctx, file, path), path = path, repository = repository_of(source.owner))
        elif sources[path] != source:
            fail("attribute `deps`: two headers have the include path `{}`: {} and {}\n  hint: give one of their targets another `include_prefix`, or leave it out of `deps`".format(
                path,
                sources[path].path,
                source.path,
            ))
    all_files = depset(files + [link.file for link in placed.values()])
    return [
        DefaultInfo(
            files = all_files,
            runfiles = ctx.runfiles(transitive_files = all_files),
        ),
        WheelSourcesInfo(placed = depset(placed.values())),
    ]

transitive_hdrs = rule(
    implementation = _transitive_hdrs_impl,
    doc = """Collects all headers that some C++ targets are compiled with.

A header has its include path. This is its own path in its repository, unless its target has
`strip_include_prefix` or `include_prefix`: then it is `NAME/PATH` in the package of this target, with
`PATH` as in `#include "PATH"`, and the original header is left out.

    transitive_hdrs(
        name = "example_hdrs",
        deps = ["//example:ffi"],
    )
""",
    attrs = {
        "deps": attr.label_list(
            doc = "C++ targets.",
            aspects = [_origins_aspect],
            providers = [CC_INFO],
        ),
        "external_repositories": EXTERNAL_REPOSITORIES_ATTR,
    },
    provides = [WheelSourcesInfo],
)
