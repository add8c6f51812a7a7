"""A stand-in for rules_license and package_metadata, with the names of their rules and attributes."""

def _impl(_ctx):
    return []

license_kind = rule(implementation = _impl)

_license = rule(
    implementation = _impl,
    attrs = {
        "license_kinds": attr.label_list(cfg = "exec"),
        "package_name": attr.string(),
        "package_version": attr.string(),
    },
)

_package_metadata = rule(
    implementation = _impl,
    attrs = {
        "attributes": attr.label_list(),
        "purl": attr.string(),
    },
)

def license(name, **kwargs):
    _license(name = name, applicable_licenses = [], **kwargs)

def package_metadata(name, **kwargs):
    _package_metadata(name = name, applicable_licenses = [], **kwargs)
