"""Where the files of a wheel come from: the repositories, what is known about them, and the options of `pack` that say so."""

load(":names.bzl", "fail_attribute")
load(":providers.bzl", "WheelOriginsInfo", "WheelSourcesInfo")
load(":selection.bzl", "repository_of")

# Attributes whose targets are in what a rule makes: linked, compiled or copied.
_CONTAINED = [
    "actual",
    "deps",
    "hdrs",
    "implementation_deps",
    "interface_deps",
    "library",
    "roots",
    "src",
    "srcs",
    "static_library",
    "textual_hdrs",
]

# Attributes that lead to files of the wheel, or to what is known about a repository.
_REACHED = _CONTAINED + [
    "applicable_licenses",
    "attributes",
    "data",
    "dynamic_deps",
    "exports",
    "package_metadata",
    "runtime_deps",
    "shared_library",
    "symlink_deps",
]

# Forms of a bill of materials that the binary writes.
_FORMS = ["cyclonedx", "spdx"]

# Outputs that a wheel does not have.
_INTERMEDIATE = ["a", "lib", "lo", "o", "obj", "pic", "rlib"]

_DIST_INFO = ".dist-info/METADATA"

_OriginsInfo = provider(
    doc = "The repositories that a target's outputs are made of.",
    fields = {
        "declared": "Dict: what a target about a package, such as a `license` of rules_license, tells: `name`, `version`, `purl`, `license`.",
        "known": "Depset of strings: descriptions of components as JSON.",
        "linked": "Depset of structs with `file` and `repositories`: a generated file, and a tuple with the names of other repositories that are in it.",
        "repositories": "List of strings: names of the external repositories in the target's outputs, sorted.",
    },
)

def _targets(value):
    """Returns the targets in the value of an attribute."""
    if type(value) == "Target":
        return [value]
    if type(value) == "list":
        return [item for item in value if type(item) == "Target"]
    if type(value) == "dict":
        return [key for key in value if type(key) == "Target"]
    return []

def _declared(ctx):
    """Returns what a target about a package tells; None for other targets. Their rules are told by name, so no other module is loaded."""
    kind = ctx.rule.kind.lstrip("_")
    attr = ctx.rule.attr
    if kind == "package_metadata":
        declared = {"purl": getattr(attr, "purl", "")}
        for target in _targets(getattr(attr, "attributes", None)):
            if _OriginsInfo in target and target[_OriginsInfo].declared:
                declared.update(target[_OriginsInfo].declared)
        return declared
    if kind == "license":
        kinds = _targets(getattr(attr, "kind", None)) + _targets(getattr(attr, "license_kinds", None))
        return {
            # The targets in the packages `licenses/spdx` have the names of SPDX.
            "license": " AND ".join(sorted([kind.label.name for kind in kinds])),
            "name": getattr(attr, "package_name", ""),
            "version": getattr(attr, "package_version", ""),
        }
    if kind == "package_info":
        url = getattr(attr, "package_url", "")
        return {
            "name": getattr(attr, "package_name", ""),
            "purl": url if url.startswith("pkg:") else "",
            "version": getattr(attr, "package_version", ""),
        }
    return None

def _installed(ctx):
    """Returns the name and version of the distribution of a target that rules_python's pip makes; an empty dict for others."""
    for attribute in ["data", "srcs"]:
        for file in getattr(ctx.rule.files, attribute, []):
            path = file.short_path
            if path.endswith(_DIST_INFO) and "site-packages/" in path:
                name, _, version = path[:-len(_DIST_INFO)].rpartition("/")[2].partition("-")
                return {
                    "name": name,
                    "purl": "pkg:pypi/{}@{}".format(name.lower().replace("_", "-").replace(".", "-"), version.replace("+", "%2B").replace("!", "%21")),
                    "version": version,
                }
    return {}

def _description(repository, fields):
    """Returns the description of a component as JSON; None if the fields are empty."""
    known = {name: fields[name] for name in sorted(fields) if fields[name]}
    return json.encode(dict(known, id = repository)) if known else None

def _known(ctx, repository):
    """Returns the descriptions of the component that a target belongs to."""
    if not repository:
        return []
    descriptions = [_description(repository, _installed(ctx))]
    for attribute in ["applicable_licenses", "package_metadata"]:
        for target in _targets(getattr(ctx.rule.attr, attribute, None)):
            if _OriginsInfo in target and target[_OriginsInfo].declared:
                descriptions.append(_description(repository, target[_OriginsInfo].declared))
    return [description for description in descriptions if description]

def _union(repositories, more):
    """Adds names to a dict of names."""
    for name in more:
        repositories[name] = None

def _origins_aspect_impl(target, ctx):
    declared = _declared(ctx)
    if declared != None:
        return [_OriginsInfo(declared = declared, known = depset(), linked = depset(), repositories = [])]
    own = repository_of(ctx.label)
    repositories = {own: None} if own else {}
    infos = []
    for attribute in _REACHED:
        for dep in _targets(getattr(ctx.rule.attr, attribute, None)):
            if _OriginsInfo in dep:
                infos.append(dep[_OriginsInfo])
            if attribute not in _CONTAINED:
                continue
            if _OriginsInfo in dep:
                _union(repositories, dep[_OriginsInfo].repositories)
            elif repository_of(dep.label):
                repositories[repository_of(dep.label)] = None
    names = sorted(repositories)
    others = [name for name in names if name != own]
    linked = []

    # Our own rules make links to files, and tell where each comes from.
    if others and DefaultInfo in target and WheelSourcesInfo not in target:
        linked = [
            struct(file = file, repositories = tuple(others))
            for file in target[DefaultInfo].files.to_list()
            if not file.is_source and file.owner == ctx.label and file.extension not in _INTERMEDIATE
        ]
    return [_OriginsInfo(
        declared = None,
        known = depset(_known(ctx, own), transitive = [info.known for info in infos]),
        linked = depset(linked, transitive = [info.linked for info in infos]),
        repositories = names,
    )]

_origins_aspect = aspect(
    implementation = _origins_aspect_impl,
    attr_aspects = _REACHED,
)

# Attributes of wheels that name files, as in `ml_wheel`.
_LISTS = ["deps", "hdrs", "license_files", "srcs"]
_DICTS = ["data_files", "extra_distinfo_files", "renames"]

# Those attributes, which the macro copies from the wheel.
_ORIGIN_ATTRIBUTES = _LISTS + _DICTS

def _wheel_origins_impl(ctx):
    infos = [
        target[_OriginsInfo]
        for attribute in _ORIGIN_ATTRIBUTES
        for target in _targets(getattr(ctx.attr, attribute))
        if _OriginsInfo in target
    ]
    return [WheelOriginsInfo(
        known = depset(transitive = [info.known for info in infos]),
        linked = depset(transitive = [info.linked for info in infos]),
    )]

_wheel_origins = rule(
    implementation = _wheel_origins_impl,
    doc = "The repositories that the files of a wheel come from.",
    attrs = dict({
        name: attr.label_list(
            doc = "As in the wheel.",
            allow_files = True,
            aspects = [_origins_aspect],
        )
        for name in _LISTS
    }, **{
        name: attr.label_keyed_string_dict(
            doc = "As in the wheel.",
            allow_files = True,
            aspects = [_origins_aspect],
        )
        for name in _DICTS
    }),
    provides = [WheelOriginsInfo],
)

SBOM_ATTRS = {
    "sbom_forms": attr.string_list(
        doc = "Forms of the bill of materials: `cyclonedx`, `spdx`. The macro sets it from `sbom`.",
    ),
    "sbom_origins": attr.label(
        doc = "The repositories that the files come from. The macro sets it.",
        providers = [WheelOriginsInfo],
    ),
    "sbom_purls": attr.string_dict(
        doc = "Package URLs of repositories whose version Bazel does not know, such as that of an `http_archive`, by the repository's name: `{\"xla\": \"pkg:github/openxla/xla@0123abc\"}`. They go before all else that is known.",
    ),
}

def _repository_origin(file):
    """Returns the argument for the repository of a file. Bazel calls it when the action runs."""
    path = file.short_path
    if not path.startswith("../"):
        return []
    repository, _, path = path[len("../"):].partition("/")

    # One argument for all files of the repository that have one root.
    root = file.path[:-len(path) - 1] if file.path.endswith("/" + path) else file.path
    return ["--sbom-origin={}={}".format(repository, root)]

def _linked_origins(linked):
    """Returns the arguments for the repositories in a generated file."""
    return ["--sbom-origin={}={}".format(name, linked.file.path) for name in linked.repositories]

def _placed_origin(placed):
    """Returns the argument for a link to a file of a repository."""
    return ["--sbom-origin={}={}".format(placed.repository, placed.file.path)] if placed.repository else []

def _check_purls(purls):
    for name, purl in purls.items():
        if not purl.startswith("pkg:"):
            fail_attribute("sbom_purls", purl, "is no package URL of `{}`".format(name), "write it like `pkg:github/openxla/xla@0123abc`")

def add_sbom(ctx, arguments, files):
    """Adds the arguments about the bill of materials.

    Args:
      ctx: context of a rule with `SBOM_ATTRS` and `CONTENTS_ATTRS`.
      arguments: what `verb_arguments` returned.
      files: depset of the files of the wheel.
    """
    _check_purls(ctx.attr.sbom_purls)
    for form in ctx.attr.sbom_forms:
        if form not in _FORMS:
            fail_attribute("sbom", form, "is no form of a bill of materials", "use {}".format(", ".join(["`{}`".format(known) for known in _FORMS])))
    if not ctx.attr.sbom_forms:
        return
    arguments.add_all(ctx.attr.sbom_forms, format_each = "--sbom=%s")
    arguments.add_all(files, map_each = _repository_origin, expand_directories = False, uniquify = True)
    arguments.add_all(depset(transitive = [
        target[WheelSourcesInfo].placed
        for target in ctx.attr.srcs + ctx.attr.deps + ctx.attr.hdrs
        if WheelSourcesInfo in target
    ]), map_each = _placed_origin)
    origins = ctx.attr.sbom_origins[WheelOriginsInfo] if ctx.attr.sbom_origins else None
    if origins:
        arguments.add_all(origins.linked, map_each = _linked_origins)
        arguments.add_all(origins.known, format_each = "--sbom-component=%s", uniquify = True)
    arguments.add_all([
        json.encode({"id": name, "purl": purl})
        for name, purl in sorted(ctx.attr.sbom_purls.items())
    ], format_each = "--sbom-component=%s")

def sbom_attributes(name, sbom, kwargs, shared):
    """Declares the target that collects the repositories of a wheel, if the wheel gets a bill of materials.

    Args:
      name: name of the wheel's target.
      sbom: `True`, `False`, a form or a list of forms.
      kwargs: attributes of the wheel.
      shared: names of attributes that the target copies.

    Returns:
      A dict: the attributes of the wheel's rule.
    """
    if not sbom:
        return kwargs
    forms = ["cyclonedx"] if sbom == True else ([sbom] if type(sbom) == "string" else sbom)
    origins = name + ".origins"
    _wheel_origins(
        name = origins,
        tags = (kwargs.get("tags") or []) + ["manual"],
        **{
            attribute: kwargs[attribute]
            for attribute in _ORIGIN_ATTRIBUTES + [name for name in shared if name not in ["tags", "visibility"]]
            if attribute in kwargs
        }
    )
    return dict(kwargs, sbom_forms = forms, sbom_origins = ":" + origins)
