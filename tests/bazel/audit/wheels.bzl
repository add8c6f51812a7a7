"""Wheels of one extension module each."""

load("@wheelworks//bazel:defs.bzl", "ml_wheel")

def native_wheel(name, module = "native/_native.so", **kwargs):
    """An `ml_wheel` with a module compiled from `native.c`.

    Args:
      name: name of the target and of the distribution.
      module: the module.
      **kwargs: other attributes of `ml_wheel`.
    """
    ml_wheel(
        name = name,
        srcs = [module],
        distribution = name,
        python_tag = "cp312",
        strip_path_prefixes = ["audit/"],
        version = "1.0",
        **kwargs
    )

def forged_wheel(name, needed = ["libc.so.6"], versions = [], module = "_native.so", **kwargs):
    """An `ml_wheel` for aarch64 with a generated module, built without a compiler.

    Args:
      name: name of the target and of the distribution.
      needed: libraries that the module needs.
      versions: versions of symbols that it needs, `LIBRARY:VERSION:SYMBOL`.
      module: file name of the module.
      **kwargs: other attributes of `ml_wheel`.
    """
    library = "{}/{}".format(name, module)
    native.genrule(
        name = name + "_library",
        outs = [library],
        cmd = "python3 $(execpath //tools:forge_elf.py) $@ aarch64 {} {}".format(
            " ".join(needed),
            " ".join(["--version=" + version for version in versions]),
        ),
        tools = ["//tools:forge_elf.py"],
    )
    ml_wheel(
        name = name,
        srcs = [library],
        distribution = name,
        python_tag = "cp312",
        strip_path_prefixes = ["audit/"],
        version = "1.0",
        **kwargs
    )

def driver_wheel(name, **kwargs):
    """A `forged_wheel` that requires a library of NVIDIA's driver.

    Args:
      name: name of the target and of the distribution.
      **kwargs: other attributes of `ml_wheel`.
    """
    forged_wheel(
        name = name,
        needed = [
            "libc.so.6",
            "libcuda.so.1",
        ],
        platform = "manylinux_2_28_aarch64",
        versions = ["libc.so.6:GLIBC_2.17:malloc"],
        **kwargs
    )

def cuda_wheel(name, **kwargs):
    """A `forged_wheel` that leaves libcudart to another wheel, and libcuda to the driver.

    Args:
      name: name of the target and of the distribution.
      **kwargs: other attributes of `ml_wheel`.
    """
    forged_wheel(
        name = name,
        needed = [
            "libc.so.6",
            "libcuda.so.1",
            "libcudart.so.12",
        ],
        platform = "manylinux_2_28_aarch64",
        requires = ["nvidia-cuda-runtime-cu12"],
        versions = ["libc.so.6:GLIBC_2.17:malloc"],
        **kwargs
    )

def mac_wheel(name, cpus, needed = [], **kwargs):
    """An `ml_wheel` for macOS with a generated module, built without a compiler.

    Args:
      name: name of the target and of the distribution.
      cpus: the CPUs of the module, each with the oldest macOS: `arm64:11.0,x86_64:10.13`.
      needed: libraries that the module needs besides the system's.
      **kwargs: other attributes of `ml_wheel`.
    """
    library = name + "/_native.so"
    native.genrule(
        name = name + "_library",
        outs = [library],
        cmd = "python3 $(execpath //tools:forge_mach_o.py) $@ {} /usr/lib/libSystem.B.dylib {}".format(
            cpus,
            " ".join(needed),
        ),
        tools = ["//tools:forge_mach_o.py"],
    )
    ml_wheel(
        name = name,
        srcs = [library],
        distribution = name,
        python_tag = "cp312",
        strip_path_prefixes = ["audit/"],
        version = "1.0",
        **kwargs
    )
