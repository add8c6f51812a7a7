"""Public rules and providers of wheelworks.

    load("@wheelworks//bazel:defs.bzl", "ml_wheel")

The toolchain that they need is set up in MODULE.bazel (see `extensions.bzl`) or in WORKSPACE (see
`repositories.bzl`).
"""

load("//bazel/private:compliance_test.bzl", _verify_manylinux_compliance_test = "verify_manylinux_compliance_test")
load("//bazel/private:ml_wheel.bzl", _ml_wheel = "ml_wheel")
load("//bazel/private:providers.bzl", _MlWheelInfo = "MlWheelInfo", _WheelAuditInfo = "WheelAuditInfo")
load("//bazel/private:py_import.bzl", _py_import = "py_import")
load("//bazel/private:script_wheel.bzl", _script_wheel = "script_wheel")
load("//bazel/private:wheel_audit.bzl", _wheel_audit = "wheel_audit")
load("//bazel/private:wheel_install_test.bzl", _wheel_install_test = "wheel_install_test")

ml_wheel = _ml_wheel
py_import = _py_import
script_wheel = _script_wheel
verify_manylinux_compliance_test = _verify_manylinux_compliance_test
wheel_audit = _wheel_audit
wheel_install_test = _wheel_install_test

MlWheelInfo = _MlWheelInfo
WheelAuditInfo = _WheelAuditInfo
