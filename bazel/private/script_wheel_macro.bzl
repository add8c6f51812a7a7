"""`script_wheel` as users load it: the rule, and the repair of its wheel."""

load(":repaired.bzl", "repaired_attributes")
load(":script_wheel.bzl", _script_wheel = "script_wheel")

def script_wheel(name, repair = None, **kwargs):
    """Declares a wheel that your own program builds.

    Args:
      name: name of the target.
      repair: attributes of `wheel_repair`, such as `{"libs": [":libexample"], "plat": "manylinux_2_28_x86_64"}`, for a wheel with
        copies of the libraries that it needs. The action that writes the program's wheel again repairs it. `platform` is then the
        tag before the repair, such as `linux_x86_64`, and the attributes `audit` are about the wheel after it.
      **kwargs: attributes of the rule.
    """
    _script_wheel(
        name = name,
        **repaired_attributes(repair, kwargs)
    )
