"""`ml_wheel` as users load it: the rule, and the targets that use its wheel."""

load(":ml_wheel.bzl", _ml_wheel = "ml_wheel")
load(":repaired.bzl", "repaired_attributes")
load(":wheel_dist.bzl", "wheel_dist", "wheel_publish")
load(":wheel_origins.bzl", "sbom_attributes")

# Attributes that the other targets copy from the wheel, so that they can be built and seen wherever the
# wheel can.
_SHARED = ["compatible_with", "features", "restricted_to", "target_compatible_with", "testonly", "visibility"]

def _output_group_impl(ctx):
    files = getattr(ctx.attr.target[OutputGroupInfo], ctx.attr.group)
    return [DefaultInfo(
        files = files,
        runfiles = ctx.runfiles(transitive_files = files),
    )]

# Not a `filegroup`: that has the target's runfiles, so the wheel would be packed as well.
_output_group = rule(
    implementation = _output_group_impl,
    doc = "The files of one output group of a target, and nothing else.",
    attrs = {
        "group": attr.string(
            doc = "Name of the group.",
            mandatory = True,
        ),
        "target": attr.label(
            doc = "The target.",
            mandatory = True,
        ),
    },
)

def ml_wheel(name, twine_binary = None, publish_args = [], dist_folder = "", repair = None, sbom = False, **kwargs):
    """Declares a wheel, and targets that use it.

    Each of these further targets is built only when it is named:

    -   `NAME.dist`: a directory with the wheel under its true name; `bazel run NAME.dist -- DIR`
        copies it: see `wheel_dist`;
    -   `NAME.editable`: a directory for `pip install -e`; building it again updates it;
    -   `NAME.sdist`: a source distribution from which pip builds the wheel; with `repair`, it and `NAME.editable` have
        the files before the repair;
    -   `NAME.tree`: a directory with the files of the wheel and its RECORD, as unzipping it gives them, but
        made without compressing: for tests (`py_import` takes it as a wheel) and images;
    -   `NAME.publish`, with `twine_binary`: `bazel run` uploads the wheel.

    Args:
      name: name of the target.
      twine_binary: label of the program `twine`, for `NAME.publish`.
      publish_args: arguments of `twine upload`.
      dist_folder: name of the directory that `NAME.dist` builds; `NAME_dist`, if empty.
      repair: attributes of `wheel_repair`, such as `{"libs": [":libexample"], "plat": "manylinux_2_28_x86_64"}`, for a wheel with
        copies of the libraries that it needs. The action that packs the wheel repairs it, and writes no other wheel. `platform`
        is then the tag before the repair, such as `linux_x86_64`, and the attributes `audit` are about the wheel after it.
      sbom: whether the wheel gets a bill of materials, `sboms/NAME.cdx.json` in its dist-info directory, with the
        repositories that its files come from and the members that hold them: `True` or `"cyclonedx"` for CycloneDX
        1.6, `"spdx"` for SPDX 2.3 in `sboms/NAME.spdx.json`, or a list of both.
      **kwargs: attributes of the rule.
    """
    kwargs = sbom_attributes(name, sbom, kwargs, _SHARED)
    shared = {key: kwargs[key] for key in _SHARED if key in kwargs}
    tags = (kwargs.get("tags") or []) + ["manual"]
    _ml_wheel(
        name = name,
        **repaired_attributes(repair, kwargs)
    )
    wheel_dist(
        name = name + ".dist",
        out = dist_folder or name + "_dist",
        tags = tags,
        wheel = name,
        **shared
    )
    for group in ["editable", "sdist", "tree"]:
        _output_group(
            name = "{}.{}".format(name, group),
            group = group,
            tags = tags,
            target = name,
            **shared
        )
    if twine_binary:
        wheel_publish(
            name = name + ".publish",
            dist = name + ".dist",
            publish_args = publish_args,
            tags = tags,
            twine_binary = twine_binary,
            **shared
        )
