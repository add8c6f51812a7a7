"""A stand-in for `package_info` of rules_license, with its names."""

def _impl(_ctx):
    return []

_package_info = rule(
    implementation = _impl,
    attrs = {
        "package_name": attr.string(),
        "package_url": attr.string(),
        "package_version": attr.string(),
    },
)

def package_info(name, **kwargs):
    _package_info(name = name, applicable_licenses = [], **kwargs)
