"""Setting up wheelworks in a WORKSPACE file.

    load("@wheelworks//bazel:repositories.bzl", "wheelworks_local_toolchain", "wheelworks_repositories")

    wheelworks_repositories()

    wheelworks_local_toolchain()

The repository must be called `wheelworks`. Of the three ways to get a binary, take one, or several
`wheelworks_archive_toolchain` for several execution platforms:

-   `wheelworks_cargo_toolchain` builds it from the sources that came with these rules;
-   `wheelworks_local_toolchain` uses one that is on the machine;
-   `wheelworks_archive_toolchain` downloads one.
"""

load(
    "//bazel/private:repositories.bzl",
    _archive_repository = "archive_repository",
    _cargo_repository = "cargo_repository",
    _compat_repository = "compat_repository",
    _local_repository = "local_repository",
    _toolchains_repository = "toolchains_repository",
)

def wheelworks_repositories(py_info = "builtin"):
    """Defines the repository that the wheelworks rules load: `wheelworks_compat`.

    Args:
      py_info: where `PyInfo` comes from: `builtin` if Python targets use the rules that are part of
        Bazel, `rules_python` if they use those, `both` where targets may have either.
    """
    _compat_repository(
        name = "wheelworks_compat",
        py_info = py_info,
    )

def _register(name, exec_compatible_with):
    """Registers the toolchain whose binary is in the repository `name`."""
    _toolchains_repository(
        name = name + "_toolchains",
        exec_compatible_with = {"toolchain": exec_compatible_with},
        repositories = {"toolchain": name},
    )
    native.register_toolchains("@{}_toolchains//:toolchain".format(name))

def wheelworks_cargo_toolchain(name = "wheelworks_cargo", offline = False, exec_compatible_with = []):
    """Registers a binary that cargo builds from source, when the first wheel is packed.

    Args:
      name: name of the repository.
      offline: whether cargo must do with what it has downloaded before.
      exec_compatible_with: constraints on the platform that the binary runs on.
    """
    _cargo_repository(
        name = name,
        offline = offline,
    )
    _register(name, exec_compatible_with)

def wheelworks_local_toolchain(name = "wheelworks_local", path = "", version = "", exec_compatible_with = []):
    """Registers a binary that is on the machine.

    Args:
      name: name of the repository.
      path: absolute path of the binary; if empty, that in the environment variable
        `WHEELWORKS_BIN`, or else the one found on `PATH`.
      version: the binary's version; if empty, that of these rules.
      exec_compatible_with: constraints on the platform that the binary runs on.
    """
    _local_repository(
        name = name,
        path = path,
        version = version,
    )
    _register(name, exec_compatible_with)

def wheelworks_archive_toolchain(
        name,
        urls,
        sha256,
        strip_prefix = "",
        binary = "wheelworks",
        type = "",
        version = "",
        exec_compatible_with = []):
    """Registers a binary out of an archive, downloaded when the first wheel is packed.

    Args:
      name: name of the repository.
      urls: URLs of the archive.
      sha256: SHA-256 of the archive.
      strip_prefix: directory of the archive to take as its root.
      binary: path of the binary in the archive.
      type: kind of archive, where the URL does not end with it.
      version: the binary's version; if empty, that of these rules.
      exec_compatible_with: constraints on the platform that the binary runs on.
    """
    _archive_repository(
        name = name,
        binary = binary,
        sha256 = sha256,
        strip_prefix = strip_prefix,
        type = type,
        urls = urls,
        version = version,
    )
    _register(name, exec_compatible_with)
