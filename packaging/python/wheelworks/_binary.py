"""Finds the binary that an installer put into the directory of scripts."""

import os
import sys
import sysconfig

_NAME = "wheelworks" + (sysconfig.get_config_var("EXE") or "")


class BinaryNotFoundError(FileNotFoundError):
    """The package is there, and its binary is not."""


def _directories():
    """Yields the directories of scripts for each way to install a wheel."""
    # In an environment, or in the prefix of the system.
    yield sysconfig.get_path("scripts")
    # With `pip install --target DIR`, or below any other prefix: `DIR/bin`, `PREFIX/bin`.
    package = os.path.dirname(os.path.abspath(__file__))
    site_packages = os.path.dirname(package)
    yield os.path.join(site_packages, "bin")
    yield os.path.normpath(os.path.join(site_packages, *[os.pardir] * 3, "bin"))
    # With `pip install --user`. Python 3.10 and later have a function for its scheme.
    if hasattr(sysconfig, "get_preferred_scheme"):
        scheme = sysconfig.get_preferred_scheme("user")
    else:
        scheme = "nt_user" if os.name == "nt" else "posix_user"
    yield sysconfig.get_path("scripts", scheme=scheme)
    # In the environment that this one was derived from, as pip's build environments are.
    yield sysconfig.get_path("scripts", vars={"base": sys.base_prefix})


def find_binary():
    """Returns the path of the `wheelworks` binary.

    Raises BinaryNotFoundError if no directory of scripts has it.
    """
    tried = []
    for directory in _directories():
        path = os.path.join(directory, _NAME)
        if os.path.isfile(path):
            return path
        if path not in tried:
            tried.append(path)
    raise BinaryNotFoundError(
        "no binary in {}\nhint: install the package `wheelworks` again".format(", ".join(tried))
    )
