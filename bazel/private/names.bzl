"""The parts of a wheel's file name, checked and normalised at analysis.

The name follows the binary distribution format:

    {distribution}-{version}(-{build})?-{python}-{abi}-{platform}.whl

The binary computes the same name and refuses to write a wheel to any other, so a mistake in this
file fails a build instead of publishing a misnamed wheel.

Starlark has neither regular expressions nor `while`, hence the small hand-written scanner.
"""

load(":tags.bzl", "are_selectable", "is_known_tag", "tag_hint")

_DIGITS = "0123456789"
_LOWER = "abcdefghijklmnopqrstuvwxyz"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ALPHANUMERIC = _DIGITS + _LOWER + _UPPER
_SEPARATORS = "-_."

# Spellings of the parts that follow a release number, and their normal form in PEP 440. A longer
# spelling comes before a shorter one that it starts with.
_PRE_RELEASE = [
    ("alpha", "a"),
    ("beta", "b"),
    ("preview", "rc"),
    ("pre", "rc"),
    ("rc", "rc"),
    ("a", "a"),
    ("b", "b"),
    ("c", "rc"),
]
_POST_RELEASE = [("post", ".post"), ("rev", ".post"), ("r", ".post")]
_DEV_RELEASE = [("dev", ".dev")]

def fail_attribute(attribute, value, problem, hint):
    """Fails the analysis of a target over the value of one attribute.

    Args:
      attribute: the attribute's name.
      value: its value, a string or an integer.
      problem: what is wrong, as a clause that follows the value.
      hint: how to fix it.
    """
    fail("attribute `{}`: `{}` {}\n  hint: {}".format(attribute, value, problem, hint))

def _only(text, alphabet):
    """Returns whether `text` is not empty and has only characters of `alphabet`."""
    return bool(text) and not text.strip(alphabet)

def _after(text, start, alphabet):
    """Returns the first position from `start` on without a character of `alphabet`."""
    for position in range(start, len(text)):
        if text[position] not in alphabet:
            return position
    return len(text)

def _number(digits):
    """Strips leading zeros. Not `int`: a date with a time does not fit into 32 bits."""
    return digits.lstrip("0") or "0"

def normalize_distribution(distribution):
    """Returns a distribution name in its form for a wheel's file name.

    Args:
      distribution: value of the attribute `distribution`.

    Returns:
      The name in lower case, each run of `-`, `_` and `.` replaced by one `_`.
    """
    edges_are_alphanumeric = (
        distribution and
        distribution[0] in _ALPHANUMERIC and
        distribution[-1] in _ALPHANUMERIC
    )
    if not edges_are_alphanumeric or not _only(distribution, _ALPHANUMERIC + _SEPARATORS):
        fail_attribute(
            "distribution",
            distribution,
            "is not a distribution name",
            "use ASCII letters, digits, `-`, `_` and `.`, with a letter or digit at both ends",
        )
    words = distribution.lower().replace("-", "_").replace(".", "_").split("_")
    return "_".join([word for word in words if word])

def _scan_release(text):
    """Scans `1.02.3`. Returns its numbers and the position after them."""
    numbers = []
    position = 0
    for _ in range(len(text)):
        end = _after(text, position, _DIGITS)
        if end == position:
            break
        numbers.append(_number(text[position:end]))
        position = end

        # A dot without a digit after it belongs to the next part, as in `1.0.dev1`.
        if text[position:position + 1] != "." or not _only(text[position + 1:position + 2], _DIGITS):
            break
        position += 1
    return numbers, position

def _scan_suffix(text, start, spellings):
    """Scans a part such as `-beta_2` at `start`. Returns its normal form and the position after it."""
    position = start
    if text[position:position + 1] and text[position] in _SEPARATORS:
        position += 1
    for spelling, normal in spellings:
        if not text[position:].startswith(spelling):
            continue
        position += len(spelling)

        # A separator without a number after it belongs to the next part, as in `1.0a.dev1`.
        number_start = position
        if text[position:position + 1] and text[position] in _SEPARATORS:
            number_start += 1
        number_end = _after(text, number_start, _DIGITS)
        if number_end == number_start:
            return normal + "0", position
        return normal + _number(text[number_start:number_end]), number_end
    return "", start

def _scan_post(text, start):
    """Scans a post-release, which may also be spelled `-1`."""
    if text[start:start + 1] == "-":
        end = _after(text, start + 1, _DIGITS)
        if end > start + 1:
            return ".post" + _number(text[start + 1:end]), end
    return _scan_suffix(text, start, _POST_RELEASE)

def _normalize_local(local):
    """Returns a local version such as `CU12-01` in normal form, or None if it is not one."""
    words = local.replace("-", ".").replace("_", ".").split(".")
    for word in words:
        if not _only(word, _DIGITS + _LOWER):
            return None
    return ".".join([_number(word) if _only(word, _DIGITS) else word for word in words])

def _parse_version(version):
    """Returns a version in normal form, or None if it is not one."""
    text = version.strip().lower()
    if text.startswith("v"):
        text = text[1:]
    public, plus, local = text.partition("+")
    epoch, bang, rest = public.partition("!")
    if not bang:
        epoch, rest = "0", public
    if not _only(epoch, _DIGITS):
        return None

    numbers, position = _scan_release(rest)
    pre, position = _scan_suffix(rest, position, _PRE_RELEASE)
    post, position = _scan_post(rest, position)
    dev, position = _scan_suffix(rest, position, _DEV_RELEASE)
    if not numbers or position != len(rest):
        return None

    normal = ".".join(numbers) + pre + post + dev
    if _number(epoch) != "0":
        normal = _number(epoch) + "!" + normal
    if plus:
        local = _normalize_local(local)
        if local == None:
            return None
        normal += "+" + local
    return normal

def normalize_version(version):
    """Returns a version in its form for a wheel's file name.

    Args:
      version: value of the attribute `version`.

    Returns:
      The version in the normal form of PEP 440.
    """
    normal = _parse_version(version)
    if normal == None:
        fail_attribute(
            "version",
            version,
            "is not a PEP 440 version",
            "write it like `1.2.3`, `1.2rc1`, `1.2.post1`, `1.2.dev20260131` or `1.2+cu12`",
        )
    return normal

def check_build_tag(build_tag):
    """Checks a build tag.

    Args:
      build_tag: value of the attribute `build_tag`; empty for none.

    Returns:
      The same value.
    """
    if not build_tag:
        return build_tag
    if build_tag[0] not in _DIGITS:
        fail_attribute(
            "build_tag",
            build_tag,
            "does not start with a digit",
            "put a number in front, such as `1{}`".format(build_tag),
        )
    if not _only(build_tag, _ALPHANUMERIC + "_."):
        fail_attribute(
            "build_tag",
            build_tag,
            "has characters that a wheel's file name cannot hold",
            "use ASCII letters, digits, `_` and `.`",
        )
    return build_tag

def normalize_tags(attribute, tags):
    """Returns a tag, or a set of tags joined by dots, in its form for a wheel's file name.

    Args:
      attribute: name of the attribute.
      tags: its value.

    Returns:
      The tags sorted, each once, joined by dots.
    """
    normal = {}
    for tag in tags.split("."):
        if not tag:
            fail_attribute(
                attribute,
                tags,
                "has an empty tag",
                "write one tag, or several with a single `.` between them",
            )
        if not _only(tag, _DIGITS + _LOWER + "_"):
            suggestion = tag.lower().replace("-", "_")
            fail_attribute(
                attribute,
                tags,
                "has characters that a tag cannot hold",
                "write `{}` instead of `{}`".format(suggestion, tag) if _only(suggestion, _DIGITS + _LOWER + "_") else "use lower-case ASCII letters, digits and `_`",
            )
        normal[tag] = None
    return ".".join(sorted(normal))

def wheel_tags(python_tag, abi, platform):
    """Returns the tags of a wheel in normal form. Fails if no installer looks for them.

    Args:
      python_tag: value of the attribute `python_tag`.
      abi: value of the attribute `abi`.
      platform: value of the attribute `platform`.

    Returns:
      The three, each as `normalize_tags` returns it.
    """
    normal = []
    for attribute, value in [("python_tag", python_tag), ("abi", abi), ("platform", platform)]:
        normal.append(normalize_tags(attribute, value))
        for tag in normal[-1].split("."):
            if not is_known_tag(attribute, tag):
                fail_attribute(
                    attribute,
                    value,
                    "has the tag `{}`, which no installer looks for".format(tag),
                    tag_hint(attribute, tag),
                )
    python_tag, abi, platform = normal
    if not are_selectable(python_tag, abi, platform):
        fail_attribute(
            "abi",
            abi,
            "does not go with `{}` as `python_tag` and `{}` as `platform`".format(python_tag, platform),
            "`pyX` goes with the ABI `none`, `cpXY` with `cpXY`, `abi3` or `none`, and the platform `any` with the ABI `none`",
        )
    return python_tag, abi, platform

def wheel_filename(distribution, version, build_tag, python_tag, abi, platform):
    """Returns the file name of a wheel, from normalised parts.

    Args:
      distribution: see `normalize_distribution`.
      version: see `normalize_version`.
      build_tag: see `check_build_tag`.
      python_tag: see `wheel_tags`.
      abi: see `wheel_tags`.
      platform: see `wheel_tags`.

    Returns:
      The name, with its extension.
    """
    parts = [distribution, version, build_tag, python_tag, abi, platform]
    return "-".join([part for part in parts if part]) + ".whl"
