"""Which files the source rules take: by repository, and by what kind of file they are."""

load(":names.bzl", "fail_attribute")

# What a wheel has besides Python sources: extension modules and libraries, of every system, and
# type stubs.
_DATA_EXTENSIONS = ["dll", "dylib", "lib", "pd", "pyd", "pyi", "so"]

# What is taken from the runfiles of targets that link to files elsewhere.
_LINKED_EXTENSIONS = ["lib", "pd", "pyi"]

_DIGITS = "0123456789"

EXTERNAL_REPOSITORIES_ATTR = attr.string_list(
    doc = "External repositories whose files are taken, by name; `*` stands for any text, and a pattern that starts with `-` takes files out again: `[\"*\", \"-pypi_*\"]`. Empty for none. Files of the main repository always are.",
    default = ["*"],
)

def repository_of(label):
    """The name of a label's repository.

    Args:
      label: a label.

    Returns:
      A string: the name in WORKSPACE or, with modules, the canonical name; empty for the main repository.
    """
    return label.repo_name if hasattr(label, "repo_name") else label.workspace_name

def repository_names(repository):
    """The names that a user may mean a repository by.

    Args:
      repository: the name that Bazel knows it by.

    Returns:
      A list: that name, and that of the module, or the one which a module extension gave it.
    """
    words = repository.replace("~", "+").split("+")
    if len(words) == 1:
        return [repository]

    # `MODULE+` and `MODULE+VERSION`, or `MODULE++EXTENSION+NAME`.
    return [repository, words[0] if len(words) == 2 else words[-1]]

def glob_matches(pattern, text):
    """Whether a pattern matches a whole text.

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
    """Whether one of several patterns matches a whole text.

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

def repository_is_taken(patterns, repository):
    """Whether the attribute `external_repositories` takes the files of a repository.

    Args:
      patterns: value of the attribute.
      repository: name of the repository, empty for the main one.

    Returns:
      A bool.
    """
    if not repository:
        return True
    taken = False
    for name in repository_names(repository):
        for pattern in patterns:
            if pattern.startswith("-"):
                if glob_matches(pattern[1:], name):
                    return False
            elif glob_matches(pattern, name):
                taken = True
    return taken

def check_external_repositories(patterns):
    """Fails on a pattern that cannot match the name of a repository.

    Args:
      patterns: value of the attribute `external_repositories`.
    """
    for pattern in patterns:
        if not pattern.lstrip("-") or "@" in pattern or "/" in pattern:
            fail_attribute(
                "external_repositories",
                pattern,
                "is not a pattern for names of repositories",
                "write a name without `@` and `//`, such as `xla` or `pypi_*`",
            )

def of_repositories(patterns, files):
    """The files of those repositories that the attribute `external_repositories` takes.

    Args:
      patterns: value of the attribute.
      files: depset of files.

    Returns:
      A depset of files in the same order; the same depset if there is nothing to take out.
    """
    check_external_repositories(patterns)
    if patterns == ["*"]:
        return files
    taken = {"": True}
    kept = []
    for file in files.to_list():
        repository = repository_of(file.owner)
        if repository not in taken:
            taken[repository] = repository_is_taken(patterns, repository)
        if taken[repository]:
            kept.append(file)
    return depset(kept)

def _has_extension(basename, extensions):
    return basename.rpartition(".")[2] in extensions and "." in basename

def is_versioned_library(basename):
    """Whether a file's name is that of a library with a version, such as `libx.so.2` or `libx.so.1.2.3`.

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
    """Whether a file is one of another distribution, as an installer has put it.

    Args:
      file: a file.

    Returns:
      A bool.
    """
    return "/site-packages/" in "/" + file.path

def is_wheel_data(file):
    """Whether `collect_data_files` takes a file that Python targets have as data.

    Args:
      file: a file, or a tree artifact. What is in a tree is known only once it is built, so it is
        taken as a whole.

    Returns:
      A bool.
    """
    if is_installed(file):
        return False
    return file.is_directory or _has_extension(file.basename, _DATA_EXTENSIONS) or is_versioned_library(file.basename)

def is_linked_data(file):
    """Whether `collect_data_files` takes a file out of the runfiles of `symlink_deps`.

    Args:
      file: a file.

    Returns:
      A bool.
    """
    return not is_installed(file) and is_linked_path(file.basename)

def is_linked_path(path):
    """The same, for the path of a link.

    Args:
      path: path of a file.

    Returns:
      A bool.
    """
    return _has_extension(path.rpartition("/")[2], _LINKED_EXTENSIONS)
