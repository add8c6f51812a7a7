"""A CUDA toolchain made of wheels, in a MODULE.bazel file.

    cuda = use_extension("@wheelworks//bazel:cuda_extensions.bzl", "cuda")
    cuda.wheels(
        name = "cuda",
        wheels = {"nvidia-cuda-nvcc==13.5.37": "f5c4…", …},
    )
    use_repo(cuda, "cuda", "cuda_toolchains")

    register_toolchains("@cuda_toolchains//:all")

This file requires a release of Bazel with modules.
"""

load(
    "//bazel/private:cuda_repositories.bzl",
    "CUDA_WHEELS_ATTRS",
    "cuda_toolchains_repository",
    "cuda_wheels_repository",
)

def _cuda_impl(module_ctx):
    machines = {}
    for module in module_ctx.modules:
        for tag in module.tags.wheels:
            if not module.is_root:
                continue
            if tag.name in machines:
                fail("two tags `cuda.wheels` have the name `{}`\n  hint: rename one".format(tag.name))
            machines[tag.name] = tag.machine
            cuda_wheels_repository(
                name = tag.name,
                archs = tag.archs,
                copts = tag.copts,
                machine = tag.machine,
                python_interpreter = tag.python_interpreter,
                python_interpreter_target = tag.python_interpreter_target,
                static_runtime = tag.static_runtime,
                timeout = tag.timeout,
                urls = tag.urls,
                wheels = tag.wheels,
            )
    cuda_toolchains_repository(
        name = "cuda_toolchains",
        machines = machines,
    )

    # The repositories follow from the tags alone, so MODULE.bazel.lock need not list them. Bazel 7.0 has neither
    # `watch` nor the parameter.
    return module_ctx.extension_metadata(reproducible = True) if hasattr(module_ctx, "watch") else None

_wheels = tag_class(
    doc = """A CUDA compiler made of wheels from PyPI. The first kernel triggers the download.

The repository has the targets `cudart`, `cudart_static` and `headers` for C++ targets, the tools as files, and a Python
library for each wheel, such as `nvidia_cuda_runtime`, for `wheel_deps` of `py_import`.""",
    attrs = dict(
        CUDA_WHEELS_ATTRS,
        name = attr.string(
            doc = "Name of the repository.",
            mandatory = True,
        ),
    ),
)

cuda = module_extension(
    implementation = _cuda_impl,
    doc = "CUDA toolchains. Only tags of the root module have an effect; it registers `@cuda_toolchains//:all`.",
    tag_classes = {"wheels": _wheels},
)
