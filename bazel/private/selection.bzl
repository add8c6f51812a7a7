"""Which files the source rules collect: by repository and by kind of file."""

load(":names.bzl", "fail_attribute")

# Files of a wheel besides Python sources: extension modules and libraries of every system, and type
# stubs.
_DATA_EXTENSIONS = ["dll", "dylib", "lib", "pd", "pyd", "pyi", "so"]

# Files to collect from the runfiles of targets with links to files elsewhere.
_LINKED_EXTENSIONS = ["lib", "pd", "pyi"]

_DIGITS = "0123456789"

# Characters of the name of a repository, and `*`.
_NAME_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.+~*"

EXTERNAL_REPOSITORIES_ATTR = attr.string_list(
    doc = "Names of external repositories whose files are collected. `*` stands for any text, and a pattern that starts with `-` excludes: `[\"*\", \"-test_*\"]`. The last pattern that matches decides; a repository that none matches is excluded. Files below `site-packages/` belong to another distribution, which `requires` should name: they are collected only if the pattern that decides is not `*` alone, as in `[\"*\", \"pypi_six\"]`. Files of the main repository are always collected.",
    default = ["*"],
)

def repository_of(label):
    """Returns the name of a label's repository.

    Args:
      label: a label.

    Returns:
      A string: the name in WORKSPACE or, with modules, the canonical name; empty for the main repository.
    """
    return label.repo_name if hasattr(label, "repo_name") else label.workspace_name

def repository_names(repository):
    """Returns the names that a user may use for a repository.

    Args:
      repository: its name in Bazel.

    Returns:
      A list: that name, and the name of the module or the name that a module extension gave it.
    """
    words = repository.replace("~", "+").split("+")
    if len(words) == 1:
        return [repository]

    # `MODULE+` and `MODULE+VERSION`, or `MODULE++EXTENSION+NAME`.
    return [repository, words[0] if len(words) == 2 else words[-1]]

def py_sources(py_info):
    """Returns the Python sources of a target and of its dependencies.

    Args:
      py_info: its `PyInfo`.

    Returns:
      A depset of files.
    """
    if not hasattr(py_info, "transitive_original_sources"):
        return py_info.transitive_sources

    # From rules_python 1.1 on, `transitive_sources` lacks sources that are compiled and then omitted from
    # runfiles; a rule that makes the provider itself may leave the other field empty.
    return depset(transitive = [py_info.transitive_sources, py_info.transitive_original_sources])

def glob_matches(pattern, text):
    """Returns whether a pattern matches a whole text.

    Args:
      pattern: text in which `*` stands for any characters, or none.
      text: a string.

    Returns:
      A bool.
    """
    parts = pattern.split("*")
    if len(parts) == 1:
        return pattern == text
    if not text.startswith(parts[0]):
        return False
    position = len(parts[0])
    for part in parts[1:-1]:
        found = text.find(part, position)
        if found < 0:
            return False
        position = found + len(part)
    return len(text) - position >= len(parts[-1]) and text.endswith(parts[-1])

def matches_any(patterns, text):
    """Returns whether one of several patterns matches a whole text.

    Args:
      patterns: list of patterns of `glob_matches`.
      text: a string.

    Returns:
      A bool.
    """
    for pattern in patterns:
        if glob_matches(pattern, text):
            return True
    return False

def repository_is_taken(patterns, repository, installed = False):
    """Returns whether the attribute `external_repositories` selects a file of a repository.

    The binary decides the same about `deps` of `ml_wheel`: see `src/pack/patterns.rs`.

    Args:
      patterns: value of the attribute.
      repository: name of the repository, empty for the main one.
      installed: whether the file is below `site-packages/`.

    Returns:
      A bool.
    """
    if not repository:
        return True
    names = repository_names(repository)
    for pattern in reversed(patterns):
        glob = pattern[1:] if pattern.startswith("-") else pattern
        if any([glob_matches(glob, name) for name in names]):
            return not pattern.startswith("-") and (pattern != "*" or not installed)
    return False

def check_external_repositories(patterns):
    """Fails on a pattern that cannot match the name of a repository.

    Args:
      patterns: value of the attribute `external_repositories`.
    """
    for pattern in patterns:
        glob = pattern[1:] if pattern.startswith("-") else pattern
        if not glob or glob.strip(_NAME_CHARACTERS):
            fail_attribute(
                "external_repositories",
                pattern,
                "is not a pattern for names of repositories",
                "write a name without `@` and `//`, such as `xla` or `pypi_*`",
            )

def of_repositories(patterns, files):
    """Returns the files of the repositories that the attribute `external_repositories` selects.

    Args:
      patterns: value of the attribute.
      files: depset of files.

    Returns:
      A depset of files in the same order; the same depset if nothing is removed.
    """
    check_external_repositories(patterns)
    taken = {("", False): True, ("", True): True}
    kept = []
    removed = False
    for file in files.to_list():
        key = (repository_of(file.owner), is_installed(file))
        if key not in taken:
            taken[key] = repository_is_taken(patterns, *key)
        if taken[key]:
            kept.append(file)
        else:
            removed = True
    return depset(kept) if removed else files

def _has_extension(basename, extensions):
    return basename.rpartition(".")[2] in extensions and "." in basename

def is_versioned_library(basename):
    """Returns whether a name is that of a versioned library, such as `libx.so.2` or `libx.so.1.2.3`.

    Args:
      basename: name of the file, without directory.

    Returns:
      A bool.
    """
    stem, dot, version = basename.partition(".so.")
    if not stem or not dot:
        return False
    for word in version.split("."):
        if not word or word.strip(_DIGITS):
            return False
    return True

def is_installed(file):
    """Returns whether a file belongs to another distribution: is below `site-packages/`.

    Args:
      file: a file.

    Returns:
      A bool.
    """
    return "/site-packages/" in "/" + file.path

def _is_own_installed(file):
    """Returns whether a file of the main repository is below `site-packages/`; `of_repositories` decides on others."""
    return not repository_of(file.owner) and is_installed(file)

def is_wheel_data(file):
    """Returns whether `collect_data_files` collects a file that Python targets have as data.

    Args:
      file: a file, or a tree artifact, which is collected whole: its files are known only after it
        is built.

    Returns:
      A bool.
    """
    if _is_own_installed(file):
        return False
    return file.is_directory or _has_extension(file.basename, _DATA_EXTENSIONS) or is_versioned_library(file.basename)

def is_linked_data(file):
    """Returns whether `collect_data_files` collects a file from the runfiles of `symlink_deps`.

    Args:
      file: a file.

    Returns:
      A bool.
    """
    return not _is_own_installed(file) and is_linked_path(file.basename)

def is_linked_path(path):
    """Does the same for the path of a link.

    Args:
      path: path of a file.

    Returns:
      A bool.
    """
    return _has_extension(path.rpartition("/")[2], _LINKED_EXTENSIONS)
