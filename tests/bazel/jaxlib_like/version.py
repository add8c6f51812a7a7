"""The version, which the build reads from here as well."""

_version = "0.7.1"
_minimum_version = "0.6.0"


def _version_as_tuple(version):
    return tuple(int(word) for word in version.split("."))


__version__ = _version
