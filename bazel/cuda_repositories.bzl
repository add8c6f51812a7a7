"""A CUDA toolchain made of wheels, in a WORKSPACE file.

    load("@wheelworks//bazel:cuda_repositories.bzl", "cuda_wheels_toolchain")

    cuda_wheels_toolchain(
        name = "cuda",
        wheels = {"nvidia-cuda-nvcc==13.5.37": "f5c4…", …},
    )

With modules, see `cuda_extensions.bzl`.
"""

load(
    "//bazel/private:cuda_repositories.bzl",
    _cuda_toolchains_repository = "cuda_toolchains_repository",
    _cuda_wheels_repository = "cuda_wheels_repository",
)

def cuda_wheels_toolchain(name, wheels, machine = "x86_64", **kwargs):
    """Registers a CUDA compiler made of wheels from PyPI. The first kernel triggers the download.

    The repository has the targets `cudart`, `cudart_static` and `headers` for C++ targets, the tools as files, and a
    Python library for each wheel, such as `nvidia_cuda_runtime`, for `wheel_deps` of `py_import` and `ml_wheel`. It
    needs the repositories `rules_cc` and `rules_python`.

    Args:
      name: name of the repository.
      wheels: the SHA-256 of each wheel, by `NAME==VERSION`.
      machine: the machine that nvcc runs on and compiles for: `x86_64` or `aarch64`.
      **kwargs: other attributes of the rule.
    """
    _cuda_wheels_repository(
        name = name,
        machine = machine,
        wheels = wheels,
        **kwargs
    )
    _cuda_toolchains_repository(
        name = name + "_toolchains",
        machines = {name: machine},
    )
    native.register_toolchains("@{}_toolchains//:all".format(name))
