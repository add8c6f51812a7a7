"""Loads every .bzl and BUILD file of the repository as four releases of Bazel would, and reports what fails.

A Starlark interpreter evaluates the files under the names and parameters in bazel.toml, with the stand-ins in
builtins.star. The set-up of a consumer runs first (WORKSPACE, MODULE.bazel and the module extensions); the
repositories that it generates are loaded as well. Calls of `ctx.actions` and `Args`, which the loading phase does
not run, are checked by their text.
"""

import ast
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import path_mapping
import starlark
from releases import OF_THE_INTERPRETER, SETUP_FUNCTIONS, Table, bound, defined, loads

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# The repositories with files in this checkout, by name. A consumer's files are in one of them.
REPOSITORIES = {
    "wheelworks": ROOT,
    "consumer": ROOT / "tests" / "bazel",
    "example": ROOT / "examples" / "modules",
    "cuda_plugin": ROOT / "examples" / "cuda_plugin",
    "from_py_wheel": ROOT / "examples" / "from_py_wheel",
    "every_setup": HERE / "setup",
}
GLOBALS = starlark.Globals.extended_by(
    [starlark.LibraryExtension.StructType, starlark.LibraryExtension.Print, starlark.LibraryExtension.Json]
)
# The consumers among them that have modules only.
EXAMPLES = ["cuda_plugin", "example", "from_py_wheel"]
NEEDS_MODULES = {"bazel/cuda_extensions.bzl", "bazel/extensions.bzl", "bazel/version_extensions.bzl"}


class Broken(Exception):
    """A file that does not load."""


FAILURES = (starlark.StarlarkError, SyntaxError, OSError, Broken)


@dataclass
class Loader:
    """Loads the files of one consumer with one release."""

    table: Table
    external: dict[str, list[str]]
    consumer: str
    modules: bool
    loaded: dict[str, starlark.FrozenModule | Broken] = field(default_factory=dict)
    # Files of generated repositories, by repository and path.
    generated: dict[str, dict[str, str]] = field(default_factory=dict)
    # Repositories of WORKSPACE.
    declared: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    # The labels of the files that are being evaluated.
    stack: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        module = starlark.Module()
        module.add_callable("_emit_file", lambda name, path, text: self.generated.setdefault(name, {}).update({path: text}))
        module.add_callable("_emit_test_rule", self.test_rule)
        module.add_callable("_declare_repository", self.declared.add)
        module.add_callable("_is_declared", lambda name: name in self.declared)
        module.add_callable("_read_file", self.read_file)
        source = self.table.builtins()
        starlark.eval(module, starlark.parse("builtins.star", source, starlark.Dialect.extended()), GLOBALS)
        self.builtins = module.freeze()

    def read_file(self, label: str) -> str:
        """Returns the text of a source file, for a repository rule."""
        repository, _, path = label.removeprefix("@").partition("//")
        return (REPOSITORIES[repository or self.consumer] / path.replace(":", "/").lstrip("/")).read_text(encoding="utf-8")

    def test_rule(self, has_group: bool) -> None:
        """Reports a test rule of ours that Bazel 9 runs only where the target's platform does (bazelbuild/bazel#25823)."""
        label = self.stack[-1]
        if self.modules and label.startswith("@wheelworks//") and not has_group:
            self.problems.append(f"{self.describe()}: {label}: a test rule has no execution group `test`\n"
                                 "  hint: pass it `**test_rule_parameters()` of @wheelworks_compat")

    def describe(self) -> str:
        return f"Bazel {self.table.release}, {'modules' if self.modules else 'WORKSPACE'}, {self.consumer}"

    def evaluate(self, source: str, label: str, names: list[str], prefix: str = "") -> starlark.FrozenModule:
        """Evaluates a file. `names` are the builtin functions that it may name."""
        repository, _, rest = label.removeprefix("@").partition("//")
        package = rest.partition(":")[0]
        tree = ast.parse(source)
        used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        injected = sorted(used & set(names) - bound(tree) - OF_THE_INTERPRETER)
        # On the first line of the file, so that lines keep their numbers; `def` needs a line of its own.
        end = "\n" if tree.body and isinstance(tree.body[0], ast.FunctionDef) else "; "
        head = f"load({', '.join(map(repr, ['@builtins', *injected]))}){end}" if injected else ""
        dialect = starlark.Dialect.standard()
        dialect.enable_keyword_only_arguments = True
        module = starlark.Module()
        loader = starlark.FileLoader(lambda name: self.load(name, repository, package))
        self.stack.append(label)
        try:
            starlark.eval(module, starlark.parse(label, prefix + head + source, dialect), GLOBALS, loader)
        finally:
            self.stack.pop()
        return module.freeze()

    def load(self, name: str, repository: str, package: str) -> starlark.FrozenModule:
        """Loads the file of a label in a file of a package."""
        if name == "@builtins":
            return self.builtins
        own = repository or self.consumer
        label = name if name.startswith("@") else f"@{own}{name}" if name.startswith("//") else f"@{own}//{package}{name}"
        if label not in self.loaded:
            try:
                self.loaded[label] = self._load(label)
            except FAILURES as error:
                self.report(label, error)
                self.loaded[label] = Broken(label)
        found = self.loaded[label]
        if isinstance(found, Broken):
            raise found
        return found

    def _load(self, label: str) -> starlark.FrozenModule:
        repository, _, rest = label.removeprefix("@").partition("//")
        package, _, file = rest.partition(":")
        if label in self.external:
            source = "".join(f"def {n}(*args, **kwargs):\n    return struct()\n\n" for n in self.external[label])
            return self.evaluate(source, label, [])
        if repository in self.generated:
            path = f"{package}/{file}".lstrip("/")
            if path not in self.generated[repository]:
                raise FileNotFoundError(label)
            source = self.generated[repository][path]
        else:
            if repository not in REPOSITORIES:
                raise FileNotFoundError(f"{label}: not in [external] of bazel.toml")
            source = (REPOSITORIES[repository] / package / file).read_text(encoding="utf-8")
        found = list(unknown_parameters(source, self.table))
        if repository in ("broken", "wheelworks"):
            found += path_mapping.problems(source)
        for problem in found:
            self.problems.append(f"{self.describe()}: {label}:{problem}")
        return self.evaluate(source, label, self.table.globals)

    def build(self, source: str, label: str) -> None:
        """Evaluates a BUILD file."""
        self._try(label, lambda: self.evaluate(source, label, ["select"], self.natives(source)))

    def check(self, label: str, source: str) -> None:
        """Evaluates a .bzl file of the lint itself."""
        self._try(label, lambda: self.evaluate(source, label, self.table.globals))

    def natives(self, source: str) -> str:
        """Returns the start of a BUILD file, in which the functions of `native` are global names."""
        tree = ast.parse(source)
        used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} - bound(tree)
        names = [f"{name} = 'native_{name}'" for name in self.table.native if name in used]
        return f"load('@builtins', {', '.join(names)}); " if names else ""

    def setup(self) -> None:
        """Evaluates WORKSPACE or MODULE.bazel, with the module extensions."""
        name = "MODULE.bazel" if self.modules else "WORKSPACE"
        names = [*SETUP_FUNCTIONS[name], "load_tags", "run_extension"]
        for repository in (self.consumer, "wheelworks"):
            source = (REPOSITORIES[repository] / name).read_text(encoding="utf-8")
            if self.modules:
                source = with_extensions(source)
            label = f"@{repository}//:{name}"
            self._try(label, lambda: self.evaluate(source, label, names))
            # Without a tag of the consumer, the extension runs for the module itself.
            if "wheelworks_compat" in self.generated:
                break

    def _try(self, label: str, call: Callable[[], object]) -> None:
        try:
            call()
        except FAILURES as error:
            self.report(label, error)

    def report(self, label: str, error: Exception) -> None:
        """Adds a problem, unless it is about a file that is loaded and reported itself."""
        if f"{Broken.__name__}: " not in str(error):
            self.problems.append(f"{self.describe()}: {label} does not load\n{error}")


def with_extensions(source: str) -> str:
    """Replaces the calls in MODULE.bazel that name a .bzl file by a `load` of that file."""
    lines = source.splitlines(keepends=True)
    runs = []
    for statement in ast.parse(source).body:
        call = statement.value if isinstance(statement, ast.Assign) else None
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
            continue
        name = statement.targets[0].id
        label, symbol = (a.value for a in call.args)
        at = statement.lineno - 1
        if call.func.id == "use_extension" and not label.startswith(("//", "@wheelworks//")):
            # Of another rule set: its tags only need to exist.
            tags = {n.attr for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Attribute) and n.value.id == name}
            lines[at] = f"{name} = struct({', '.join(f'{tag} = use_repo' for tag in sorted(tags))})\n"
        elif call.func.id == "use_extension":
            lines[at] = f'load("{label}", _{name} = "{symbol}"); {name}, _made_{name} = load_tags(_{name})\n'
            runs.append(f"run_extension(_{name}, _made_{name})\n")
        elif call.func.id == "use_repo_rule":
            lines[at] = f'load("{label}", {name} = "{symbol}")\n'
    return "".join(lines) + "".join(runs)


def unknown_parameters(source: str, table: Table) -> Iterator[str]:
    """Yields the calls of `ctx.actions` and `Args`, and the fields of `ctx`, that a release does not know."""
    methods = {name.partition(".")[2]: words for name, words in table.parameters.items() if name.startswith("Args.")}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "ctx":
            if node.attr not in table.ctx:
                yield f"{node.lineno}: `ctx` has no field `{node.attr}`"
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        method, receiver = node.func.attr, node.func.value
        if isinstance(receiver, ast.Attribute) and receiver.attr == "actions":
            known = table.parameters.get(f"actions.{method}")
            if known is None:
                yield f"{node.lineno}: there is no `ctx.actions.{method}`"
                continue
        elif method == "runfiles" and isinstance(receiver, ast.Name) and receiver.id == "ctx":
            known = table.parameters.get("ctx.runfiles") or [k.arg for k in node.keywords]
        elif method in methods:
            known = methods[method]
        else:
            continue
        for keyword in node.keywords:
            if keyword.arg and keyword.arg not in known:
                yield f"{node.lineno}: `{method}` has no parameter `{keyword.arg}`"


def files(directory: Path, *names: str) -> list[Path]:
    """Returns the files of a tree with given names, without the stand-ins for other rule sets."""
    found = sorted(p for name in names for p in directory.rglob(name))
    return [p for p in found if "third_party/rules_" not in str(p) and "bazel-" not in str(p.relative_to(directory))]


# Which `PyInfo` the rules must look for, by consumer and set-up: every_setup has rules_python in WORKSPACE, and before
# Bazel 8, native Python rules may be used beside those of rules_python.
PY_INFOS = {
    ("consumer", "WORKSPACE"): "[PyInfo]",
    ("every_setup", "WORKSPACE"): "[_PyInfo, PyInfo]",
    "7.7.0": "[_PyInfo, PyInfo]",
    "8.4.2": "[PyInfo]",
    "9.0.0": "[PyInfo]",
}


# How the toolchain's BUILD file must write the constraint `//platforms:with_cores` of every_setup, by set-up: a label of
# the consumer, and none of the generated repository. `str(label)` of the stand-in begins with `struct(`.
CONSTRAINTS = {"WORKSPACE": '"@//platforms:with_cores"', "modules": '"struct(name=\\"with_cores\\"'}


def check_consumer(loader: Loader) -> list[str]:
    """Loads the files of a consumer, of the rules, and of the repositories that they generate."""
    loader.setup()
    written = loader.generated.get("wheelworks_compat", {}).get("py.bzl", "")
    expected = PY_INFOS[loader.table.release if loader.modules else (loader.consumer, "WORKSPACE")]
    if f"PY_INFOS = {expected}\n" not in written:
        loader.problems.append(f"{loader.describe()}: expected `PY_INFOS = {expected}`, found:\n{written}")
    loader.check("@wheelworks//:path_mapping.bzl", path_mapping.MARKS)
    for name, generated in loader.generated.items():
        # From Bazel 8 on, `path` watches no file (bazelbuild/bazel#23861).
        if "_cargo" in name and loader.table.release > "7" and "bin/wheelworks" in generated.get("BUILD.bazel", ""):
            if not {"watched:Cargo.toml", "watched:Cargo.lock"} <= generated.keys():
                loader.problems.append(f"{loader.describe()}: @{name} watches neither Cargo.toml nor Cargo.lock")
    if loader.consumer == "every_setup":
        texts = "".join(f.get("BUILD.bazel", "") for f in loader.generated.values())
        constraint = CONSTRAINTS["modules" if loader.modules else "WORKSPACE"]
        if constraint not in texts.replace("'", '"'):
            loader.problems.append(f"{loader.describe()}: no toolchain has the constraint {constraint}:\n{texts}")
    for path in files(ROOT / "bazel", "*.bzl"):
        name = str(path.relative_to(ROOT))
        if loader.modules or name not in NEEDS_MODULES:
            try:
                loader.load(f"@wheelworks//{path.parent.relative_to(ROOT)}:{path.name}", "", "")
            except Broken:
                pass
    for repository in ("wheelworks", loader.consumer):
        directory = REPOSITORIES[repository]
        for path in files(directory / "bazel" if repository == "wheelworks" else directory, "BUILD.bazel"):
            package = path.parent.relative_to(directory)
            loader.build(path.read_text(encoding="utf-8"), f"@{repository}//{'' if str(package) == '.' else package}:BUILD.bazel")
    for repository, generated in sorted(loader.generated.items()):
        if "BUILD.bazel" in generated:
            loader.build(generated["BUILD.bazel"], f"@{repository}//:BUILD.bazel")
    return loader.problems


# Files that must not load, with the release and a part of the message.
MUST_FAIL = [
    ("4.2.3", "def _i(ctx):\n    pass\nr = rule(_i, exec_groups = {})\n", "exec_groups"),
    ("4.2.3", "def _i(ctx):\n    ctx.actions.run(toolchain = None)\n", "`run` has no parameter `toolchain`"),
    ("4.2.3", "def _i(ctx):\n    return ctx.exec_groups\n", "`ctx` has no field `exec_groups`"),
    ("4.2.3", "a = attr.label(skip_validations = True)\n", "skip_validations"),
    ("4.2.3", "a = attr.string_keyed_label_dict()\n", "string_keyed_label_dict"),
    ("4.2.3", "t = tag_class()\n", "tag_class"),
    ("7.7.0", "def _i(ctx):\n    pass\nr = rule(_i, materializer = None)\n", "materializer"),
    ("7.7.0", "def _i(ctx):\n    ctx.actions.run(mnemonic = \"A\")\n", "not marked for path mapping"),
    ("7.7.0", "def _i(args, out):\n    args.add_all([], map_each = _j)\n    args.add(out.path)\n", "`.path` outside of `map_each`"),
    ("8.4.2", "def _i(target):\n    return PyInfo in target\n", "PyInfo"),
    ("9.0.0", "def _i(target):\n    return CcInfo in target\n", "CcInfo"),
    ("9.0.0", "l = native.py_library\n", "py_library"),
    ("9.0.0", "def _i(ctx):\n    pass\nr = rule(_i, attrs = {\"x\": attr.int()})\nr(name = \"t\", x = \"1\")\n", "attribute `x`"),
    ("9.0.0", "def _i(ctx):\n    pass\nr = rule(_i)\nr(name = \"t\", x = 1)\n", "no attribute `x`"),
]


def cannot_fail(tables: dict[str, Table]) -> Iterator[str]:
    """Yields the files of `MUST_FAIL` that load."""
    for release, source, message in MUST_FAIL:
        loader = Loader(tables[release], {}, "consumer", True)
        loader.generated["broken"] = {"broken.bzl": source}
        try:
            loader.load("@broken//:broken.bzl", "", "")
        except Broken:
            pass
        if not any(message in problem for problem in loader.problems):
            yield f"Bazel {release}: the lint accepts a file that must fail:\n{source}{loader.problems}"


def never_instantiated() -> Iterator[str]:
    """Yields the public rules and macros that no loaded file calls."""
    public = {
        f"@wheelworks//bazel:{path.name}": defined(ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted((ROOT / "bazel").glob("*.bzl"))
    }
    called: set[tuple[str, str]] = set()
    sources = [p.read_text(encoding="utf-8") for name in ("consumer", "every_setup", *EXAMPLES) for p in
               files(REPOSITORIES[name], "*.bzl", "BUILD.bazel", "WORKSPACE", "MODULE.bazel")]
    for source in sources:
        tree = ast.parse(source)
        calls = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        for label, symbols in loads(tree):
            called |= {(label, symbol) for own, symbol in symbols.items() if own in calls}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "use_extension":
                called.add(tuple(a.value for a in node.args))
    names = {symbol for _, symbol in called}
    for label, symbols in public.items():
        for symbol in sorted(symbols):
            is_function = not symbol.startswith("_") and not symbol[0].isupper()
            if is_function and symbol not in names:
                yield f"{label}: no file calls `{symbol}`\n  hint: instantiate it in tests/bazel or in tests/starlark/setup"


def undocumented_attributes() -> Iterator[str]:
    """Yields the attributes of `py_wheel` in projects before their migration that docs/rules.md does not name."""
    attributes = set()
    for path in (HERE / "setup" / "migrated", ROOT / "examples" / "from_py_wheel" / "before"):
        tree = ast.parse((path / "BUILD.bazel").read_text(encoding="utf-8"))
        calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
        attributes |= {k.arg for call in calls if call.func.id == "py_wheel" for k in call.keywords} - {"name"}
    rows = [r for r in (ROOT / "docs" / "rules.md").read_text(encoding="utf-8").splitlines() if r.startswith("| `")]
    named = {name for row in rows for name in row.split("|")[1].replace("`", "").replace(" ", "").split(",")}
    for attribute in sorted(attributes - named):
        yield f"docs/rules.md: the table of `py_wheel` has no `{attribute}`"


def main() -> int:
    tables, setups, external = Table.read()
    problems = [*cannot_fail(tables), *never_instantiated(), *undocumented_attributes()]
    count = 0
    for release, table in tables.items():
        for setup in setups[release]:
            modules = setup == "modules"
            for consumer in ("consumer", "every_setup", *(EXAMPLES if modules else [])):
                loader = Loader(table, external, consumer, modules)
                problems += check_consumer(loader)
                count += len(loader.loaded)
    for problem in problems:
        print(f"bazel-lint: {problem}", file=sys.stderr)
    print(f"bazel-lint: {count} files, Bazel {', '.join(tables)}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
