"""Tests of name normalization that run while this package loads."""

# These files are private. The test is outside their package because it needs a workspace.
# buildifier: disable=bzl-visibility
load("@wheelworks//bazel/private:audit.bzl", "promises_something")

# buildifier: disable=bzl-visibility
load(
    "@wheelworks//bazel/private:names.bzl",
    "check_build_tag",
    "normalize_distribution",
    "normalize_tags",
    "normalize_version",
    "wheel_filename",
)

# buildifier: disable=bzl-visibility
load("@wheelworks//bazel/private:stamp.bzl", "unstamped")

# buildifier: disable=bzl-visibility
load("@wheelworks//bazel/private:tags.bzl", "are_selectable", "is_known_tag", "tag_hint")
load(
    ":tag_table.bzl",
    "KNOWN_ABI_TAGS",
    "KNOWN_COMBINATIONS",
    "KNOWN_PLATFORM_TAGS",
    "KNOWN_PYTHON_TAGS",
    "UNKNOWN_ABI_TAGS",
    "UNKNOWN_COMBINATIONS",
    "UNKNOWN_PLATFORM_TAGS",
    "UNKNOWN_PYTHON_TAGS",
)

_VERSIONS = {
    " 1.0 ": "1.0",
    "0!1.0": "1.0",
    "1": "1",
    "1!2.0": "1!2.0",
    "1.0+CU12-01_x": "1.0+cu12.1.x",
    "1.0+cu118": "1.0+cu118",
    "1.0-1": "1.0.post1",
    "1.0-1.dev2": "1.0.post1.dev2",
    "1.0-ALPHA_02": "1.0a2",
    "1.0.0": "1.0.0",
    "1.0.Rev-3": "1.0.post3",
    "1.0.dev": "1.0.dev0",
    "1.0.post": "1.0.post0",
    "1.0a.dev1": "1.0a0.dev1",
    "1.0b2.post345.dev456": "1.0b2.post345.dev456",
    "1.0beta": "1.0b0",
    "1.0c1": "1.0rc1",
    "1.0pre1": "1.0rc1",
    "1.0preview-1": "1.0rc1",
    "1.0r4": "1.0.post4",
    "1.2.dev20260131235959": "1.2.dev20260131235959",
    "2026.01.09": "2026.1.9",
    "v1.02-RC.3": "1.2rc3",
}

_DISTRIBUTIONS = {
    "A": "a",
    "Pure.Example": "pure_example",
    "a--b__c..d": "a_b_c_d",
    "jax-cuda12-pjrt": "jax_cuda12_pjrt",
    "zope.interface": "zope_interface",
}

_TAGS = {
    "any": "any",
    "manylinux_2_17_x86_64.manylinux2014_x86_64": "manylinux2014_x86_64.manylinux_2_17_x86_64",
    "py3.py2.py3": "py2.py3",
}

_KNOWN_TAGS = {
    "abi": KNOWN_ABI_TAGS,
    "platform": KNOWN_PLATFORM_TAGS,
    "python_tag": KNOWN_PYTHON_TAGS,
}

_UNKNOWN_TAGS = {
    "abi": UNKNOWN_ABI_TAGS,
    "platform": UNKNOWN_PLATFORM_TAGS,
    "python_tag": UNKNOWN_PYTHON_TAGS,
}

_PROMISES = {
    "android_24_arm64_v8a": True,
    "any": False,
    "ios_13_0_arm64_iphoneos": True,
    "linux_x86_64": False,
    "linux_x86_64.manylinux_2_28_x86_64": True,
    "macosx_11_0_arm64": True,
    "manylinux1_i686": True,
    "manylinux_2_28_aarch64": True,
    "musllinux_1_2_x86_64": True,
    "win32": True,
    "win_amd64": True,
}

# Inputs with the normalized version and name. The binary has the same table.
_STAMPS = {
    "1.0": ("1.0", "1.0"),
    "1.0.dev{A}": ("1.0.dev0", "1.0.deva"),
    "{A": ("{A", "{A"),
    "{A}-{B_2}{A}": ("0-00", "a-b_2a"),
    "{}{ A}{{A}": ("{}{ A}{0", "{}{ A}{a"),
}

def _expect(actual, expected):
    if actual != expected:
        fail("expected `{}`, got `{}`".format(expected, actual))

def _tags_test():
    for expected, tags in [(True, _KNOWN_TAGS), (False, _UNKNOWN_TAGS)]:
        for attribute in tags:
            for tag in tags[attribute]:
                _expect((tag, is_known_tag(attribute, tag)), (tag, expected))
    for expected, combinations in [(True, KNOWN_COMBINATIONS), (False, UNKNOWN_COMBINATIONS)]:
        for combination in combinations:
            _expect((combination, are_selectable(*combination.split("-"))), (combination, expected))
    _expect(tag_hint("platform", "manylinux_2_28_amd64"), "write `manylinux_2_28_x86_64`")
    _expect(tag_hint("python_tag", "python3"), "write `py3`")

def names_test():
    """Fails if a normalized name is wrong."""
    for version, expected in _VERSIONS.items():
        _expect(normalize_version(version), expected)
    for distribution, expected in _DISTRIBUTIONS.items():
        _expect(normalize_distribution(distribution), expected)
    for tags, expected in _TAGS.items():
        _expect(normalize_tags("platform", tags), expected)
    for platform, expected in _PROMISES.items():
        _expect(promises_something(platform), expected)
    for text, expected in _STAMPS.items():
        _expect((unstamped(text), unstamped(text, named = True)), expected)
    _tags_test()
    _expect(check_build_tag("1_local.2"), "1_local.2")
    _expect(
        wheel_filename("a", "1.0", "2", "cp312", "abi3", "any"),
        "a-1.0-2-cp312-abi3-any.whl",
    )
    _expect(
        wheel_filename("a", "1.0", "", "py3", "none", "any"),
        "a-1.0-py3-none-any.whl",
    )
