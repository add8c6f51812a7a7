"""The toolchain: which wheelworks binary runs the actions."""

load(":names.bzl", "fail_attribute")
load(":version.bzl", "VERSION")
load(":worker_protocol.bzl", "WorkerProtocolInfo")

# Bazel 4 accepts no `Label` here, and resolves a string without a repository in the consumer's own.
TOOLCHAIN_TYPE = "@wheelworks//bazel:toolchain_type"

# Attributes of a rule that runs the binary.
TOOLCHAIN_ATTRS = {
    # The action's executable comes from a toolchain; this makes Bazel 7 and later run it on the
    # target's execution platform even where `--incompatible_auto_exec_groups` is set, which
    # would want a parameter of `run` that Bazel 4 lacks.
    "_use_auto_exec_groups": attr.bool(
        doc = "Whether each toolchain gets an execution group of its own.",
        default = False,
    ),
}

# An action that has this gets its paths from `File`s of its arguments alone, and its outputs do not depend on
# them. So Bazel 7 and later can replace the name of the configuration in the paths, with
# `--experimental_output_paths=strip`: the same action in two configurations runs once. A `File`'s path is replaced
# in `Args` and in functions of `map_each`, and nowhere else.
PATH_MAPPING = {"supports-path-mapping": "1"}

# The value must be the string "1": Bazel ignores others. Without the mnemonic of the key, each kind of
# action would get its own process, and the cores would have two thread pools. Users know it from
# `--worker_max_instances=WheelPack=…`.
_WORKER_REQUIREMENTS = {
    "supports-worker-cancellation": "1",
    "supports-workers": "1",
    "worker-key-mnemonic": "WheelPack",
}

_JSON_REQUIREMENTS = {
    "requires-worker-protocol": "json",
}

_PROTO_REQUIREMENTS = {
    "requires-worker-protocol": "proto",
    "supports-multiplex-sandboxing": "1",
    "supports-multiplex-workers": "1",
}

# By protocol. Bazel 4 hangs with a multiplex worker that speaks JSON.
EXECUTION_REQUIREMENTS = {
    "json": dict(PATH_MAPPING.items() + _WORKER_REQUIREMENTS.items() + _JSON_REQUIREMENTS.items()),
    "proto": dict(PATH_MAPPING.items() + _WORKER_REQUIREMENTS.items() + _PROTO_REQUIREMENTS.items()),
}

# Start-up arguments by protocol: the binary speaks protocol buffers unless told otherwise.
_PROTOCOL_ARGUMENTS = {
    "json": ["--worker_protocol=json"],
    "proto": [],
}

# Bazel keeps text as UTF-8 bytes, and Bazel 4 encodes those bytes as UTF-8 again when it writes a param
# file or a work request. From what arrives here, `é` or two characters, the binary tells whether to undo
# that, for file names and for all other arguments.
_UTF8_PROBE = "--utf8-probe=é"

WheelworksInfo = provider(
    doc = "A wheelworks binary.",
    fields = {
        "binary": "FilesToRunProvider: the binary, for an action's `executable`.",
        "version": "String: the binary's version.",
        "worker_protocol": "String: the protocol that its workers speak, `json` or `proto`.",
    },
)

def _wheelworks_toolchain_impl(ctx):
    return platform_common.ToolchainInfo(
        wheelworks = WheelworksInfo(
            binary = ctx.attr.binary[DefaultInfo].files_to_run,
            version = ctx.attr.version,
            worker_protocol = ctx.attr._worker_protocol[WorkerProtocolInfo].protocol,
        ),
    )

wheelworks_toolchain = rule(
    implementation = _wheelworks_toolchain_impl,
    doc = "Declares a wheelworks binary, for a `toolchain` of type `@wheelworks//bazel:toolchain_type`.",
    attrs = {
        "binary": attr.label(
            doc = "The binary. Keep it in a directory: Bazel looks for a worker in the root package of the main repository on `PATH`, not in the workspace.",
            mandatory = True,
            allow_files = True,
            executable = True,
            cfg = "exec",
        ),
        "version": attr.string(
            doc = "The binary's version. Part of a worker's command line: a remote runner must not serve one version's actions with another version's process.",
            default = VERSION,
        ),
        "_worker_protocol": attr.label(
            doc = "The protocol of the whole build.",
            default = "//bazel:worker_protocol",
        ),
    },
)

def verb_arguments(ctx, verb):
    """Returns the first arguments of an action that runs one verb of the binary.

    The param file is the request; Bazel starts the worker with the arguments before it. So all
    arguments of the request go into the file, however few they are.

    Args:
      ctx: context of the rule.
      verb: the verb, such as `pack`.

    Returns:
      `Args` to which the verb's own arguments can be added.
    """
    arguments = ctx.actions.args()
    arguments.use_param_file("@%s", use_always = True)
    arguments.set_param_file_format("multiline")
    arguments.add(verb)
    arguments.add(_UTF8_PROBE)
    return arguments

def check_lines(attribute, values):
    """Fails on a value with a line break: a param file has one argument on each line.

    Args:
      attribute: name of the attribute.
      values: list of strings.
    """
    for value in values:
        if "\n" in value or "\r" in value:
            fail_attribute(attribute, value, "has a line break", "write it on one line")

def check_names(attribute, names, problem = "is not one name", hint = "write a list of names"):
    """Fails on a value that is no single name: the binary takes lists with commas.

    Args:
      attribute: name of the attribute.
      names: list of strings.
      problem: what is wrong with such a value.
      hint: what to do.
    """
    check_lines(attribute, names)
    for name in names:
        if "," in name or not name:
            fail_attribute(attribute, name, problem, hint)

def run_wheelworks(ctx, mnemonic, arguments, inputs, outputs, progress_message):
    """Registers an action that runs the binary, in a worker if there is one.

    Args:
      ctx: context of a rule with `toolchains = [TOOLCHAIN_TYPE]`.
      mnemonic: the action's mnemonic; users name it in `--strategy`.
      arguments: what `verb_arguments` returned.
      inputs: depset of input files.
      outputs: list of output files.
      progress_message: what Bazel shows while the action runs.
    """
    wheelworks = ctx.toolchains[TOOLCHAIN_TYPE].wheelworks
    startup = ["--tool-version=" + wheelworks.version] + _PROTOCOL_ARGUMENTS[wheelworks.worker_protocol]
    ctx.actions.run(
        mnemonic = mnemonic,
        executable = wheelworks.binary,
        arguments = startup + [arguments],
        inputs = inputs,
        outputs = outputs,
        progress_message = progress_message,
        execution_requirements = EXECUTION_REQUIREMENTS[wheelworks.worker_protocol],
        # No variable of the user's environment: the same action on every machine, and so cacheable.
        env = {},
    )
