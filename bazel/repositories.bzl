"""Macros that set up wheelworks in a WORKSPACE file.

    load("@wheelworks//bazel:repositories.bzl", "wheelworks_repositories", "wheelworks_toolchains")

    wheelworks_repositories()

    wheelworks_toolchains()

The repository must have the name `wheelworks`. `wheelworks_toolchains` fetches the binary that was released with these
rules. To use another one, call one of three macros instead, or `wheelworks_archive_toolchain` once per execution
platform:

-   `wheelworks_cargo_toolchain` builds it from the sources of these rules;
-   `wheelworks_local_toolchain` uses an existing binary on this machine;
-   `wheelworks_archive_toolchain` downloads one.
"""

load("//bazel/private:prebuilt.bzl", "DEFAULT_BASE_URLS", "prebuilt_binaries")
load(
    "//bazel/private:repositories.bzl",
    _archive_repository = "archive_repository",
    _cargo_repository = "cargo_repository",
    _compat_repository = "compat_repository",
    _local_repository = "local_repository",
    _toolchains_repository = "toolchains_repository",
)

def wheelworks_repositories(py_info = None):
    """Defines the repository that the wheelworks rules load: `wheelworks_compat`.

    Args:
      py_info: source of `PyInfo`: `builtin` if Python targets use Bazel's own rules, `rules_python` if
        they use rules_python, `both` if they may use either. The default is `both` if WORKSPACE has the
        repository `rules_python` before this call, and `builtin` otherwise. `both` and `rules_python`
        need a rules_python that has `//python:py_info.bzl`.
    """
    _compat_repository(
        name = "wheelworks_compat",
        py_info = py_info or ("both" if native.existing_rule("rules_python") else "builtin"),
    )

def _register(name, exec_compatible_with):
    """Registers the toolchain whose binary is in the repository `name`."""
    _toolchains_repository(
        name = name + "_toolchains",
        # A label of WORKSPACE without a repository is one of the main repository.
        exec_compatible_with = {"toolchain": [
            "@" + label if label.startswith("//") else label
            for label in exec_compatible_with
        ]},
        repositories = {"toolchain": name},
    )
    native.register_toolchains("@{}_toolchains//:toolchain".format(name))

# Its repositories have the names that the extension gives them.
# buildifier: disable=unnamed-macro
def wheelworks_toolchains(base_urls = DEFAULT_BASE_URLS, offline = False):
    """Registers the binaries that were released with these rules, and after them one that cargo builds from source.

    Bazel fetches or builds the first that runs on the execution platform, when it builds the first wheel. The rules of a
    release know the SHA-256 of its binaries; those of a checkout know none, and cargo builds the binary.

    Args:
      base_urls: directories with the archives of a release, tried in this order; `{version}` stands for the version.
        A mirror, for instance.
      offline: whether cargo may use only its cached downloads.
    """
    for binary in prebuilt_binaries(base_urls):
        wheelworks_archive_toolchain(
            name = binary.name,
            exec_compatible_with = binary.exec_compatible_with,
            sha256 = binary.sha256,
            strip_prefix = binary.strip_prefix,
            urls = binary.urls,
        )
    wheelworks_cargo_toolchain(offline = offline)

def wheelworks_cargo_toolchain(name = "wheelworks_cargo", offline = False, exec_compatible_with = []):
    """Registers a binary that cargo builds from source. The first wheel triggers the build.

    Args:
      name: name of the repository.
      offline: whether cargo may use only its cached downloads.
      exec_compatible_with: constraints on the platform that runs the binary.
    """
    _cargo_repository(
        name = name,
        offline = offline,
    )
    _register(name, exec_compatible_with)

def wheelworks_local_toolchain(name = "wheelworks_local", path = "", version = "", exec_compatible_with = []):
    """Registers an existing binary on this machine.

    Args:
      name: name of the repository.
      path: absolute path of the binary. Defaults to the environment variable `WHEELWORKS_BIN`, then to
        `wheelworks` on `PATH`.
      version: the binary's version. Defaults to the version of these rules.
      exec_compatible_with: constraints on the platform that runs the binary.
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
    """Registers a binary from an archive. The first wheel triggers the download.

    Args:
      name: name of the repository.
      urls: URLs of the archive.
      sha256: SHA-256 of the archive.
      strip_prefix: directory in the archive to use as its root.
      binary: path of the binary in the archive, relative to `strip_prefix`.
      type: type of the archive, such as `tar.gz`, if the URL has no such extension.
      version: the binary's version. Defaults to the version of these rules.
      exec_compatible_with: constraints on the platform that runs the binary.
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
