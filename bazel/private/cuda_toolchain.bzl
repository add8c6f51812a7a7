"""The CUDA toolchain: which nvcc compiles `cuda_library`, and what the result is linked with."""

load("@wheelworks_compat//:defs.bzl", "CC_INFO")
load(":cuda_archs.bzl", "check_archs")

# Bazel 4 accepts no `Label` here, and resolves a string without a repository in the consumer's own.
CUDA_TOOLCHAIN_TYPE = "@wheelworks//bazel:cuda_toolchain_type"

CudaToolchainInfo = provider(
    doc = "A CUDA compiler and the runtime library that its output needs.",
    fields = {
        "archs": "List of strings: default architectures of device code.",
        "copts": "List of strings: options of each call of nvcc.",
        "nvcc": "File: the compiler driver.",
        "runtime": "CcInfo: headers and library of the CUDA runtime.",
        "toolkit": "depset of Files: what nvcc reads and runs, nvcc included.",
        "version": "String: version of nvcc, or empty.",
    },
)

def _cuda_toolchain_impl(ctx):
    check_archs("archs", ctx.attr.archs)
    return platform_common.ToolchainInfo(
        cuda = CudaToolchainInfo(
            archs = ctx.attr.archs,
            copts = ctx.attr.copts,
            nvcc = ctx.executable.nvcc,
            runtime = ctx.attr.runtime[CC_INFO],
            toolkit = depset(
                [ctx.executable.nvcc],
                transitive = [target[DefaultInfo].files for target in ctx.attr.toolkit],
            ),
            version = ctx.attr.version,
        ),
    )

cuda_toolchain = rule(
    implementation = _cuda_toolchain_impl,
    doc = """Declares a CUDA compiler, for a `toolchain` of type `@wheelworks//bazel:cuda_toolchain_type`.

`cuda_wheels_toolchain` and the module extension `cuda` declare one by themselves. This rule is for a toolkit that comes
from elsewhere: an installation, or the repositories of rules_ml_toolchain.""",
    attrs = {
        "archs": attr.string_list(
            doc = "Architectures of each `cuda_library` without `archs`: `sm_90` for machine code, `compute_90` for PTX. Empty: the default of nvcc.",
        ),
        "copts": attr.string_list(
            doc = "Options of each call of nvcc, such as `--compress-mode=size`.",
        ),
        "nvcc": attr.label(
            doc = "The compiler driver.",
            mandatory = True,
            allow_single_file = True,
            executable = True,
            cfg = "exec",
        ),
        "runtime": attr.label(
            doc = "C++ library with the headers of the CUDA runtime and the library that kernels are linked with.",
            mandatory = True,
            providers = [CC_INFO],
        ),
        "toolkit": attr.label_list(
            doc = "The files that nvcc reads and runs: its profile, `cicc`, `cudafe++`, `ptxas`, `fatbinary`, `libdevice`, headers.",
            allow_files = True,
            cfg = "exec",
        ),
        "version": attr.string(
            doc = "Version of nvcc, such as `13.5.37`.",
        ),
    },
)
