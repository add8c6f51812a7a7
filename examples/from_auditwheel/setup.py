"""The extension module, which needs libchecksum.so.1."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "example_checksum._checksum",
            ["src/example_checksum/_checksum.c"],
            define_macros=[("Py_LIMITED_API", "0x030B0000")],
            include_dirs=["native"],
            libraries=["checksum"],
            library_dirs=["native/build"],
            py_limited_api=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
