"""The implementation of the module extension `wheel_versions`, in a file that Bazel 4 can load and test."""

load(
    ":version_repositories.bzl",
    "nvidia_wheel_versions_repository",
    "python_wheel_version_repository",
    "python_wheel_version_suffix_repository",
)

def _claim(names, tag, module):
    """Records that a tag declares a repository; fails if another tag does already."""
    if tag.name in names:
        fail("attribute `name`: `{}` is the name of two repositories of `wheel_versions`, in the modules `{}` and `{}`\n  hint: give one of them another name".format(
            tag.name,
            names[tag.name],
            module.name,
        ))
    names[tag.name] = module.name

def version_repositories(modules):
    """Declares the repositories for the tags of `wheel_versions`.

    Args:
      modules: the argument of a module extension: structs with `name` and `tags`.
    """
    names = {}
    for module in modules:
        for tag in module.tags.suffix:
            _claim(names, tag, module)
            python_wheel_version_suffix_repository(name = tag.name)
        for tag in module.tags.version:
            _claim(names, tag, module)
            python_wheel_version_repository(
                name = tag.name,
                version_key = tag.version_key,
                version_source = tag.version_source,
            )
        for tag in module.tags.nvidia:
            _claim(names, tag, module)
            nvidia_wheel_versions_repository(
                name = tag.name,
                versions_source = tag.versions_source,
            )
