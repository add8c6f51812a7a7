"""Rules for device code, for projects that have no CUDA rules yet.

    load("@wheelworks//bazel:cuda.bzl", "cuda_library")

`cuda_repositories.bzl` (WORKSPACE) or `cuda_extensions.bzl` (modules) sets up a CUDA toolchain. A project with
rules_ml_toolchain or rules_cuda keeps those: the rules of `defs.bzl` take wheels with device code of any origin.
"""

load("//bazel/private:cuda_library.bzl", _cuda_library = "cuda_library")
load("//bazel/private:cuda_toolchain.bzl", _CudaToolchainInfo = "CudaToolchainInfo", _cuda_toolchain = "cuda_toolchain")

cuda_library = _cuda_library
cuda_toolchain = _cuda_toolchain
CudaToolchainInfo = _CudaToolchainInfo
