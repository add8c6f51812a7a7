"""The attribute `repair` of rules that make wheels, as users write it."""

load(":audit.bzl", "audit_attrs")
load(":repair.bzl", "repair_attrs")

# Attributes that the rules have under these names: those about the audit after the repair, and those of all rules.
_OF_RULES = ["audit", "audit_require", "compatible_with", "device_code", "features", "restricted_to", "tags", "target_compatible_with", "testonly", "visibility"]

# Attributes of `wheel_repair` with a prefix in these rules.
_PREFIXES = dict(
    {name: "audit_" for name in audit_attrs()},
    **{name: "repair_" for name in repair_attrs()}
)

def repaired_attributes(repair, kwargs):
    """Returns the attributes of a rule whose wheel is repaired.

    Args:
      repair: attributes of `wheel_repair`, or None.
      kwargs: the other attributes of the rule.

    Returns:
      A dict.
    """
    if repair == None:
        return kwargs
    attributes = dict(kwargs)
    if "plat" not in repair:
        fail("attribute `repair`: expected `plat`, found {}\n  hint: name the platform tag that the wheel must meet, such as `manylinux_2_28_x86_64`".format(sorted(repair)))
    for name, value in repair.items():
        if name in _OF_RULES:
            attributes[name] = value
        elif name in _PREFIXES:
            attributes[_PREFIXES[name] + name] = value
        else:
            fail("attribute `repair`: `{}` is no attribute of a repair while a wheel is written\n  hint: use one of {}".format(
                name,
                ", ".join(["`{}`".format(known) for known in sorted(_PREFIXES)]),
            ))
    return attributes
