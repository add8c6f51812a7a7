"""Public rules and providers of wheelworks.

    load("@wheelworks//bazel:defs.bzl", "ml_wheel")

The toolchain that they need is set up in MODULE.bazel (see `extensions.bzl`) or in WORKSPACE (see
`repositories.bzl`).
"""

load("//bazel/private:compliance_test.bzl", _verify_manylinux_compliance_test = "verify_manylinux_compliance_test")
load("//bazel/private:ml_wheel_macro.bzl", _ml_wheel = "ml_wheel")
load("//bazel/private:providers.bzl", _MlWheelInfo = "MlWheelInfo", _WheelAuditInfo = "WheelAuditInfo")
load("//bazel/private:wheel_audit.bzl", _wheel_audit = "wheel_audit")
load("//bazel/private:wheel_dist.bzl", _deploy_wheel = "deploy_wheel", _wheel_dist = "wheel_dist")

deploy_wheel = _deploy_wheel
ml_wheel = _ml_wheel
verify_manylinux_compliance_test = _verify_manylinux_compliance_test
wheel_audit = _wheel_audit
wheel_dist = _wheel_dist

MlWheelInfo = _MlWheelInfo
WheelAuditInfo = _WheelAuditInfo
