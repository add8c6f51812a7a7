"""The extension module, which needs libchecksum.so.1."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "example_checksum._checksum",
            ["src/example_checksum/_checksum.c"],
            include_dirs=["native"],
            libraries=["checksum"],
            library_dirs=["native/build"],
        )
    ],
)
