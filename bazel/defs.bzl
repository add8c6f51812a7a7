"""Public rules and providers of wheelworks.

    load("@wheelworks//bazel:defs.bzl", "ml_wheel")

The toolchain that they need is set up in MODULE.bazel (see `extensions.bzl`) or in WORKSPACE (see
`repositories.bzl`).
"""

load("//bazel/private:ml_wheel.bzl", _ml_wheel = "ml_wheel")
load("//bazel/private:providers.bzl", _MlWheelInfo = "MlWheelInfo")

ml_wheel = _ml_wheel
MlWheelInfo = _MlWheelInfo
