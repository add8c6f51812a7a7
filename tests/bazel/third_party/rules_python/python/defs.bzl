"""A stand-in for rules_python with the built-in rules of Bazel 4."""

py_binary = native.py_binary
py_library = native.py_library
py_runtime = native.py_runtime
py_test = native.py_test
