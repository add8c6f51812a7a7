"""The toolchain rule, for a wheelworks binary that does not come from a repository rule.

    load("@wheelworks//bazel:toolchain.bzl", "wheelworks_toolchain")

    wheelworks_toolchain(
        name = "wheelworks",
        binary = "//third_party/wheelworks:binary",
    )

    toolchain(
        name = "toolchain",
        toolchain = ":wheelworks",
        toolchain_type = "@wheelworks//bazel:toolchain_type",
    )
"""

load("//bazel/private:toolchain.bzl", _WheelworksInfo = "WheelworksInfo", _wheelworks_toolchain = "wheelworks_toolchain")

wheelworks_toolchain = _wheelworks_toolchain
WheelworksInfo = _WheelworksInfo
