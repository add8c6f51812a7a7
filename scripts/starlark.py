"""Loads the .bzl files of this repository in Python, and collects their declarations.

Starlark is close enough to Python to execute the files. Stand-ins for Bazel's objects record their call
arguments. Rules are declared, never run.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType
from typing import Any


class Opaque:
    """A Bazel object that does not matter for declarations: it is callable, empty, and has every field."""

    def __getattr__(self, name: str) -> "Opaque":
        if name.startswith("__"):
            raise AttributeError(name)
        return Opaque()

    def __call__(self, *_args: Any, **_kwargs: Any) -> "Opaque":
        return Opaque()

    def __getitem__(self, _key: Any) -> "Opaque":
        return Opaque()

    def __iter__(self) -> Iterator["Opaque"]:
        return iter(())

    def __add__(self, _other: Any) -> "Opaque":
        return Opaque()


@dataclass(frozen=True)
class Attribute:
    """A recorded call of a function of `attr`."""

    type: str
    settings: dict[str, Any]


class AttributeTypes:
    """Stand-in for Bazel's `attr`."""

    def __getattr__(self, name: str) -> Any:
        return lambda **settings: Attribute(name, settings)


@dataclass(eq=False)
class Declaration:
    """A recorded call of `rule`, `repository_rule`, `provider`, `module_extension` or `tag_class`."""

    kind: str
    settings: dict[str, Any]
    # The original name; other files may have aliases.
    name: str = ""
    # The calls in BUILD files.
    targets: list[dict[str, Any]] = field(default_factory=list)

    @property
    def doc(self) -> str:
        return self.settings.get("doc", "")

    @property
    def attributes(self) -> dict[str, Attribute]:
        """Returns the public attributes, required ones first."""
        public = {n: a for n, a in self.settings.get("attrs", {}).items() if not n.startswith("_")}
        return dict(sorted(public.items(), key=lambda pair: (not pair[1].settings.get("mandatory"), pair[0])))

    def __call__(self, *_args: Any, **settings: Any) -> None:
        self.targets.append(settings)

    def is_like(self, other: "Declaration") -> bool:
        """Returns whether the two are equal except for their names."""
        return self is other or (self.kind == other.kind and self.settings == other.settings)


KINDS = ["aspect", "module_extension", "provider", "repository_rule", "rule", "tag_class"]
OPAQUE = ["Label", "config", "config_common", "config_setting", "depset", "exports_files", "filegroup", "native"]
OPAQUE += ["package", "platform_common", "select", "struct", "toolchain_type", "DefaultInfo", "OutputGroupInfo"]


def _declare(kind: str) -> Any:
    def call(*args: Any, **settings: Any) -> Declaration:
        # The parameter that some files pass by position.
        names = {"provider": "doc"}
        return Declaration(kind, {**dict(zip([names.get(kind, "implementation")], args)), **settings})

    return call


class _ToPython(ast.NodeTransformer):
    """Wraps `items`, `keys` and `values` into lists: Starlark returns lists, which `+` concatenates."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr in {"items", "keys", "values"}:
            name = ast.Name("list", ast.Load())
            return ast.copy_location(ast.Call(name, [node], []), node)
        return node


@dataclass
class Module:
    """A loaded file."""

    tree: ast.Module
    scope: dict[str, Any]
    loaded: set[str]

    @property
    def doc(self) -> str:
        return ast.get_docstring(self.tree, clean=False) or ""

    @property
    def public(self) -> dict[str, Any]:
        """Returns the public symbols that the file defines, in its order."""
        builtin = {"__builtins__", "load", "attr", "label_flag", *KINDS, *OPAQUE}
        hidden = self.loaded | builtin
        return {n: v for n, v in self.scope.items() if not n.startswith("_") and n not in hidden}


class Loader:
    """Loads each file once."""

    def __init__(self, root: Path):
        self.root = root
        self.modules: dict[str, Module] = {}

    def module(self, path: str) -> Module:
        """Returns the module of a path relative to the repository's root."""
        if path not in self.modules:
            tree = ast.parse((self.root / path).read_text(encoding="utf-8"), path)
            scope: dict[str, Any] = {name: _declare(name) for name in KINDS}
            scope |= {name: Opaque() for name in OPAQUE}
            scope["label_flag"] = Declaration("rule", {"build_setting": "label"}, "label_flag")
            module = Module(tree, scope | {"attr": AttributeTypes()}, set())
            module.scope["load"] = lambda label, *names, **renamed: self._load(path, label, names, renamed)
            self.modules[path] = module
            python = ast.fix_missing_locations(_ToPython().visit(copy.deepcopy(tree)))
            exec(compile(python, path, "exec"), module.scope)
            for name, value in module.scope.items():
                if isinstance(value, Declaration) and not value.name:
                    value.name = name
        return self.modules[path]

    def _load(self, path: str, label: str, names: tuple[str, ...], renamed: dict[str, str]) -> None:
        module = self.modules[path]
        package, _, name = label.partition(":")
        package = package.removeprefix("//") if package else str(Path(path).parent)
        # Files of other repositories are not available, and declare nothing of ours.
        source = None if package.startswith("@") else self.module(f"{package}/{name}").scope
        for own, theirs in [*zip(names, names), *renamed.items()]:
            module.scope[own] = source[theirs] if source else Opaque()
            module.loaded.add(own)

    def definition(self, function: FunctionType) -> ast.FunctionDef:
        """Returns the syntax tree of a function."""
        tree = self.modules[function.__code__.co_filename].tree
        return next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == function.__name__)

    def forwarded(
        self, macro: FunctionType, bound: dict[str, Any] | None = None
    ) -> tuple[Declaration, dict[str, Attribute]] | None:
        """Returns the rule to which a macro forwards its `**kwargs`, and the attributes that it can forward."""
        definition = self.definition(macro)
        rest = definition.args.kwarg and definition.args.kwarg.arg
        names = macro.__globals__ | (bound or {})
        for call in (node for node in ast.walk(definition) if isinstance(node, ast.Call)):
            spread = [keyword.value for keyword in call.keywords if keyword.arg is None]
            # `**kwargs`, or `**changed(kwargs)`.
            within = [node for value in spread for node in ast.walk(value)]
            if not any(isinstance(node, ast.Name) and node.id == rest for node in within):
                continue
            callee = names.get(call.func.id) if isinstance(call.func, ast.Name) else None
            found = None
            if isinstance(callee, Declaration):
                found = callee, callee.attributes
            elif isinstance(callee, FunctionType):
                # A macro that takes the rule as an argument.
                parameters = [argument.arg for argument in self.definition(callee).args.args]
                given = [names.get(a.id) if isinstance(a, ast.Name) else None for a in call.args]
                found = self.forwarded(callee, dict(zip(parameters, given)))
            if found:
                rule, attributes = found
                set_here = {keyword.arg for keyword in call.keywords}
                return rule, {n: a for n, a in attributes.items() if n not in set_here}
        return None
