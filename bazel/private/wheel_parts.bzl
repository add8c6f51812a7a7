"""The parts of the name of a wheel that a rule takes from a target."""

load(":audit.bzl", "wheel_of")
load(":names.bzl", "fail_attribute")
load(":providers.bzl", "MlWheelInfo")

def wheel_parts(target):
    """Returns the parts of the name of a target's wheel.

    Args:
      target: a wheel, or a target that provides one.

    Returns:
      A struct with fields of `MlWheelInfo`; `name_file` may be None.
    """
    if MlWheelInfo in target:
        return target[MlWheelInfo]
    wheel = wheel_of(target)
    parts = wheel.basename[:-len(".whl")].split("-")
    if len(parts) not in [5, 6]:
        fail_attribute("wheel", wheel.basename, "is not the name of a wheel", "name it as `DISTRIBUTION-VERSION-PYTHON-ABI-PLATFORM.whl`")
    return struct(
        abi = parts[-2],
        build_tag = parts[2] if len(parts) == 6 else "",
        distribution = parts[0],
        name_file = None,
        platform = parts[-1],
        python_tag = parts[-3],
        version = parts[1],
        wheel = wheel,
    )
