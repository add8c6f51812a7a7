"""Versions of wheels: suffixes by kind of build, constants in source files, lists of requirements.

Pure functions on text, called by the repository rules in `version_repositories.bzl`. They return problems
instead of failing, so that a test can check them.
"""

WHEEL_TYPE = "ML_WHEEL_TYPE"
BUILD_DATE = "ML_WHEEL_BUILD_DATE"
GIT_HASH = "ML_WHEEL_GIT_HASH"
VERSION_SUFFIX = "ML_WHEEL_VERSION_SUFFIX"

# Environment variables that determine the suffix.
SUFFIX_VARIABLES = [WHEEL_TYPE, BUILD_DATE, GIT_HASH, VERSION_SUFFIX]

_TYPES = ["custom", "nightly", "release", "snapshot"]

_DIGITS = "0123456789"
_ALPHANUMERIC = _DIGITS + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

# Characters of a version; the wheel's own rule decides whether it is one.
_VERSION_CHARACTERS = _ALPHANUMERIC + "-_.+!"

# How many characters of a commit's hash a version has.
_HASH_LENGTH = 9

def _variable_problem(variable, value, problem, hint):
    return "environment variable `{}`: `{}` {}\n  hint: {}".format(variable, value, problem, hint)

def _suffix(wheel = "", semantic = "", problem = None):
    return struct(wheel = wheel, semantic = semantic, problem = problem)

def _day(build_date):
    """Returns a date without dashes, or None if it is not a date."""
    digits = build_date.replace("-", "")
    if len(digits) < 8 or digits.strip(_DIGITS):
        return None
    month, day = digits[4:6], digits[6:8]
    if month < "01" or month > "12" or day < "01" or day > "31":
        return None
    return digits

def wheel_version_suffix(wheel_type, build_date, git_hash, version_suffix):
    """Returns the suffix of a version, by the kind of build.

    Args:
      wheel_type: value of `ML_WHEEL_TYPE`; None if it is not set, which means `snapshot`.
      build_date: value of `ML_WHEEL_BUILD_DATE`, as YYYYMMDD or YYYY-MM-DD; None or empty for none.
      git_hash: value of `ML_WHEEL_GIT_HASH`; None or empty for none.
      version_suffix: value of `ML_WHEEL_VERSION_SUFFIX`; None or empty for none.

    Returns:
      A struct: `wheel` is the suffix of a PEP 440 version, `semantic` of a SemVer version; `problem` is
      None, or says what is wrong with which variable.
    """
    if wheel_type == None:
        wheel_type = "snapshot"
    if wheel_type not in _TYPES:
        return _suffix(problem = _variable_problem(
            WHEEL_TYPE,
            wheel_type,
            "is not a kind of build",
            "use one of {}".format(", ".join(["`{}`".format(name) for name in _TYPES])),
        ))
    if wheel_type == "snapshot":
        return _suffix(".dev0+selfbuilt", "-dev0+selfbuilt")

    wheel, semantic = "", ""
    if wheel_type != "release" and build_date:
        day = _day(build_date)
        if not day:
            return _suffix(problem = _variable_problem(
                BUILD_DATE,
                build_date,
                "is not a date",
                "write it as YYYYMMDD or YYYY-MM-DD",
            ))
        wheel += ".dev" + day
        semantic += "-dev" + day
    if wheel_type == "nightly":
        if build_date:
            return _suffix(wheel, semantic)
        return _suffix(problem = "environment variable `{}`: not set, and `{}` is `nightly`\n  hint: set it to a date, as YYYYMMDD or YYYY-MM-DD".format(
            BUILD_DATE,
            WHEEL_TYPE,
        ))

    if wheel_type == "custom" and git_hash:
        # Installers drop leading zeros of a local version that has only digits.
        digits = git_hash.lstrip("0")[:_HASH_LENGTH]
        if not digits or git_hash.strip(_ALPHANUMERIC):
            return _suffix(problem = _variable_problem(
                GIT_HASH,
                git_hash,
                "is not the hash of a commit",
                "use what `git rev-parse HEAD` prints",
            ))
        wheel += "+" + digits
        semantic += "+" + digits
    if version_suffix:
        if version_suffix.strip(_VERSION_CHARACTERS):
            return _suffix(problem = _variable_problem(
                VERSION_SUFFIX,
                version_suffix,
                "has characters that a version cannot hold",
                "write it like `rc1`, `-rc1` or `.post1`",
            ))
        wheel += version_suffix.replace("-", "")
        semantic += version_suffix
    return _suffix(wheel, semantic)

def _is_word(text):
    """Returns whether a character can be part of a name."""
    return bool(text) and (text == "_" or not text.strip(_ALPHANUMERIC))

def _after_key(line, key):
    """Returns the text after a key that is a word of its own in a line; None if the line has no such key."""
    before, found, after = line.partition(key)
    if not found or _is_word(before[-1:]) or _is_word(after[:1]) or "\"" in before or "'" in before:
        return None
    return after

def _literal(text):
    """Returns the string literal at the start of a text, and the text after it; None if there is none."""
    quote = text[:1]
    if quote not in ["'", "\""] or text[1:].startswith(quote * 2):
        return None
    value, closed, rest = text[1:].partition(quote)
    return (value, rest.strip()) if closed and "\\" not in value else None

def _assigned(rest):
    """Returns the value of a key from the text after it: `= …`, `: str = …`, `[] = …`, or after `#define KEY`."""
    rest = rest.strip()
    if rest[:1] in ["'", "\""]:
        return rest
    before, equals, after = rest.partition("=")
    before = before.strip()
    if not equals or after.startswith("="):
        return None
    return after.strip() if before in ["", "[]"] or before.startswith(":") else None

def version_constant(text, key):
    """Finds the version that a source file assigns to a key.

    Args:
      text: the source, in Python, Starlark, TOML, C or C++.
      key: name of the constant, such as `_version`.

    Returns:
      A struct: `version`, and `problem`, which is None or says why there is no version.
    """
    for line in text.splitlines():
        after = _after_key(line.strip(), key)
        if after == None or line.strip().startswith("//"):
            continue
        if line.strip().startswith("#") and not line.strip().startswith("#define"):
            continue
        value = _assigned(after)
        if value == None:
            continue
        literal = _literal(value)
        if not literal or not (literal[1] in ["", ";", ","] or literal[1][:1] == "#" or literal[1].lstrip(";, ").startswith("//")):
            return struct(version = "", problem = "`{}` is not a plain text in quotes: `{}`".format(key, line.strip()))
        if not literal[0] or literal[0].strip(_VERSION_CHARACTERS):
            return struct(version = "", problem = "`{}` is not a version: `{}`".format(key, line.strip()))
        return struct(version = literal[0], problem = None)
    return struct(version = "", problem = "nothing sets `{}`".format(key))

def _without_comment(line):
    """Returns a line of a requirements file without its comment, which starts a line or follows a space."""
    line = " " + line.replace("\t", " ")
    return line.partition(" #")[0].strip()

def requirements_of(text):
    """Returns the requirements in a requirements file of pip.

    Args:
      text: the file's text, such as `nvidia-cudnn-cu12>=9.8,<10` in each line. Comments, hashes and
        lines with options of pip are left out.

    Returns:
      A list of strings, each as METADATA has it after `Requires-Dist:`.
    """

    # A line that ends with `\` continues in the next. As in pip, comments are removed first.
    joined = []
    continues = False
    for line in text.splitlines():
        line = _without_comment(line)
        part = line[:-1].strip() if line.endswith("\\") else line
        if continues:
            joined[-1] = (joined[-1] + " " + part).strip()
        else:
            joined.append(part)
        continues = line.endswith("\\")

    requirements = []
    for line in joined:
        requirement = (" " + line).partition(" --")[0].strip()
        if requirement and not requirement.startswith("-"):
            requirements.append(requirement)
    return requirements
