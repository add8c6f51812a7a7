"""Checks by their text that the actions of the rules are fit for path mapping.

Bazel 7 and later can replace the configuration in the paths of an action that has `supports-path-mapping`. They
replace the paths of `File`s in `Args` and in functions of `map_each`, and no other string: an action with such a
string looks for a file that is not there. Bazel 4, which runs here, does not show it.
"""

import ast
from collections.abc import Iterator

# Actions that are not marked, with the reason.
NOT_MARKED = {
    "CudaCompile": "include directories are strings, and nvcc writes the path of the source into symbols",
    "WheelScript": "the user's program may write its paths into the wheel",
}
# The functions that make the arguments of these actions.
OF_NOT_MARKED = ["_compile", "_own_context", "_run_script", "_script_arguments"]

# Evaluated by each release: the values must be the string "1".
MARKS = """\
load("@wheelworks//bazel/private:toolchain.bzl", "EXECUTION_REQUIREMENTS", "PATH_MAPPING")
MISSING = [fail("`supports-path-mapping` is not \\"1\\"", r) for r in EXECUTION_REQUIREMENTS.values() + [PATH_MAPPING] if r.get("supports-path-mapping") != "1"]
"""


def problems(source: str) -> Iterator[str]:
    """Yields what is wrong in a .bzl file."""
    tree = ast.parse(source)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    runs = [c for c in calls if isinstance(c.func, ast.Attribute) and c.func.attr in ("run", "run_shell")]
    for call in runs:
        words = {keyword.arg: keyword.value for keyword in call.keywords}
        mnemonic = words.get("mnemonic")
        if isinstance(mnemonic, ast.Constant) and mnemonic.value in NOT_MARKED:
            continue
        if "execution_requirements" not in words:
            yield f"{call.lineno}: an action has no `execution_requirements`, so is not marked for path mapping"
    # The names of functions of `map_each`, also in a conditional expression.
    values = [keyword.value for call in calls for keyword in call.keywords if keyword.arg == "map_each"]
    mapping = {node.id for value in values for node in ast.walk(value) if isinstance(node, ast.Name)}
    if not runs and not mapping:
        return
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
        if function.name in mapping or function.name in OF_NOT_MARKED:
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute) and node.attr in ("dirname", "path", "root"):
                yield f"{node.lineno}: `.{node.attr}` outside of `map_each` is not mapped: pass the `File` to `Args`"
