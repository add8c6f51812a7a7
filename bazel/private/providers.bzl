"""Providers of the wheelworks rules."""

MlWheelInfo = provider(
    doc = "A wheel and the parts of its file name, known at analysis. For a stamped wheel they are those of the output's name, with constants in place of stamped values; `name_file` has the true name. The fields `wheel` and `name_file` are those of rules_python's `PyWheelInfo`.",
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
    doc = "The audit of a wheel: on which systems it runs, and whether it meets the tags of its name. Its files are built only when they are requested.",
    fields = {
        "passed": "File: the same report, but one that exists only if the wheel keeps what was asked of it. An action that must not run otherwise, such as an upload, takes it as an input.",
        "report": "File: the report as JSON, whatever it says.",
        "require": "List of strings: platform tags that were asked for, besides those of the wheel's own name.",
        "require_declared": "Bool: whether the tags of the wheel's own name were asked for.",
        "wheel": "File: the wheel.",
    },
)

WheelOriginsInfo = provider(
    doc = "The repositories that the files of a wheel come from, for its bill of materials.",
    fields = {
        "known": "Depset of strings: what is known about repositories, as JSON objects for `--sbom-component`.",
        "linked": "Depset of structs with `file`, a generated File, and `repositories`, a tuple of strings: other repositories whose files it is made of.",
    },
)

WheelSourcesInfo = provider(
    doc = "Files for a wheel, some with a path in the wheel that differs from their own path.",
    fields = {
        "placed": "Depset of structs with `file`, a File, `path`, a string: the path that a header is included by, or that a link has in runfiles, and `repository`, a string: the external repository that the file comes from, or empty.",
    },
)
