"""Copies wheels out of the build: to a directory, or to an index."""

load(":names.bzl", "fail_attribute")
load(":providers.bzl", "MlWheelInfo")
load(":toolchain.bzl", "PATH_MAPPING")

# The runfiles directory of the program that `bazel run` starts.
_ROOT = """\
case $0 in /*) self=$0 ;; *) self=$PWD/$0 ;; esac
root=$self.runfiles
[ -d "$root" ] || root=${{RUNFILES_DIR:?no runfiles}}
dist=$root/{workspace}/{dist}
"""

_DEPLOY = """\
#!/bin/sh
# Copies the wheels of {label} to a directory, which is the first argument.
set -eu
{root}
target=${{1:-{directory}}}
case $target in /*) ;; *) target=${{BUILD_WORKING_DIRECTORY:-$PWD}}/$target ;; esac
mkdir -p -- "$target"
for file in "$dist"/*; do
  name=${{file##*/}}
  # An existing file is replaced only when the new one is complete.
  cp -- "$file" "$target/.$name.$$"
  chmod 644 -- "$target/.$name.$$"
  mv -f -- "$target/.$name.$$" "$target/$name"
  printf '%s\\n' "$target/$name"
done
"""

_PUBLISH = """\
#!/bin/sh
# Uploads the wheel of {label}; arguments go to `twine upload`.
set -eu
{root}
exec "$root/{workspace}/{twine}" upload {arguments} "$@" "$dist"/*
"""

# Pairs of a file and the file with its true name; empty if the file has its true name.
_COPY = """\
set -eu
dist=$1
shift
mkdir -p "$dist"
while [ $# -gt 0 ]; do
  if [ -n "$2" ]; then name=$(cat "$2"); else name=${1##*/}; fi
  if [ -e "$dist/$name" ] && ! cmp -s "$1" "$dist/$name"; then
    printf >&2 'error: attribute `wheels`: two different files have the name `%s`; one is %s\n' "$name" "$1"
    echo >&2 '  hint: give one of them another version or build tag, or leave it out'
    exit 1
  fi
  cp -f "$1" "$dist/$name"
  shift 2
done
"""

def _quoted(text):
    return "'{}'".format(text.replace("'", "'\\''"))

def _with_its_name(file):
    """Returns the arguments for a file with its true name. Bazel calls it when the action runs."""
    return [file.path, ""]

def _root(ctx, dist):
    return _ROOT.format(workspace = ctx.workspace_name, dist = dist.short_path)

def _copies(ctx, targets, out):
    """Registers the action that copies files under their true names."""
    dist = ctx.actions.declare_directory(out)
    arguments = ctx.actions.args()
    arguments.add_all([dist], expand_directories = False)
    inputs = []
    for target in targets:
        if MlWheelInfo in target:
            info = target[MlWheelInfo]
            arguments.add_all([info.wheel, info.name_file])
            inputs.append(depset([info.wheel, info.name_file]))
            continue

        # Wheels of other rules, or a source distribution.
        arguments.add_all(target[DefaultInfo].files, map_each = _with_its_name)
        inputs.append(target[DefaultInfo].files)
    ctx.actions.run_shell(
        mnemonic = "WheelDist",
        arguments = [arguments],
        command = _COPY,
        execution_requirements = PATH_MAPPING,
        inputs = depset(transitive = inputs),
        outputs = [dist],
        progress_message = "Copying wheels to " + dist.short_path,
    )
    return dist

def _wheel_dist_impl(ctx):
    targets = ctx.attr.wheels + ([ctx.attr.wheel] if ctx.attr.wheel else [])
    if not targets:
        fail_attribute("wheels", "", "names no wheel", "name at least one, here or in `wheel`")
    dist = _copies(ctx, targets, ctx.attr.out or ctx.label.name + "_dist")
    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    ctx.actions.write(
        script,
        _DEPLOY.format(
            directory = ctx.attr.directory,
            label = ctx.label,
            root = _root(ctx, dist),
        ),
        is_executable = True,
    )
    return [DefaultInfo(
        executable = script,
        files = depset([dist]),
        runfiles = ctx.runfiles([dist]),
    )]

_DIST_ATTRS = {
    "directory": attr.string(
        doc = "The directory to which `bazel run` copies if its first argument names none. A relative path starts where `bazel run` is called.",
        default = "dist",
    ),
    "out": attr.string(
        doc = "Name of the directory that the target builds; `NAME_dist` if empty.",
    ),
    "wheel": attr.label(
        doc = "A wheel; the same as one of `wheels`.",
        allow_files = [".tar.gz", ".whl"],
    ),
    "wheels": attr.label_list(
        doc = "Wheels and source distributions.",
        allow_files = [".tar.gz", ".whl"],
    ),
}

_DIST_DOC = """Makes a directory with wheels under their true names, also of stamped wheels.

`bazel build` makes the directory, as `py_wheel_dist` of rules_python does. `bazel run` copies it:

    bazel run //example:wheel.dist -- dist/nightly
"""

wheel_dist = rule(
    implementation = _wheel_dist_impl,
    doc = _DIST_DOC,
    attrs = _DIST_ATTRS,
    executable = True,
)

deploy_wheel = rule(
    implementation = _wheel_dist_impl,
    doc = _DIST_DOC,
    attrs = _DIST_ATTRS,
    executable = True,
)

def _wheel_publish_impl(ctx):
    dist = ctx.file.dist
    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    ctx.actions.write(
        script,
        _PUBLISH.format(
            arguments = " ".join([_quoted(argument) for argument in ctx.attr.publish_args]),
            label = ctx.label,
            root = _root(ctx, dist),
            twine = ctx.executable.twine_binary.short_path,
            workspace = ctx.workspace_name,
        ),
        is_executable = True,
    )
    runfiles = ctx.runfiles([dist, ctx.executable.twine_binary])
    return [DefaultInfo(
        executable = script,
        runfiles = runfiles.merge(ctx.attr.twine_binary[DefaultInfo].default_runfiles),
    )]

wheel_publish = rule(
    implementation = _wheel_publish_impl,
    doc = "Uploads the wheels of a `wheel_dist` with twine.",
    attrs = {
        "dist": attr.label(
            doc = "A `wheel_dist`.",
            mandatory = True,
            allow_single_file = True,
        ),
        "publish_args": attr.string_list(
            doc = "Arguments of `twine upload`, before the arguments of `bazel run`.",
        ),
        "twine_binary": attr.label(
            doc = "The program `twine`.",
            mandatory = True,
            executable = True,
            # It runs where `bazel run` runs, on the host machine.
            cfg = "exec",
        ),
    },
    executable = True,
)
