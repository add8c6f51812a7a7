"""Providers of the wheelworks rules."""

MlWheelInfo = provider(
    doc = "A wheel and what its file name says, known while Bazel analyses.",
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
