"""Providers of the wheelworks rules."""

MlWheelInfo = provider(
    doc = "A wheel and what its file name says, known while Bazel analyses. Of a stamped wheel, that is the name of the output, with constants in place of what is stamped; `name_file` has the true one. The fields `wheel` and `name_file` are those of rules_python's `PyWheelInfo`.",
    fields = {
        "abi": "String: ABI tags, sorted and joined by dots.",
        "build_tag": "String: build tag, or empty.",
        "distribution": "String: name of the distribution, normalised, words joined by `_`.",
        "name": "String: file name of the wheel.",
        "name_file": "File: holds the file name of the wheel, for tools that must not depend on where the wheel lies.",
        "platform": "String: platform tags, sorted and joined by dots.",
        "python_tag": "String: Python tags, sorted and joined by dots.",
        "version": "String: version in the normal form of PEP 440.",
        "wheel": "File: the wheel.",
    },
)

WheelAuditInfo = provider(
    doc = "The audit of a wheel: on which systems it runs, and whether it keeps what its name promises. None of its files is made before something asks for it.",
    fields = {
        "passed": "File: the same report, but one that exists only if the wheel keeps what was asked of it. An action that must not run otherwise, such as an upload, takes it as an input.",
        "report": "File: the report as JSON, whatever it says.",
        "require": "List of strings: platform tags that were asked for, besides those of the wheel's own name.",
        "require_declared": "Bool: whether the tags of the wheel's own name were asked for.",
        "wheel": "File: the wheel.",
    },
)

WheelSourcesInfo = provider(
    doc = "Files for a wheel of which some belong somewhere else than their own path says.",
    fields = {
        "placed": "Depset of structs with `file`, a File, and `path`, a string: the path that a header is included by, or that a link has in runfiles.",
    },
)
