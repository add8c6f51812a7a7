"""The attribute `repair` of rules that make wheels: `wheel_repair` on the wheel that the rule makes."""

load(":wheel_repair.bzl", "wheel_repair")

# Attributes that both targets have.
_SHARED = ["compatible_with", "features", "restricted_to", "tags", "target_compatible_with", "testonly"]

# Attributes of the audit that have the same name in `wheel_repair`.
_AUDIT = ["audit", "audit_require"]

def declare_repair(name, repair, kwargs):
    """Declares the repair of a wheel, unless `repair` is None.

    Args:
      name: name of the repaired wheel, or of the only one.
      repair: attributes of `wheel_repair`, or None.
      kwargs: attributes of the rule that makes the wheel.

    Returns:
      The name and the attributes with which the caller must declare the wheel itself.
    """
    if repair == None:
        return name, kwargs
    own = {}
    attributes = {}
    for key, value in kwargs.items():
        if key in _AUDIT or key == "visibility":
            attributes[key] = value
        elif key.startswith("audit_"):
            attributes[key[len("audit_"):]] = value
        else:
            own[key] = value
            if key in _SHARED:
                attributes[key] = value
    attributes.update(repair)
    unrepaired = name + ".unrepaired"
    wheel_repair(
        name = name,
        wheel = unrepaired,
        **attributes
    )
    own["audit"] = "off"
    own["tags"] = (own.get("tags") or []) + ["manual"]
    own["visibility"] = ["//visibility:private"]
    return unrepaired, own
