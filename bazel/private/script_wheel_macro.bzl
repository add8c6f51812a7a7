"""`script_wheel` as users load it: the rule, and the repair of its wheel."""

load(":repaired.bzl", "declare_repair")
load(":script_wheel.bzl", _script_wheel = "script_wheel")

def script_wheel(name, repair = None, **kwargs):
    """Declares a wheel that your own program builds.

    Args:
      name: name of the target.
      repair: attributes of `wheel_repair`, such as `{"libs": [":libexample"], "plat": "manylinux_2_28_x86_64"}`, for a wheel with
        copies of the libraries that it needs. `platform` is then the tag before the repair, such as `linux_x86_64`, and
        the attributes `audit` are about the wheel after it. The program's wheel is `NAME.unrepaired`.
      **kwargs: attributes of the rule.
    """
    written, kwargs = declare_repair(name, repair, kwargs)
    _script_wheel(
        name = written,
        **kwargs
    )
