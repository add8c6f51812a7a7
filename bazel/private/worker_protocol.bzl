"""The protocol of workers: a build setting for the whole build."""

WorkerProtocolInfo = provider(
    doc = "Value of the build setting `//bazel:worker_protocol`.",
    fields = {"protocol": "String: `json` or `proto`."},
)

_PROTOCOLS = ["json", "proto"]

def _worker_protocol_flag_impl(ctx):
    protocol = ctx.build_setting_value
    if protocol not in _PROTOCOLS:
        fail("{}: `{}` is not a protocol of workers\n  hint: use one of {}".format(
            ctx.label,
            protocol,
            ", ".join(["`{}`".format(known) for known in _PROTOCOLS]),
        ))
    return WorkerProtocolInfo(protocol = protocol)

worker_protocol_flag = rule(
    implementation = _worker_protocol_flag_impl,
    doc = "Build setting: the protocol between Bazel and the workers of a build.",
    build_setting = config.string(flag = True),
)
