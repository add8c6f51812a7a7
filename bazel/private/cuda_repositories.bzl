"""Repository rules: a CUDA toolkit made of wheels, and the toolchains that use it.

This file must not load the compatibility repository: in WORKSPACE, these rules can precede it.
"""

# The files without which nothing compiles, and the wheel that each is in.
_TOOLS = {
    "bin/cudafe++": "nvidia-cuda-nvcc",
    "bin/nvcc": "nvidia-cuda-nvcc",
    "include/cuda_runtime.h": "nvidia-cuda-runtime",
    "nvvm/bin/cicc": "nvidia-nvvm",
}

# Platform tags of the wheels, from the most to the least portable: pip must be told each of them.
_GLIBC = [5, 12, 17, 24, 26, 27, 28, 31, 34, 35, 39]
_OLD_NAMES = ["manylinux1", "manylinux2010", "manylinux2014"]

_BUILD = """\
load("@rules_cc//cc:defs.bzl", "cc_import", "cc_library")
load("@rules_python//python:defs.bzl", "py_library")
load("@wheelworks//bazel:cuda.bzl", "cuda_toolchain")

package(default_visibility = ["//visibility:public"])

exports_files(glob(["toolkit/bin/*"]))

# What nvcc reads and runs.
filegroup(
    name = "toolkit",
    srcs = glob(["toolkit/bin/**", "toolkit/include/**", "toolkit/nvvm/**"]),
)

cc_library(
    name = "headers",
    hdrs = glob(["toolkit/include/**"]),
    includes = ["toolkit/include"],
)

cc_import(
    name = "libcudart",
    shared_library = glob(["toolkit/lib/libcudart.so.*"])[0],
)

cc_library(
    name = "cudart",
    deps = [":headers", ":libcudart"],
)

cc_library(
    name = "cudart_static",
    srcs = ["toolkit/lib/libcudart_static.a"],
    linkopts = ["-ldl", "-lpthread", "-lrt"],
    deps = [":headers"],
)

cuda_toolchain(
    name = "cuda_toolchain",
    archs = {archs},
    copts = {copts},
    nvcc = "toolkit/bin/nvcc",
    runtime = ":{runtime}",
    toolkit = [":toolkit"],
    version = "{version}",
)
"""

# Wheels of 122 MB, which no other wheel requires.
_COMPILERS = ["nvidia_cuda_nvcc", "nvidia_nvvm"]

# One wheel as pip installs it, for `wheel_deps`.
_WHEEL_BUILD = """
py_library(
    name = "{name}",
    data = {files},
    imports = ["{name}/site-packages"],
)
"""

# The wheel itself, for tests of a closure.
_WHEEL_FILE_BUILD = """
filegroup(
    name = "{name}_whl",
    srcs = ["{wheel}"],
)
"""

_TOOLCHAIN_BUILD = """\
toolchain(
    name = "{name}",
    exec_compatible_with = {exec_compatible_with},
    target_compatible_with = {target_compatible_with},
    toolchain = "@{name}//:cuda_toolchain",
    toolchain_type = "@wheelworks//bazel:cuda_toolchain_type",
    visibility = ["//visibility:public"],
)
"""

def _python(repository_ctx):
    """Returns the path of the interpreter that runs pip."""
    attr = repository_ctx.attr
    if attr.python_interpreter_target:
        return repository_ctx.path(attr.python_interpreter_target)
    found = repository_ctx.which(attr.python_interpreter)
    if not found:
        fail("attribute `python_interpreter`: no `{}` on `PATH`\n  hint: name a Python that has pip".format(attr.python_interpreter))
    return found

def _platform_options(machine):
    """Returns the options of pip for wheels of one machine, and for wheels of any."""
    tags = ["{}_{}".format(name, machine) for name in _OLD_NAMES]
    tags += ["manylinux_2_{}_{}".format(minor, machine) for minor in _GLIBC] + ["any"]
    return ["--platform=" + tag for tag in tags]

def _download(repository_ctx):
    """Downloads the wheels into `wheels/`."""
    attr = repository_ctx.attr
    lines = []
    for wheel, sha256 in attr.wheels.items():
        if "==" not in wheel or len(sha256) != 64:
            fail("attribute `wheels`: `{}: {}` does not pin a wheel\n  hint: write `NAME==VERSION` and the SHA-256 of the file".format(wheel, sha256))
        if wheel not in attr.urls:
            lines.append("{} --hash=sha256:{}\n".format(wheel, sha256))
    for wheel, urls in attr.urls.items():
        if wheel not in attr.wheels:
            fail("attribute `urls`: `{}` is not in `wheels`\n  hint: add it with its SHA-256".format(wheel))
        repository_ctx.download(urls, "wheels/" + urls[0].rpartition("/")[2], attr.wheels[wheel])
    if not lines:
        return
    repository_ctx.file("requirements.txt", "".join(lines))
    command = [_python(repository_ctx), "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", "--require-hashes", "--requirement=requirements.txt", "--dest=wheels"]
    command += ["--implementation=cp", "--python-version=312", "--abi=none"]
    command += _platform_options(attr.machine)
    repository_ctx.report_progress("Downloading {} wheels".format(len(lines)))
    result = repository_ctx.execute(command, timeout = attr.timeout)
    if result.return_code:
        fail("attribute `wheels`: pip exited with {}:\n{}{}\n  hint: compare versions and hashes with those of the index".format(
            result.return_code,
            result.stdout,
            result.stderr,
        ))

def _installed_files(repository_ctx, name, dist_info):
    """Returns the libraries of a wheel and its metadata: what a test of another wheel needs."""
    root = name + "/site-packages/"
    record = repository_ctx.read(root + dist_info + "/RECORD")
    paths = [line.rpartition(",")[0].rpartition(",")[0] for line in record.splitlines()]
    return sorted([
        root + path
        for path in paths
        if ".so" in path.rpartition("/")[2] or path.rpartition("/")[0] == dist_info
    ])

def _extract(repository_ctx):
    """Unpacks each wheel as pip installs it. Returns the dist-info directories and the wheels by normalized names."""
    dist_infos, wheels = {}, {}
    for wheel in repository_ctx.path("wheels").readdir():
        if not wheel.basename.endswith(".whl"):
            continue
        name = wheel.basename.partition("-")[0]

        # Bazel knows an archive by its extension.
        repository_ctx.symlink(wheel, "wheel.zip")
        repository_ctx.extract("wheel.zip", name + "/site-packages")
        repository_ctx.delete("wheel.zip")
        for entry in repository_ctx.path(name + "/site-packages").readdir():
            if entry.basename.endswith(".dist-info"):
                dist_infos[name] = entry.basename
        if name in _COMPILERS:
            repository_ctx.delete(wheel)
        else:
            wheels[name] = "wheels/" + wheel.basename
    return dist_infos, wheels

def _run(repository_ctx, command):
    result = repository_ctx.execute(command)
    if result.return_code:
        fail("{} exited with {}: {}".format(command[0], result.return_code, result.stderr))

def _link_toolkit(repository_ctx, names):
    """Links the files of all wheels into one directory, in which nvcc finds the other programs and the headers."""
    _run(repository_ctx, ["mkdir", "-p", "toolkit"])
    for name in names:
        for entry in repository_ctx.path(name + "/site-packages/nvidia").readdir():
            if not entry.basename.endswith(".py"):
                _run(repository_ctx, ["cp", "-R", "--link", str(entry) + "/.", "toolkit"])
    for tool, wheel in _TOOLS.items():
        if not repository_ctx.path("toolkit/" + tool).exists:
            fail("attribute `wheels`: no wheel has `{}`\n  hint: add `{}`, of one CUDA release with the others; wheels of CUDA 12 and earlier have no compiler".format(tool, wheel))

    # Wheels set no permissions, and pip does not either.
    _run(repository_ctx, ["chmod", "-R", "a+rx", "toolkit/bin", "toolkit/nvvm/bin"])

def _cuda_wheels_repository_impl(repository_ctx):
    _download(repository_ctx)
    dist_infos, wheels = _extract(repository_ctx)
    _link_toolkit(repository_ctx, sorted(dist_infos))
    versions = [wheel.partition("==")[2] for wheel in repository_ctx.attr.wheels if wheel.startswith("nvidia-cuda-nvcc")]
    build = _BUILD.format(
        archs = repr(repository_ctx.attr.archs),
        copts = repr(repository_ctx.attr.copts),
        runtime = "cudart_static" if repository_ctx.attr.static_runtime else "cudart",
        version = versions[0] if versions else "",
    )
    for name in sorted(dist_infos):
        files = _installed_files(repository_ctx, name, dist_infos[name])
        build += _WHEEL_BUILD.format(files = repr(files), name = name)
        if name in wheels:
            build += _WHEEL_FILE_BUILD.format(name = name, wheel = wheels[name])
    repository_ctx.file("BUILD.bazel", build)

# Attributes of the repository, and of the tag of the module extension.
CUDA_WHEELS_ATTRS = {
    "archs": attr.string_list(
        doc = "Architectures of each `cuda_library` without `archs`.",
    ),
    "copts": attr.string_list(
        doc = "Options of each call of nvcc.",
    ),
    "machine": attr.string(
        doc = "The machine that nvcc runs on and compiles for.",
        default = "x86_64",
        values = ["aarch64", "x86_64"],
    ),
    "python_interpreter": attr.string(
        doc = "Name on `PATH`, or absolute path, of a Python with pip 20.3 or later.",
        default = "python3",
    ),
    "python_interpreter_target": attr.label(
        doc = "The same as a file of another repository; it goes before `python_interpreter`.",
        allow_single_file = True,
    ),
    "static_runtime": attr.bool(
        doc = "Whether libraries contain the CUDA runtime, and so do not need the wheel `nvidia-cuda-runtime`.",
    ),
    "timeout": attr.int(
        doc = "Timeout of the download in seconds.",
        default = 1800,
    ),
    "urls": attr.string_list_dict(
        doc = "URLs of wheels, by `NAME==VERSION`. Bazel downloads these, and keeps them in its repository cache; pip downloads the others, from the index of its own configuration.",
    ),
    "wheels": attr.string_dict(
        doc = "The SHA-256 of each wheel, by `NAME==VERSION`. `nvidia-cuda-nvcc`, `nvidia-cuda-crt`, `nvidia-nvvm` and `nvidia-cuda-runtime` make a compiler; `nvidia-cuda-cccl`, `nvidia-cuda-cuobjdump` and others may be added.",
        mandatory = True,
    ),
}

cuda_wheels_repository = repository_rule(
    implementation = _cuda_wheels_repository_impl,
    doc = "A CUDA toolkit made of wheels.",
    attrs = CUDA_WHEELS_ATTRS,
    environ = ["PATH", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_NO_INDEX"],
)

# Constraints of the machine, for execution and target alike: nvcc compiles for its own host.
_CONSTRAINTS = {
    "aarch64": ["@platforms//os:linux", "@platforms//cpu:aarch64"],
    "x86_64": ["@platforms//os:linux", "@platforms//cpu:x86_64"],
}

def _cuda_toolchains_repository_impl(repository_ctx):
    repository_ctx.file("BUILD.bazel", "\n".join([
        _TOOLCHAIN_BUILD.format(
            name = name,
            exec_compatible_with = repr(_CONSTRAINTS[machine]),
            target_compatible_with = repr(_CONSTRAINTS[machine]),
        )
        for name, machine in sorted(repository_ctx.attr.machines.items())
    ]))

cuda_toolchains_repository = repository_rule(
    implementation = _cuda_toolchains_repository_impl,
    doc = """Declares toolchains separately from their wheels.

Bazel loads every registered toolchain in every build. So a build without a kernel downloads no compiler.""",
    attrs = {
        "machines": attr.string_dict(
            doc = "The machines of toolchains, by name of the repository with the toolkit.",
            mandatory = True,
        ),
    },
)
