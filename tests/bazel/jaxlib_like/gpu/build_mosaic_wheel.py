"""Builds the wheel of Mosaic GPU from arguments as in JAX. It does not depend on wheelworks."""

import argparse
import base64
import hashlib
import re
import runpy
import zipfile
from pathlib import Path

METADATA = """\
Metadata-Version: 2.1
Name: mosaic_gpu-cuda{cuda}
Version: {version}
License: Apache-2.0
{requirements}Provides-Extra: with-cuda
"""


def record_row(path: str, content: bytes) -> str:
    """Formats a row of RECORD."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{path},sha256={digest},{len(content)}\n"


def main() -> None:
    """Builds the wheel."""
    parser = argparse.ArgumentParser(fromfile_prefix_chars="@")
    parser.add_argument("--output_path", type=Path, required=True)
    parser.add_argument("--jaxlib_git_hash", required=True)
    parser.add_argument("--cpu", required=True)
    parser.add_argument("--platform_version", required=True)
    parser.add_argument("--srcs", action="append")
    parser.add_argument("--nvidia_wheel_versions_data", required=True)
    # As in JAX: the rule passes more arguments than this program needs.
    arguments, _ = parser.parse_known_args()
    cuda = arguments.platform_version
    package = f"mosaic_gpu/mosaic_gpu_cuda{cuda}"
    sources = {Path(source).name: Path(source) for source in arguments.srcs}
    version = runpy.run_path(str(sources["version.py"]))["__version__"] + ".dev0+selfbuilt"
    wanted = [line.split("#")[0].strip() for line in arguments.nvidia_wheel_versions_data.splitlines()]
    wanted = [line for line in wanted if line]
    extra = "".join(
        f"Requires-Dist: {re.sub(' *;.*', '', line)} ; extra == 'with-cuda'\n" for line in wanted
    )
    name = f"mosaic_gpu_cuda{cuda}-{version}"
    tag = f"py3-none-manylinux_2_17_{arguments.cpu}"
    files = {f"{package}/{file}": path.read_bytes() for file, path in sources.items()}
    metadata = METADATA.format(cuda=cuda, version=version, requirements=extra)
    files[f"{name}.dist-info/METADATA"] = metadata.encode()
    files[f"{name}.dist-info/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: false\nTag: {tag}\n".encode()
    record = f"{name}.dist-info/RECORD"
    rows = "".join(record_row(path, content) for path, content in files.items())
    with zipfile.ZipFile(arguments.output_path / f"{name}-{tag}.whl", "w") as wheel:
        for path, content in {**files, record: f"{rows}{record},,\n".encode()}.items():
            wheel.writestr(zipfile.ZipInfo(path), content)


if __name__ == "__main__":
    main()
