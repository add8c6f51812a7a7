"""Repository rules that provide versions during loading: a version suffix, a version, requirements.

This file must not load the compatibility repository: in WORKSPACE, these rules can precede it.
"""

load(
    ":versions.bzl",
    "BUILD_DATE",
    "GIT_HASH",
    "SUFFIX_VARIABLES",
    "VERSION_SUFFIX",
    "WHEEL_TYPE",
    "requirements_of",
    "version_constant",
    "wheel_version_suffix",
)

# A text that was read has the file's bytes, which must not be encoded again. Bazel 9 never does, and will remove the
# parameter. Bazel 4 has no version outside of WORKSPACE.
_MAJOR = getattr(native, "bazel_version", "").partition(".")[0]
_FILE_OF_BYTES = {"legacy_utf8": False} if _MAJOR in ["", "4", "5", "6", "7", "8"] else {}

def _variable(repository_ctx, name):
    """Returns the stripped value of an environment variable; None if it is not set."""
    if hasattr(repository_ctx, "getenv"):
        # From Bazel 7.1 on. This makes the repository depend on the variable.
        value = repository_ctx.getenv(name)
    else:
        value = repository_ctx.os.environ.get(name)
    return value if value == None else value.strip()

def _suffix_repository_impl(repository_ctx):
    # Reads all variables, so that the repository depends on each of them.
    values = {name: _variable(repository_ctx, name) for name in SUFFIX_VARIABLES}
    suffix = wheel_version_suffix(
        values[WHEEL_TYPE],
        values[BUILD_DATE],
        values[GIT_HASH],
        values[VERSION_SUFFIX],
    )
    if suffix.problem:
        fail(suffix.problem)
    repository_ctx.file("BUILD.bazel", "")
    repository_ctx.file("wheel_version_suffix.bzl", """\
\"\"\"The version suffix of wheels, from the environment variables ML_WHEEL_*.\"\"\"

WHEEL_VERSION_SUFFIX = {wheel}
SEMANTIC_WHEEL_VERSION_SUFFIX = {semantic}
""".format(
        wheel = repr(suffix.wheel),
        semantic = repr(suffix.semantic),
    ))

python_wheel_version_suffix_repository = repository_rule(
    implementation = _suffix_repository_impl,
    doc = """The version suffix of all wheels of a build, from environment variables.

`@NAME//:wheel_version_suffix.bzl` has `WHEEL_VERSION_SUFFIX`, for a PEP 440 version, and
`SEMANTIC_WHEEL_VERSION_SUFFIX`, for a semantic version:

| `ML_WHEEL_TYPE` | `WHEEL_VERSION_SUFFIX` | `SEMANTIC_WHEEL_VERSION_SUFFIX` |
|---|---|---|
| `snapshot`, or not set | `.dev0+selfbuilt` | `-dev0+selfbuilt` |
| `nightly` | `.devDATE` | `-devDATE` |
| `release` | `SUFFIX` without dashes | `SUFFIX` |
| `custom` | `.devDATE+HASH`, `SUFFIX` without dashes | `-devDATE+HASH`, `SUFFIX` |

`DATE` is `ML_WHEEL_BUILD_DATE` without dashes; only `nightly` requires it. `HASH` is the first nine
characters of `ML_WHEEL_GIT_HASH` after leading zeros. `SUFFIX` is `ML_WHEEL_VERSION_SUFFIX`. Unset
parts are omitted. Set the variables with `--repo_env=ML_WHEEL_TYPE=nightly` or in the environment. A
changed variable fetches the repository again.
""",
    environ = SUFFIX_VARIABLES,
)

def _version_repository_impl(repository_ctx):
    source = repository_ctx.attr.version_source
    found = version_constant(
        repository_ctx.read(repository_ctx.path(source)),
        repository_ctx.attr.version_key,
    )
    if found.problem:
        fail("attribute `version_key`: {} in {}\n  hint: add a line like `{} = \"1.2.3\"`".format(
            found.problem,
            source,
            repository_ctx.attr.version_key,
        ))
    repository_ctx.file("BUILD.bazel", "")
    repository_ctx.file("wheel.bzl", """\
\"\"\"The version of a wheel.\"\"\"

WHEEL_VERSION = {}
""".format(repr(found.version)))

python_wheel_version_repository = repository_rule(
    implementation = _version_repository_impl,
    doc = """Reads a version from a source file: `WHEEL_VERSION` in `@NAME//:wheel.bzl`.

    python_wheel_version_repository(
        name = "example_wheel",
        version_key = "_version",
        version_source = "//example:version.py",
    )
""",
    attrs = {
        "version_key": attr.string(
            doc = "Name of the constant. The first line that sets it to a quoted string counts: `KEY = \"1.2\"`, `KEY: str = '1.2'`, `char KEY[] = \"1.2\";` or `#define KEY \"1.2\"`.",
            mandatory = True,
        ),
        "version_source": attr.label(
            doc = "The source file.",
            mandatory = True,
            allow_single_file = True,
        ),
    },
)

def _nvidia_wheel_versions_repository_impl(repository_ctx):
    text = repository_ctx.read(repository_ctx.path(repository_ctx.attr.versions_source))
    requirements = requirements_of(text)
    repository_ctx.file("BUILD.bazel", "")
    repository_ctx.file(
        "versions.bzl",
        """\
\"\"\"The NVIDIA wheels that a wheel requires.\"\"\"

NVIDIA_WHEEL_VERSIONS = {text}

NVIDIA_WHEEL_REQUIREMENTS = [{requirements}]
""".format(
            text = repr(text),
            requirements = "".join(["\n    {},".format(repr(requirement)) for requirement in requirements]) + ("\n" if requirements else ""),
        ),
        **_FILE_OF_BYTES
    )

nvidia_wheel_versions_repository = repository_rule(
    implementation = _nvidia_wheel_versions_repository_impl,
    doc = """Reads a requirements file into Starlark values in `@NAME//:versions.bzl`.

`NVIDIA_WHEEL_VERSIONS` is its text, for scripts. `NVIDIA_WHEEL_REQUIREMENTS` is the list of its
requirements without comments, hashes and pip options, for the attributes `requires` and
`extra_requires` of `ml_wheel`.

    nvidia_wheel_versions_repository(
        name = "nvidia_wheel_versions",
        versions_source = "//build:nvidia-requirements.txt",
    )
""",
    attrs = {
        "versions_source": attr.label(
            doc = "The requirements file.",
            mandatory = True,
            allow_single_file = True,
        ),
    },
)
