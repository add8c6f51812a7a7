"""The metadata of a declared wheel: METADATA and the other files of its dist-info directory."""

load(":names.bzl", "fail_attribute")
load(":selection.bzl", "repository_names")
load(":stamp.bzl", "is_stamped")
load(":toolchain.bzl", "check_lines")
load(":wheel_contents.bzl", "escape_format")
load(":wheel_name.bzl", "declared_tags", "expand_variables")

METADATA_ATTRS = {
    "author": attr.string(
        doc = "Name of the author.",
    ),
    "author_email": attr.string(
        doc = "E-mail addresses of the author: addresses, or `Name <address>`.",
    ),
    "classifiers": attr.string_list(
        doc = "Classifiers, such as `Programming Language :: Python :: 3`. A licence classifier cannot be combined with a `license` that is an SPDX expression.",
    ),
    "console_scripts": attr.string_dict(
        doc = "Commands, `{\"tool\": \"package.module:main\"}`: the same as the group `console_scripts` of `entry_points`.",
    ),
    "description_content_type": attr.string(
        doc = "How indexes render the description, such as `text/markdown; variant=GFM`. If empty, the extension of `description_file` decides.",
    ),
    "description_file": attr.label(
        doc = "File with the long description that indexes show. Its extension tells the format: `.md`, `.rst`, or plain text.",
        allow_single_file = True,
    ),
    "entry_points": attr.string_list_dict(
        doc = "Entry points by group, such as `{\"console_scripts\": [\"tool = package.module:main\"]}`.",
    ),
    "extra_requires": attr.string_list_dict(
        doc = "Requirements of extras, each as in `requires`: `{\"cuda\": [\"nvidia-cublas-cu12>=12.1\"]}`.",
    ),
    "extra_requires_files": attr.label_keyed_string_dict(
        doc = "Requirements files of extras: `{\"cuda_requirements.txt\": \"cuda\"}`. An extra may have several files.",
        allow_files = True,
    ),
    "homepage": attr.string(
        doc = "Home page. Indexes prefer `project_urls`.",
    ),
    "license": attr.string(
        doc = "Licence, as an SPDX expression such as `Apache-2.0` (PEP 639); other text becomes the older field `License`.",
    ),
    "license_files": attr.label_list(
        doc = "Licence texts, for the `licenses` directory in the dist-info directory and the field `License-File` (PEP 639). The path of a file there is its path without the first matching prefix of `strip_path_prefixes`; files of another repository go below the repository's name.",
        allow_files = True,
    ),
    "project_urls": attr.string_dict(
        doc = "Links by label, such as `{\"Source\": \"https://example.org/source\"}`.",
    ),
    "python_requires": attr.string(
        doc = "Versions of Python that the wheel runs on, such as `>=3.10`.",
    ),
    "requires": attr.string_list(
        doc = "Requirements in the form of PEP 508, such as `numpy>=2` or `jaxlib; sys_platform == 'linux'`. One string may contain several, one on each line, with comments: the text of a requirements file, such as that of `nvidia_wheel_versions_repository`.",
    ),
    "requires_file": attr.label(
        doc = "File with more requirements, one on each line. Comments and hashes are dropped.",
        allow_single_file = True,
    ),
    "summary": attr.string(
        doc = "Summary in one line.",
    ),
}

# Attributes that become one option each.
_OPTIONS = {
    "author": "--author",
    "author_email": "--author-email",
    "description_content_type": "--description-content-type",
    "homepage": "--home-page",
    "license": "--license",
    "python_requires": "--requires-python",
    "summary": "--summary",
}

def _entry_points(ctx):
    """Returns the option values for `entry_points` and `console_scripts`."""
    values = []
    for group in sorted(ctx.attr.entry_points):
        if not group or ":" in group:
            fail_attribute(
                "entry_points",
                group,
                "is not the name of a group",
                "use a name such as `console_scripts`, without `:`",
            )
        for entry in ctx.attr.entry_points[group]:
            name, _, reference = entry.partition("=")
            if not name.strip() or not reference.strip():
                fail_attribute(
                    "entry_points",
                    entry,
                    "does not say which object it is",
                    "write it as `NAME = MODULE:OBJECT`",
                )
            values.append("{}:{} = {}".format(group, name.strip(), reference.strip()))
    for name, reference in ctx.attr.console_scripts.items():
        values.append("console_scripts:{} = {}".format(name.strip(), reference.strip()))
    check_lines("entry_points", values)
    return values

def _requirements(texts):
    """Returns the requirements in texts of one or more lines, without comments."""
    requirements = []
    for text in texts:
        for line in text.splitlines():
            requirement = line.partition(" #")[0].strip()
            if requirement and not requirement.startswith("#"):
                requirements.append(requirement)
    return requirements

def _license_file(file):
    """Returns the argument for one licence file. Bazel calls it when the action runs."""
    path = file.short_path
    if path.startswith("../"):
        # The apparent name of the repository: a canonical name has characters that PEP 639 does not
        # allow in a path.
        repository, _, path = path[len("../"):].partition("/")
        path = "{}/{}".format(repository_names(repository)[-1], path)
    escaped = path.replace("\\", "\\\\").replace("=", "\\=")
    return "--license-file={}={}".format(escaped, file.path)

def _add_requirements(ctx, arguments):
    """Adds requirements and extras. Returns depsets of their requirements files."""
    arguments.add_all(_requirements(ctx.attr.requires), format_each = "--requires-dist=%s")
    files = []
    if ctx.file.requires_file:
        arguments.add(ctx.file.requires_file, format = "--requires-file=%s")
        files.append(depset([ctx.file.requires_file]))
    check_lines("extra_requires", ctx.attr.extra_requires.keys())
    for extra in sorted(ctx.attr.extra_requires):
        # An extra without requirements is an extra as well.
        arguments.add(extra, format = "--provides-extra=%s")
        arguments.add_all(
            _requirements(ctx.attr.extra_requires[extra]),
            format_each = "--extra-requires={}:%s".format(extra.replace("%", "%%")),
        )
    check_lines("extra_requires_files", ctx.attr.extra_requires_files.values())
    for target, extra in ctx.attr.extra_requires_files.items():
        arguments.add_all(
            target[DefaultInfo].files,
            format_each = "--extra-requires-file={}=%s".format(escape_format(extra)),
        )
        files.append(target[DefaultInfo].files)
    return files

def stamped_texts(ctx):
    """Returns the texts of a wheel in which `{KEY}` is replaced.

    Args:
      ctx: context of a rule with `METADATA_ATTRS` and `WHEEL_NAME_ATTRS`.

    Returns:
      A list of strings.
    """
    texts = [ctx.attr.distribution, ctx.attr.version, ctx.attr.build_tag] + ctx.attr.requires
    for requirements in ctx.attr.extra_requires.values():
        texts.extend(requirements)
    return texts

def add_metadata(ctx, arguments):
    """Adds the arguments for the metadata of a wheel.

    Args:
      ctx: context of a rule with `METADATA_ATTRS`, `STAMP_ATTRS` and `WHEEL_NAME_ATTRS`.
      arguments: what `verb_arguments` returned.

    Returns:
      A depset of files.
    """

    # Name and version as the user wrote them: the binary normalises them again and compares the
    # result with the name of the output.
    check_lines("distribution", [ctx.attr.distribution])
    arguments.add(ctx.attr.distribution, format = "--distribution=%s")
    arguments.add(expand_variables(ctx, "version").strip(), format = "--version=%s")
    if ctx.attr.build_tag:
        arguments.add(expand_variables(ctx, "build_tag"), format = "--build-tag=%s")
    tags = declared_tags(ctx)
    arguments.add(tags.python_tag, format = "--python-tag=%s")
    arguments.add(tags.abi, format = "--abi-tag=%s")
    arguments.add(tags.platform, format = "--platform-tag=%s")
    files = []
    if is_stamped(ctx, stamped_texts(ctx)):
        arguments.add_all([ctx.info_file, ctx.version_file], format_each = "--status-file=%s")
        files.append(depset([ctx.info_file, ctx.version_file]))

    for attribute, option in _OPTIONS.items():
        value = getattr(ctx.attr, attribute)
        check_lines(attribute, [value])
        if value:
            arguments.add(value, format = option + "=%s")
    check_lines("classifiers", ctx.attr.classifiers)
    arguments.add_all(ctx.attr.classifiers, format_each = "--classifier=%s")
    urls = ["{}, {}".format(label, ctx.attr.project_urls[label]) for label in sorted(ctx.attr.project_urls)]
    check_lines("project_urls", urls)
    arguments.add_all(urls, format_each = "--project-url=%s")
    arguments.add_all(_entry_points(ctx), format_each = "--entry-point=%s")
    files.extend(_add_requirements(ctx, arguments))

    licenses = depset(transitive = [target[DefaultInfo].files for target in ctx.attr.license_files])
    arguments.add_all(licenses, map_each = _license_file)
    files.append(licenses)
    if ctx.file.description_file:
        arguments.add(ctx.file.description_file, format = "--description-file=%s")
        files.append(depset([ctx.file.description_file]))
    return depset(transitive = files)
