"""The repair of a wheel: its attributes, the name that follows from them, and the options of the command line.

`wheel_repair` has the attributes as they are, and `ml_wheel` and `script_wheel` with a prefix.
"""

load("@wheelworks_compat//:defs.bzl", "CC_INFO")
load(":audit.bzl", "add_libraries_elsewhere")
load(":names.bzl", "fail_attribute", "normalize_tags")
load(":tags.bzl", "is_known_tag", "tag_hint")
load(":toolchain.bzl", "check_lines")

# Policies with two names, and the machines that have the older one: the older name, and the name of PEP 600.
_ALIASES = [
    ("manylinux1_", "manylinux_2_5_"),
    ("manylinux2010_", "manylinux_2_12_"),
    ("manylinux2014_", "manylinux_2_17_"),
]

def repair_attrs(prefix = ""):
    """Returns the attributes for the repair of a wheel.

    Args:
      prefix: prefix of each name, for a rule that has other attributes as well. Without one, `plat` is mandatory.

    Returns:
      A dict for the parameter `attrs` of `rule`.
    """
    attrs = {
        "add_libraries": attr.string_list(
            doc = "Names of libraries among `libs` to copy although no file needs them, because code opens them with `dlopen`.",
        ),
        "clear_execstack": attr.bool(
            doc = "Whether edited files and copies lose the executable stack that they ask for.",
        ),
        "debug_dir": attr.bool(
            doc = "Whether the output group `debug` has a directory, `NAME.debug`, with the debug information that `strip` removes, in files `.build-id/ab/cdef….debug`. Debuggers find it with `set debug-file-directory`.",
        ),
        "graft_licenses": attr.bool(
            doc = "Whether the wheel gets the licence texts of the distribution packages that own the copied libraries. It needs `sysroot` or `host_libs`.",
        ),
        "host_libs": attr.bool(
            doc = "Whether the machine that runs the action is searched as well, after `libs`. The output then depends on that machine, and Bazel does not know it.",
        ),
        "keep_rpath": attr.string_list(
            doc = "Entries of search paths to keep although they lead out of the wheel: patterns such as `$ORIGIN/../../nvidia/*`.",
        ),
        "ldpaths": attr.string_list(
            doc = "Directories of `sysroot` to search instead of those in its loader's configuration, such as `/opt/lib`.",
        ),
        "lib_sdir": attr.string(
            doc = "Suffix of the directory for copies, after the name of the distribution.",
            default = ".libs",
        ),
        "libs": attr.label_list(
            doc = "Shared libraries: files, directories of them, and C++ targets with all that they depend on. A library is found by its file name and by its soname.",
            allow_files = True,
        ),
        "native_deps": attr.label_list(
            doc = "The same as `libs`, under the name that `pycross_repaired_wheel` of rules_pycross has.",
            allow_files = True,
        ),
        "plat": attr.string(
            doc = "Platform tag that the wheel must meet, with its machine: `manylinux_2_28_x86_64`. The output has this tag and the other names of its policy, and those of the wheel except `linux_*` and `any`.",
            mandatory = not prefix,
        ),
        "provided_by": attr.label_list(
            doc = "The same as `wheel_deps`. A library that one of these wheels brings is not copied; the files that need it get a search path to where it is once both are installed.",
            allow_files = True,
        ),
        "strip": attr.bool(
            doc = "Whether edited files and copies lose their symbols and debug information.",
        ),
        "sysroot": attr.label(
            doc = "The root directory of another system, which is searched after `libs`: a tree artifact, a source directory, or a target of source files whose package is the root. With the databases of its package manager, the wheel gets an SBOM of the copied libraries.",
            allow_files = True,
        ),
        "update_tags": attr.bool(
            doc = "Whether the wheel gets the tag. If not, its name and WHEEL stay as they are.",
            default = True,
        ),
    }
    return {prefix + name: attribute for name, attribute in attrs.items()}

_NAMES = [name for name in repair_attrs()]

def _names_of_policy(plat):
    """Returns a platform tag and the other name of its policy."""
    for old, new in _ALIASES:
        for prefix, other in [(old, new), (new, old)]:
            if plat.startswith(prefix):
                return [plat, other + plat[len(prefix):]]
    return [plat]

def _values(ctx, prefix):
    """Returns the values of the attributes, by their names without the prefix."""
    return struct(**{name: getattr(ctx.attr, prefix + name) for name in _NAMES})

def _plat(value):
    """Returns the requested platform tag."""
    plat = normalize_tags("plat", value)
    if "." in plat:
        fail_attribute("plat", value, "is a set of tags", "write one tag; the wheel gets the other names of its policy as well")
    if not is_known_tag("platform", plat):
        fail_attribute("plat", value, "is not a platform tag", tag_hint("platform", plat))
    if not (plat.startswith("manylinux") or plat.startswith("musllinux")):
        fail_attribute("plat", value, "has no policy that a repair could meet", "write a manylinux or musllinux tag, such as `manylinux_2_28_x86_64`")
    return plat

def repaired_platform(ctx, platform, prefix = ""):
    """Returns the platform tags of a repaired wheel, as the binary determines them.

    Args:
      ctx: context of a rule with the attributes of `repair_attrs`.
      platform: platform tags before, joined by dots.
      prefix: as for `repair_attrs`.

    Returns:
      Platform tags, joined by dots.
    """
    values = _values(ctx, prefix)
    tags = _names_of_policy(_plat(values.plat))
    if not values.update_tags:
        return platform
    for tag in platform.split("."):
        if tag != "any" and not tag.startswith("linux_"):
            tags.append(tag)
    return normalize_tags("platform", ".".join(tags))

def _is_library(file):
    return file.basename.endswith(".so") or ".so." in file.basename

def _libraries(attribute, targets):
    """Returns a depset of the shared libraries of targets, with those that C++ targets depend on."""
    libraries = []
    for target in targets:
        found = [file for file in target[DefaultInfo].files.to_list() if _is_library(file) or file.is_directory]
        if CC_INFO in target:
            # Their names are those that files linked by Bazel need.
            for linker_input in target[CC_INFO].linking_context.linker_inputs.to_list():
                found += [library.dynamic_library for library in linker_input.libraries if library.dynamic_library]
        if not found:
            fail_attribute(attribute, target.label, "has no shared library", "name a target with a file such as `libexample.so.1`")
        libraries += found
    return depset(libraries)

def _check(values):
    """Fails on attributes that have no meaning without others."""
    if values.sysroot and values.host_libs:
        fail_attribute("sysroot", values.sysroot.label, "excludes `host_libs`", "search one system")
    if values.ldpaths and not values.sysroot:
        fail_attribute("ldpaths", values.ldpaths[0], "needs a `sysroot`", "set `sysroot`, or name the libraries in `libs`")
    if values.graft_licenses and not (values.sysroot or values.host_libs):
        fail_attribute("graft_licenses", True, "needs a system with the licence texts", "set `sysroot` or `host_libs`")
    if values.debug_dir and not values.strip:
        fail_attribute("debug_dir", True, "needs `strip`, which removes debug information", "set `strip = True`")

def _add_sysroot(arguments, target, option):
    """Adds the option for the root directory of another system. Returns a depset of its files."""
    files = target[DefaultInfo].files
    listed = files.to_list()
    if len(listed) == 1 and (listed[0].is_directory or listed[0].is_source):
        arguments.add_all(listed, expand_directories = False, format_each = option + "--sysroot=%s")
        return files
    root = "/".join([part for part in [target.label.workspace_root, target.label.package] if part])
    for file in listed:
        if not file.is_source or (root and not file.path.startswith(root + "/")):
            fail_attribute("sysroot", file.short_path, "is no source file of the package of `{}`".format(target.label), "name one directory, or source files whose package is the root directory")
    arguments.add(root or ".", format = option + "--sysroot=%s")
    return files

def _add_lists(arguments, values, option):
    """Adds the options that are lists of strings."""
    for name, flag in [("add_libraries", "--add-library"), ("keep_rpath", "--keep-rpath")]:
        check_lines(name, getattr(values, name))
        arguments.add_all(getattr(values, name), format_each = option + flag + "=%s")
    check_lines("ldpaths", values.ldpaths)
    for path in values.ldpaths:
        if not path.startswith("/") or ":" in path:
            fail_attribute("ldpaths", path, "is no directory of the sysroot", "write it from the root, as `/opt/lib`")
    if values.ldpaths:
        arguments.add(":".join(values.ldpaths), format = option + "--ldpaths=%s")

def add_repair(ctx, arguments, options, debug_name, prefix = "", option = ""):
    """Adds the options of the repair.

    Args:
      ctx: context of a rule with the attributes of `repair_attrs`.
      arguments: what `verb_arguments` returned.
      options: what `audit_options` returned.
      debug_name: name of the directory for debug information.
      prefix: as for `repair_attrs`.
      option: what comes before each option: `--repair=`, or nothing if the verb is `repair`.

    Returns:
      A depset of inputs, and a list with the directory for debug information, if there is one.
    """
    values = _values(ctx, prefix)
    _check(values)
    libraries = depset(transitive = [
        _libraries("libs", values.libs),
        _libraries("native_deps", values.native_deps),
    ])
    inputs = [libraries, options.inputs]
    if values.sysroot:
        inputs.append(_add_sysroot(arguments, values.sysroot, option))
    elif not values.host_libs:
        arguments.add(option + "--no-host")
    arguments.add(_plat(values.plat), format = option + "--plat=%s")
    arguments.add(option + ("--only-plat" if values.update_tags else "--no-update-tags"))
    arguments.add_all(libraries, format_each = option + "--use-library=%s")
    _add_lists(arguments, values, option)
    check_lines("lib_sdir", [values.lib_sdir])
    arguments.add(values.lib_sdir, format = option + "--lib-sdir=%s")
    for name in ["clear_execstack", "graft_licenses", "strip"]:
        if getattr(values, name):
            arguments.add(option + "--" + name.replace("_", "-"))
    add_libraries_elsewhere(arguments, options, option = option)
    debug = []
    if values.debug_dir:
        debug.append(ctx.actions.declare_directory(debug_name))
        arguments.add_all(debug, expand_directories = False, format_each = option + "--debug-dir=%s")
    return depset(transitive = inputs), debug
