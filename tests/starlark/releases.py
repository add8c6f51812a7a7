"""What each release of Bazel declares: the tables in bazel.toml, and the module of builtin functions made from them."""

import ast
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
OF_THE_INTERPRETER = {"json", "struct"}
SETUP_FUNCTIONS = {
    "WORKSPACE": ["local_repository", "register_toolchains", "workspace"],
    "MODULE.bazel": ["archive_override", "bazel_dep", "git_override", "local_path_override", "module"]
    + ["register_toolchains", "use_repo"],
}


def defined(tree: ast.Module) -> set[str]:
    """Returns the names that a file defines."""
    names = {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            names |= {n.id for target in statement.targets for n in ast.walk(target) if isinstance(n, ast.Name)}
    return names


def bound(tree: ast.Module) -> set[str]:
    """Returns the names that a file defines or loads."""
    return defined(tree).union(*(symbols for _, symbols in loads(tree)))


def loads(tree: ast.Module) -> Iterator[tuple[str, dict[str, str]]]:
    """Yields the label of each `load` statement, and the loaded symbols by their names in the file."""
    for statement in tree.body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "load":
            label, *names = (a.value for a in call.args if isinstance(a, ast.Constant))
            renamed = {k.arg: k.value.value for k in call.keywords if isinstance(k.value, ast.Constant)}
            yield label, {**{name: name for name in names}, **renamed}


@dataclass
class Table:
    """What one release of Bazel declares."""

    release: str
    globals: list[str]
    native: list[str]
    parameters: dict[str, list[str]]
    ctx: list[str]

    @staticmethod
    def read() -> tuple[dict[str, "Table"], dict[str, list[str]], dict[str, list[str]]]:
        """Returns the tables, the ways of set-up by release, and the symbols of other rule sets."""
        raw = tomllib.loads((HERE / "bazel.toml").read_text(encoding="utf-8"))
        external = {label: names.split() for label, names in raw.pop("external").items()}
        releases = list(raw)

        def shared(get: Callable[[dict[str, Any]], str | None], release: str) -> list[str] | None:
            """Returns the words of a row; those that the nearest rows below and above share, if there is none."""
            at = releases.index(release)
            below = [words for r in releases[: at + 1] if (words := get(raw[r])) is not None]
            above = [words for r in releases[at:] if (words := get(raw[r])) is not None]
            if not below or not above:
                return None
            return [word for word in below[-1].split() if word in above[0].split()]

        functions = {name for r in releases for name in raw[r]["parameters"]}
        tables = {}
        for release in releases:
            rows = {f: shared(lambda t, f=f: t["parameters"].get(f), release) for f in functions}
            tables[release] = Table(
                release,
                raw[release]["globals"].split(),
                raw[release]["native"].split(),
                {f: words for f, words in rows.items() if words is not None},
                shared(lambda t: t.get("ctx"), release) or [],
            )
        return tables, {r: raw[r]["setup"] for r in releases}, external

    def builtins(self) -> str:
        """Returns the source of the module that declares this release's builtin functions."""
        stub = "def {}(*args, **kwargs):\n    return struct()\n\n".format
        lines = [f'_release = "{self.release}"\n\n', (HERE / "builtins.star").read_text(encoding="utf-8"), "\n"]
        members: dict[str, list[str]] = {"attr": [], "config": [], "native": list(self.native)}
        for name, parameters in sorted(self.parameters.items()):
            scope, _, function = name.rpartition(".")
            if scope not in ("", "attr", "config") or (not scope and function not in self.globals):
                continue
            own = f"_{scope}_{function}" if scope else function
            members.setdefault(scope, []).append(function)
            signature = ", ".join(f"{parameter} = None" for parameter in parameters)
            first = f'"{function}", ' if scope else ""
            given = ", ".join(f'"{parameter}": {parameter}' for parameter in parameters)
            callee = f"_{scope or function}"
            lines.append(f"def {own}({signature}):\n")
            lines.append(f"    given = {{k: v for k, v in {{{given}}}.items() if v != None}}\n")
            lines.append(f"    return {callee}({first}given)\n\n")
        special = {"glob": "lambda include, exclude = [], allow_empty = True: include"}
        special |= {"package": "lambda **kwargs: None", "exports_files": "lambda srcs, visibility = None: None"}
        special |= {"existing_rule": "_existing_rule", "existing_rules": "lambda: {}"}
        special |= {"package_name": 'lambda: "package"', "repository_name": 'lambda: "@"'}
        for name in self.native:
            lines.append(f"native_{name} = {special.get(name, '_native_rule')}\n")
        fields = ", ".join(f"{name} = native_{name}" for name in self.native)
        # Debian's Bazel 4 has no version in .bzl files.
        version = "" if self.release == "4.2.3" else f'bazel_version = "{self.release}", '
        lines.append(f"native = struct({version}{fields}, register_toolchains = lambda *labels: None)\n")
        for scope in ("attr", "config"):
            lines.append(f"{scope} = struct({', '.join(f'{n} = _{scope}_{n}' for n in members[scope])})\n")
        source = "".join(lines)
        # Bazel's other symbols only need to exist.
        rest = {*self.globals, *(name for names in SETUP_FUNCTIONS.values() for name in names)}
        return source + "".join(map(stub, sorted(rest - bound(ast.parse(source)) - OF_THE_INTERPRETER)))
