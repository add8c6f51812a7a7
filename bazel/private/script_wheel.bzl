"""`script_wheel`: a wheel that the user's own program builds."""

load(
    ":audit.bzl",
    "AUDITED_ATTRS",
    "audit_attrs",
    "audit_options",
    "audit_output_groups",
    "audit_wheel",
    "must_validate",
    "required_tags",
)
load(":base_wheels.bzl", "BASE_ATTRS", "add_base")
load(":compression.bzl", "COMPRESSION_ATTRS", "compression_level")
load(":names.bzl", "fail_attribute")
load(":providers.bzl", "MlWheelInfo", "WheelAuditInfo")
load(":repair.bzl", "add_repair", "repair_attrs")
load(":toolchain.bzl", "TOOLCHAIN_ATTRS", "TOOLCHAIN_TYPE", "check_lines", "run_wheelworks", "verb_arguments")
load(":wheel_name.bzl", "WHEEL_NAME_ATTRS", "declared_tags", "declared_wheel", "is_repaired")

# setuptools reads it in addition to the project's own files: it then stores instead of compressing.
_STORE = """\
[bdist_wheel]
compression = stored
"""

# A script may change its directory, so the path must be absolute, and only the action knows it. The
# user's variables come later and override. Variables are passed as arguments, because Bazel 4 accepts no
# environment beside its own, which has `PATH`. A script that succeeds without a wheel is reported here,
# not by the next action.
_RUN = """\
set -eu
export DIST_EXTRA_CONFIG="$PWD/$1"
binary=$2
output_dir=$3
shift 3
env "$@"
for wheel in "$output_dir"/*.whl; do
  if [ -e "$wheel" ]; then
    exit
  fi
done
printf >&2 'error: attribute `wheel_binary`: %s wrote no wheel into %s\\n' "$binary" "$output_dir"
echo >&2 '  hint: write one there; it is what `{output_dir}` in the attribute `arguments` stands for'
exit 1
"""

# For scripts that read the clock or depend on the order of a set. 1980-01-01 is the first date of ZIP.
_ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "SOURCE_DATE_EPOCH": "315532800",
}

_DIRECTORY = "output_dir"

def _groups(ctx):
    """Returns the files for which an argument is repeated, by the name in braces."""
    groups = {"srcs": depset(transitive = [target[DefaultInfo].files for target in ctx.attr.srcs])}
    for target, group in ctx.attr.source_groups.items():
        if not group.replace("_", "a").isalnum():
            fail_attribute("source_groups", group, "has characters that no name has", "use letters, digits and `_`")
        groups[group] = depset(transitive = [
            groups.get(group, depset()),
            target[DefaultInfo].files,
        ])
    return groups

def _template(argument):
    """Splits an argument at its names in braces.

    Args:
      argument: a string in which `{{` and `}}` stand for a brace.

    Returns:
      A list that alternates texts and names, and starts and ends with a text.
    """
    parts = [""]
    rest = argument.replace("{{", "\0").replace("}}", "\1")
    for _ in range(len(rest)):
        before, brace, rest = rest.partition("{")
        if "}" in before:
            fail_attribute("arguments", argument, "has a `}` without a `{`", "write a brace itself twice: `}}`")
        parts[-1] += before
        if not brace:
            break
        name, brace, rest = rest.partition("}")
        if not brace:
            fail_attribute("arguments", argument, "has a `{` without a `}`", "write a brace itself twice: `{{`")
        parts.extend([name, ""])
    return [part.replace("\0", "{").replace("\1", "}") for part in parts]

def _check_names(argument, template, values, groups):
    """Fails on unknown names."""
    names = [template[index] for index in range(1, len(template), 2)]
    for name in names:
        if name not in values and name not in groups:
            fail_attribute(
                "arguments",
                argument,
                "has the unknown name `{%s}`" % name,
                "use one of {}; write a brace itself twice".format(
                    ", ".join(["`{%s}`" % known for known in sorted(values.keys() + groups.keys())]),
                ),
            )
    repeated = [name for name in names if name in groups]
    if len(repeated) > 1:
        fail_attribute("arguments", argument, "has two names of files", "write an argument for each")
    return repeated[0] if repeated else None

def _add_argument(arguments, template, repeated, values, groups):
    """Adds one argument, or one for each file of a group."""
    text = ""
    for index in range(len(template)):
        part = template[index]
        if index % 2 and part == repeated:
            text += "%s"
            continue
        part = values[part] if index % 2 else part
        text += part.replace("%", "%%") if repeated else part
    if repeated:
        # A directory is passed as it is: a script that takes one copies it.
        arguments.add_all(groups[repeated], format_each = text, expand_directories = False)
    else:
        arguments.add(text)

def _script_arguments(ctx, wheel_info, script_name, directory):
    """Returns the command line of the user's program."""
    groups = _groups(ctx)
    values = {
        "abi": wheel_info.abi,
        "distribution": ctx.attr.distribution,
        "platform": declared_tags(ctx).platform,
        "python_tag": wheel_info.python_tag,
        "version": wheel_info.version,
        "wheel_name": script_name,
        _DIRECTORY: directory.path,
    }
    if ctx.attr.param_file != "never":
        check_lines("arguments", ctx.attr.arguments)
    arguments = ctx.actions.args()
    arguments.set_param_file_format("multiline")
    if ctx.attr.param_file != "never":
        arguments.use_param_file("@%s", use_always = ctx.attr.param_file == "always")
    names_output = False
    for argument in ctx.attr.arguments:
        template = _template(argument)
        repeated = _check_names(argument, template, values, groups)
        names_output = names_output or _DIRECTORY in [template[index] for index in range(1, len(template), 2)]
        _add_argument(arguments, template, repeated, values, groups)
    if not names_output:
        fail("attribute `arguments`: none has `{output_dir}`, so `wheel_binary` does not know where to write the wheel\n  hint: add an argument such as `--output_path={output_dir}`")
    return arguments, depset(transitive = groups.values())

def _run_script(ctx, wheel_info, script_name):
    """Registers the action that runs the user's program.

    Returns:
      A tree artifact, in which one wheel should be.
    """
    directory = ctx.actions.declare_directory(ctx.label.name + ".script")
    store = ctx.actions.declare_file(ctx.label.name + ".stored.cfg")
    ctx.actions.write(store, _STORE)
    arguments, srcs = _script_arguments(ctx, wheel_info, script_name, directory)
    environment = dict(_ENVIRONMENT)
    environment.update(ctx.attr.env)
    variables = ["{}={}".format(name, environment[name]) for name in sorted(environment)]
    ctx.actions.run_shell(
        mnemonic = "WheelScript",
        arguments = [store.path, str(ctx.attr.wheel_binary.label), directory.path] + variables +
                    [ctx.executable.wheel_binary.path, arguments],
        command = _RUN,
        inputs = depset([store], transitive = [srcs]),
        outputs = [directory],
        progress_message = "Running {} for wheel {}".format(
            ctx.attr.wheel_binary.label,
            wheel_info.wheel.short_path,
        ),
        tools = [ctx.attr.wheel_binary[DefaultInfo].files_to_run],
        use_default_shell_env = True,
    )
    return directory

def _script_wheel_impl(ctx):
    wheel_info, script_name = declared_wheel(ctx)
    directory = _run_script(ctx, wheel_info, script_name)

    require = required_tags("audit_require", ctx.attr.audit_require)
    options = audit_options(
        ctx,
        more_providers = ctx.attr.repair_provided_by,
        prefix = "audit_",
        require = require,
        require_declared = True,
    )
    arguments = verb_arguments(ctx, "repack")
    repair_inputs, debug = depset(), []
    if is_repaired(ctx):
        repair_inputs, debug = add_repair(
            ctx,
            arguments,
            options,
            ctx.label.name + ".debug",
            prefix = "repair_",
            option = "--repair=",
        )
    arguments.add(wheel_info.wheel, format = "--out=%s")
    arguments.add(script_name, format = "--expect-name=%s")
    arguments.add(compression_level(ctx), format = "--compression-level=%s")
    base = add_base(ctx, arguments)
    arguments.add_all([directory], expand_directories = False)
    run_wheelworks(
        ctx,
        mnemonic = "WheelRepack",
        arguments = arguments,
        inputs = depset([directory], transitive = [repair_inputs, base]),
        outputs = [wheel_info.wheel] + debug,
        progress_message = "Repacking wheel " + wheel_info.wheel.short_path,
    )

    audit = audit_wheel(ctx, options, wheel_info.wheel, packed = True)
    return [
        DefaultInfo(
            files = depset([wheel_info.wheel]),
            runfiles = ctx.runfiles([wheel_info.wheel]),
        ),
        wheel_info,
        audit,
        audit_output_groups(
            audit,
            debug = depset(debug),
            validate = must_validate(ctx, wheel_info.platform, require),
        ),
    ]

script_wheel = rule(
    implementation = _script_wheel_impl,
    doc = """Builds a wheel with your own program, for instance with `python -m build`.

The program runs unchanged. It writes one wheel, with any compression, into a given directory.
wheelworks then writes the output: members sorted, compressed on all cores, independent of clock and
machine. Its name is known at analysis. If the program's wheel has another name, the build fails, and the
message contains both names.

    script_wheel(
        name = "wheel",
        srcs = [":wheel_sources"],
        arguments = [
            "--output_path={output_dir}",
            "--srcs={srcs}",
            "--version={version}",
        ],
        distribution = "example",
        version = "1.2.3",
        wheel_binary = ":build_wheel",
    )
""",
    attrs = dict(
        audit_attrs("audit_").items() + AUDITED_ATTRS.items() + BASE_ATTRS.items() + COMPRESSION_ATTRS.items() +
        TOOLCHAIN_ATTRS.items() + WHEEL_NAME_ATTRS.items() + repair_attrs("repair_").items(),
        arguments = attr.string_list(
            doc = """Arguments of `wheel_binary`. Names in braces are replaced; a literal brace is doubled.

`{output_dir}`: the empty directory that the wheel must be written to. `{srcs}`, or a name of `source_groups`: the path of a file; the argument is repeated for each file, in Bazel's order. A tree artifact is one path. `{distribution}` as written here, `{version}`, `{python_tag}`, `{abi}` and `{platform}` normalised, `{wheel_name}` the file name that the wheel must have.""",
            mandatory = True,
        ),
        env = attr.string_dict(
            doc = "Environment variables of `wheel_binary`, in addition to those of `--action_env` and a few that make Python's output reproducible. `DIST_EXTRA_CONFIG`, which makes setuptools store instead of compress, may be set to another file.",
        ),
        param_file = attr.string(
            doc = "Whether the arguments are passed as `@FILE`, one on each line: `always`, `never`, or `auto` (if the command line would be too long). With `never`, an argument may have line breaks, as the text of `nvidia_wheel_versions_repository` has.",
            default = "auto",
            values = ["always", "auto", "never"],
        ),
        source_groups = attr.label_keyed_string_dict(
            doc = "More files for `wheel_binary`, each target with its name in `arguments`: `{\":headers\": \"headers\"}` for `--headers={headers}`. Targets with the same name are combined.",
            allow_files = True,
        ),
        srcs = attr.label_list(
            doc = "Files for `wheel_binary`; their name in `arguments` is `{srcs}`.",
            allow_files = True,
        ),
        wheel_binary = attr.label(
            doc = "The program, usually a `py_binary`.",
            mandatory = True,
            cfg = "exec",
            executable = True,
        ),
    ),
    provides = [MlWheelInfo, WheelAuditInfo],
    toolchains = [TOOLCHAIN_TYPE],
)
