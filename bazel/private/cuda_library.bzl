"""`cuda_library`: a C++ library with device code.

nvcc runs the compiler of the C++ toolchain for the host's part, with that toolchain's options. Bazel links the objects
as it links those of a `cc_library`.
"""

load("@wheelworks_compat//:cc_toolchain.bzl", "CC_COMMON", "CC_TOOLCHAIN_ATTRS", "CC_TOOLCHAIN_TYPES", "find_cc_toolchain")
load("@wheelworks_compat//:defs.bzl", "CC_INFO")
load(":cuda_archs.bzl", "CudaArchsInfo", "check_archs", "gencode_options")
load(":cuda_toolchain.bzl", "CUDA_TOOLCHAIN_TYPE")
load(":names.bzl", "fail_attribute")

_COMPILE_CPP = "c++-compile"
_SOURCES = [".cu", ".cu.cc"]
_HEADERS = [".cuh", ".h", ".hh", ".hpp", ".inc"]

# Two options of nvcc 13.5 make objects independent of the machine. Without `--keep`, the object names a temporary file
# of a random name. cudafe++ hashes the absolute path of the source into the symbols of an unnamed namespace, unless it
# is told another path; nvcc has no option of its own for that.
_COMPILE = """\
set -e
keep=$1
shift
mkdir -p "$keep"
status=0
"$@" --keep --keep-dir="$keep" || status=$?
rm -rf "$keep"
exit $status
"""

def _is_for_host(flag):
    """Returns whether an option of the C++ toolchain is passed to the host compiler.

    nvcc splits at commas and gets the language standard itself. Options for warnings are left out: its own
    generated code causes warnings. `__DATE__` and its like are redacted with quotes that nvcc does not keep.
    """
    if "," in flag or "\"" in flag or flag.startswith("-std=") or flag == "-c":
        return False
    return not flag.startswith("-W")

def _host_options(ctx, cc_toolchain, feature_configuration):
    """Returns the options of the C++ toolchain for the host compiler."""
    variables = CC_COMMON.create_compile_variables(
        cc_toolchain = cc_toolchain,
        feature_configuration = feature_configuration,
        use_pic = True,
        user_compile_flags = ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts,
    )
    flags = CC_COMMON.get_memory_inefficient_command_line(
        action_name = _COMPILE_CPP,
        feature_configuration = feature_configuration,
        variables = variables,
    )
    return [flag for flag in flags if _is_for_host(flag)]

def _archs(ctx, toolchain):
    check_archs("archs", ctx.attr.archs)
    return ctx.attr.archs or ctx.attr._cuda_archs[CudaArchsInfo].archs or toolchain.archs

def _own_context(ctx):
    """Returns the compilation context of the target without its dependencies."""
    package = "/".join([part for part in [ctx.label.workspace_root, ctx.label.package] if part])
    includes = []
    for directory in ctx.attr.includes:
        if directory.startswith("/") or ".." in directory.split("/"):
            fail_attribute("includes", directory, "leaves the package", "write a directory of the package")
        path = "/".join([part for part in [package, directory] if part and part != "."]) or "."
        includes += [path, ctx.bin_dir.path + "/" + path]
    root = ctx.label.workspace_root
    return CC_COMMON.create_compilation_context(
        defines = depset(ctx.attr.defines),
        headers = depset(ctx.files.hdrs),
        # The directories that `cc_library` adds: paths from the root of the repository.
        quote_includes = depset([root or ".", ctx.bin_dir.path + ("/" + root if root else "")]),
        system_includes = depset(includes),
    )

def _object_name(ctx, source, taken):
    """Returns the path of an object; those of sources with one name in several directories are numbered."""
    stem = source.basename.rpartition(".cu")[0]
    taken[stem] = taken.get(stem, -1) + 1
    number = "{}/".format(taken[stem]) if taken[stem] else ""
    return "_objs/{}/{}{}.pic.o".format(ctx.label.name, number, stem)

def _arguments(ctx, toolchain, context, host_options):
    """Returns the arguments that all sources of the target share."""
    arguments = ctx.actions.args()
    arguments.add_all(gencode_options(_archs(ctx, toolchain)))
    arguments.add("-x=cu")
    arguments.add_all(toolchain.copts)
    arguments.add_all(host_options, format_each = "-Xcompiler=%s")
    arguments.add("-Xcompiler=-fPIC")
    arguments.add_all(context.defines, format_each = "-D%s")
    arguments.add_all(ctx.attr.local_defines, format_each = "-D%s")
    arguments.add_all(context.quote_includes, format_each = "-Xcompiler=-iquote%s")
    arguments.add_all(context.includes, format_each = "-I%s")
    arguments.add_all(context.system_includes, format_each = "-isystem=%s")
    arguments.add_all(ctx.attr.copts)
    return arguments

def _compile(ctx, toolchain, context):
    """Registers one action for each source. Returns the objects, and what linking needs."""
    cc_toolchain = find_cc_toolchain(ctx)
    feature_configuration = CC_COMMON.configure_features(
        cc_toolchain = cc_toolchain,
        ctx = ctx,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    compiler = CC_COMMON.get_tool_for_action(
        action_name = _COMPILE_CPP,
        feature_configuration = feature_configuration,
    )
    shared = _arguments(ctx, toolchain, context, _host_options(ctx, cc_toolchain, feature_configuration))
    private_headers = [file for file in ctx.files.srcs if not _is_source(file)]
    taken = {}
    objects = []
    for source in ctx.files.srcs:
        if not _is_source(source):
            continue
        output = ctx.actions.declare_file(_object_name(ctx, source, taken))
        first = ctx.actions.args()
        first.add(output, format = "%s.keep")
        first.add(toolchain.nvcc)
        first.add(compiler, format = "-ccbin=%s")
        last = ctx.actions.args()
        last.add("-c")
        last.add(source, format = "-Xcudafe=--orig_src_path_name=%s")
        last.add(source)
        last.add("-o", output)
        ctx.actions.run_shell(
            mnemonic = "CudaCompile",
            command = _COMPILE,
            arguments = [first, shared, last],
            inputs = depset([source] + private_headers, transitive = [context.headers, cc_toolchain.all_files]),
            tools = toolchain.toolkit,
            outputs = [output],
            progress_message = "Compiling CUDA source " + source.short_path,
            # Where `sh` and what the host compiler calls are, unless `--action_env` or the C++ toolchain names others.
            env = dict({"PATH": "/usr/local/bin:/usr/bin:/bin"}, **ctx.configuration.default_shell_env),
        )
        objects.append(output)
    return objects, cc_toolchain, feature_configuration

def _is_source(file):
    return file.basename.endswith(".cu") or file.basename.endswith(".cu.cc")

def _cuda_library_impl(ctx):
    toolchain = ctx.toolchains[CUDA_TOOLCHAIN_TYPE].cuda
    dependencies = CC_COMMON.merge_cc_infos(
        cc_infos = [dep[CC_INFO] for dep in ctx.attr.deps] + [toolchain.runtime],
    )
    own = CC_INFO(compilation_context = _own_context(ctx))
    merged = CC_COMMON.merge_cc_infos(cc_infos = [own, dependencies])
    objects, cc_toolchain, feature_configuration = _compile(ctx, toolchain, merged.compilation_context)
    linking_context, outputs = CC_COMMON.create_linking_context_from_compilation_outputs(
        actions = ctx.actions,
        alwayslink = ctx.attr.alwayslink,
        cc_toolchain = cc_toolchain,
        # Optimised programs link what need not be position-independent, and would find nothing.
        compilation_outputs = CC_COMMON.create_compilation_outputs(
            objects = depset(objects),
            pic_objects = depset(objects),
        ),
        disallow_dynamic_library = True,
        feature_configuration = feature_configuration,
        linking_contexts = [dependencies.linking_context],
        name = ctx.label.name,
        user_link_flags = ctx.attr.linkopts,
    )
    library = outputs.library_to_link
    archives = [library.pic_static_library, library.static_library] if library else []
    return [
        DefaultInfo(files = depset([archive for archive in archives if archive])),
        OutputGroupInfo(compilation_outputs = depset(objects)),
        CC_INFO(
            compilation_context = merged.compilation_context,
            linking_context = linking_context,
        ),
    ]

cuda_library = rule(
    implementation = _cuda_library_impl,
    doc = """A C++ library whose sources nvcc compiles. C++ targets take it in `deps`, like a `cc_library`.

    cuda_library(
        name = "kernels",
        srcs = ["axpy.cu"],
        hdrs = ["axpy.h"],
        archs = ["sm_80", "sm_90", "compute_90"],
    )

Each source is compiled as a whole: device code of one object does not call into another (no `-rdc`). No path of the machine
is in the objects, so they are the same in each output base. The output group `compilation_outputs` has them. Linux only.""",
    attrs = dict(
        {
            "alwayslink": attr.bool(
                doc = "Whether programs that depend on the target link all of its objects, for kernels that register themselves.",
            ),
            "archs": attr.string_list(
                doc = "Architectures of the device code: `sm_90` or `sm_90a` for machine code, `compute_90` for PTX. Default: the build setting `--@wheelworks//bazel:cuda_archs`, then those of the toolchain, then nvcc's.",
            ),
            "copts": attr.string_list(
                doc = "Options of nvcc, such as `--expt-relaxed-constexpr`, or `-Xcompiler=-fno-exceptions` for the host compiler.",
            ),
            "defines": attr.string_list(
                doc = "Macros for this target and those that depend on it: `NAME` or `NAME=VALUE`.",
            ),
            "deps": attr.label_list(
                doc = "C++ and CUDA libraries. The CUDA runtime is always among them.",
                providers = [CC_INFO],
            ),
            "hdrs": attr.label_list(
                doc = "Headers that dependent targets may include.",
                allow_files = _HEADERS,
            ),
            "includes": attr.string_list(
                doc = "Directories of the package that are searched for headers, here and in dependent targets.",
            ),
            "linkopts": attr.string_list(
                doc = "Options of the link of dependent programs.",
            ),
            "local_defines": attr.string_list(
                doc = "Macros for this target alone.",
            ),
            "srcs": attr.label_list(
                doc = "CUDA sources, and headers of this target alone.",
                mandatory = True,
                allow_files = _SOURCES + _HEADERS,
            ),
            "_cuda_archs": attr.label(
                doc = "The architectures of the whole build.",
                default = "//bazel:cuda_archs",
            ),
            "_use_auto_exec_groups": attr.bool(
                doc = "Whether each toolchain gets an execution group of its own.",
                default = False,
            ),
        },
        **CC_TOOLCHAIN_ATTRS
    ),
    fragments = ["cpp"],
    provides = [CC_INFO],
    toolchains = CC_TOOLCHAIN_TYPES + [CUDA_TOOLCHAIN_TYPE],
)
