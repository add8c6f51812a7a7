"""The text of a requirements file, as `nvidia_wheel_versions_repository` has it."""

NVIDIA_WHEEL_VERSIONS = """\
# Versions of NVIDIA's wheels.
nvidia-cublas-cu12>=12.1.3.1
nvidia-cudnn-cu12>=9.1,<10.0; sys_platform == 'linux' or sys_platform == 'win32'
"""
