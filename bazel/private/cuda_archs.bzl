"""GPU architectures of device code: the build setting, and the options of nvcc that they become."""

load(":names.bzl", "fail_attribute")

_CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789"

# What code of an architecture is: machine code, or PTX that a driver compiles.
_KINDS = ["sm_", "compute_"]

CudaArchsInfo = provider(
    doc = "Value of the build setting `//bazel:cuda_archs`.",
    fields = {"archs": "List of strings: architectures such as `sm_90`; empty to use those of the CUDA toolchain."},
)

def _names(text):
    return [name.strip() for name in text.split(",") if name.strip()]

def _cuda_archs_flag_impl(ctx):
    archs = _names(ctx.build_setting_value)
    check_archs(str(ctx.label), archs)
    return CudaArchsInfo(archs = archs)

cuda_archs_flag = rule(
    implementation = _cuda_archs_flag_impl,
    doc = "Build setting: the architectures of each `cuda_library` without `archs`, separated by commas, such as `sm_90,compute_90`. Empty: those of the CUDA toolchain.",
    build_setting = config.string(flag = True),
)

def check_archs(attribute, archs):
    """Fails on a name that is no architecture.

    Args:
      attribute: name of the attribute.
      archs: list of names.
    """
    for arch in archs:
        kind, _, number = arch.partition("_")
        known = kind + "_" in _KINDS and number and number[0] in _DIGITS and not number.strip(_CHARACTERS)
        if not known:
            fail_attribute(attribute, arch, "is not an architecture", "write `sm_90` for machine code, `compute_90` for PTX")

def gencode_options(archs):
    """Returns the options of nvcc for a list of architectures.

    Args:
      archs: names such as `sm_90`, `sm_90a`, `compute_90`.

    Returns:
      A list of strings in the order of the names.
    """
    return [
        "-gencode=arch=compute_{},code={}".format(arch.partition("_")[2], arch)
        for arch in archs
    ]
