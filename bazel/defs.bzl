"""Public rules and providers of wheelworks.

    load("@wheelworks//bazel:defs.bzl", "ml_wheel")

MODULE.bazel (see `extensions.bzl`) or WORKSPACE (see `repositories.bzl`) sets up the toolchain.
"""

load("//bazel/private:compare_srcs_test.bzl", _compare_srcs_and_test_deps_test = "compare_srcs_and_test_deps_test")
load("//bazel/private:compliance_test.bzl", _verify_manylinux_compliance_test = "verify_manylinux_compliance_test")
load("//bazel/private:data_files.bzl", _collect_data_files = "collect_data_files", _transitive_py_deps = "transitive_py_deps")
load("//bazel/private:device_code.bzl", _wheel_device_code_test = "wheel_device_code_test")
load("//bazel/private:headers.bzl", _transitive_hdrs = "transitive_hdrs")
load("//bazel/private:local_wheel_smoke_test.bzl", _local_wheel_smoke_test = "local_wheel_smoke_test")
load("//bazel/private:macos_compliance_test.bzl", _verify_macos_compliance_test = "verify_macos_compliance_test")
load("//bazel/private:ml_wheel_macro.bzl", _ml_wheel = "ml_wheel")
load("//bazel/private:providers.bzl", _MlWheelInfo = "MlWheelInfo", _WheelAuditInfo = "WheelAuditInfo", _WheelSourcesInfo = "WheelSourcesInfo")
load("//bazel/private:py_import.bzl", _py_import = "py_import")
load("//bazel/private:script_wheel_macro.bzl", _script_wheel = "script_wheel")
load("//bazel/private:wheel_audit.bzl", _wheel_audit = "wheel_audit")
load("//bazel/private:wheel_budget_test.bzl", _wheel_budget_test = "wheel_budget_test")
load("//bazel/private:wheel_check.bzl", _wheel_check = "wheel_check", _wheel_check_test = "wheel_check_test", _wheel_size_test = "wheel_size_test")
load("//bazel/private:wheel_closure.bzl", _wheel_closure_test = "wheel_closure_test")
load("//bazel/private:wheel_dist.bzl", _deploy_wheel = "deploy_wheel", _wheel_dist = "wheel_dist")
load("//bazel/private:wheel_install_test.bzl", _wheel_install_test = "wheel_install_test")
load("//bazel/private:wheel_repair.bzl", _wheel_repair = "wheel_repair")
load("//bazel/private:wheel_slim.bzl", _wheel_slim = "wheel_slim")
load("//bazel/private:wheel_sources.bzl", _wheel_sources = "wheel_sources")
load("//bazel/private:wheel_split.bzl", _wheel_split = "wheel_split")
load(
    ":versions.bzl",
    _jax_python_wheel_repository = "jax_python_wheel_repository",
    _nvidia_wheel_versions_repository = "nvidia_wheel_versions_repository",
    _python_wheel_version_repository = "python_wheel_version_repository",
    _python_wheel_version_suffix_repository = "python_wheel_version_suffix_repository",
)

# The sources of a wheel.
collect_data_files = _collect_data_files
transitive_hdrs = _transitive_hdrs
transitive_py_deps = _transitive_py_deps
wheel_sources = _wheel_sources

# Wheels, and tests of them.
compare_srcs_and_test_deps_test = _compare_srcs_and_test_deps_test
deploy_wheel = _deploy_wheel
local_wheel_smoke_test = _local_wheel_smoke_test
ml_wheel = _ml_wheel
py_import = _py_import
script_wheel = _script_wheel
verify_macos_compliance_test = _verify_macos_compliance_test
verify_manylinux_compliance_test = _verify_manylinux_compliance_test
wheel_audit = _wheel_audit
wheel_budget_test = _wheel_budget_test
wheel_check = _wheel_check
wheel_check_test = _wheel_check_test
wheel_closure_test = _wheel_closure_test
wheel_device_code_test = _wheel_device_code_test
wheel_dist = _wheel_dist
wheel_install_test = _wheel_install_test
wheel_repair = _wheel_repair
wheel_size_test = _wheel_size_test
wheel_slim = _wheel_slim
wheel_split = _wheel_split

# Repository rules, also in `versions.bzl`, which a WORKSPACE can load before anything else.
jax_python_wheel_repository = _jax_python_wheel_repository
nvidia_wheel_versions_repository = _nvidia_wheel_versions_repository
python_wheel_version_repository = _python_wheel_version_repository
python_wheel_version_suffix_repository = _python_wheel_version_suffix_repository

MlWheelInfo = _MlWheelInfo
WheelAuditInfo = _WheelAuditInfo
WheelSourcesInfo = _WheelSourcesInfo
