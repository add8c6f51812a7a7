"""Where the released binaries are, and which platforms run them."""

load(":integrity.bzl", "SHA256")
load(":version.bzl", "VERSION")

# `{version}` is that of the rules.
DEFAULT_BASE_URLS = ["https://github.com/wheelworks/wheelworks/releases/download/v{version}"]

# Constraints on the platform that runs a binary, by Rust target. The labels work in WORKSPACE and in modules.
_CONSTRAINTS = {
    "aarch64-unknown-linux-gnu": ["@platforms//os:linux", "@platforms//cpu:aarch64"],
    "x86_64-unknown-linux-gnu": ["@platforms//os:linux", "@platforms//cpu:x86_64"],
}

def prebuilt_binaries(base_urls):
    """Returns the binaries that a release has for these rules: none in a checkout.

    Args:
      base_urls: directories with the archives of a release, tried in this order; `{version}` stands for the version.

    Returns:
      A list of structs: `name` of the repository, `urls`, `sha256` and `strip_prefix` of the archive, and
      `exec_compatible_with`.
    """
    return [
        struct(
            exec_compatible_with = _CONSTRAINTS[target],
            # Bazel tries toolchains in the order of their names: this one comes before `wheelworks_cargo`.
            name = "wheelworks_binary_" + target.replace("-", "_"),
            sha256 = SHA256[target],
            strip_prefix = "wheelworks-{}-{}".format(VERSION, target),
            urls = [
                "{}/wheelworks-{}-{}.tar.gz".format(url.replace("{version}", VERSION), VERSION, target)
                for url in base_urls
            ],
        )
        for target in sorted(SHA256)
    ]
