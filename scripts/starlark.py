"""Loads the .bzl files of this repository in Python, and keeps what they declare.

Starlark is close enough to Python that a file can run as it is, with objects in place of Bazel's that
remember what they were called with. Rules are declared, never run.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType
from typing import Any


class Opaque:
    """Something of Bazel's that takes no part in a declaration: it can be called, is empty, and has every field."""

    def __getattr__(self, name: str) -> "Opaque":
        if name.startswith("__"):
            raise AttributeError(name)
        return Opaque()

    def __call__(self, *_args: Any, **_kwargs: Any) -> "Opaque":
        return Opaque()

    def __iter__(self) -> Iterator["Opaque"]:
        return iter(())


@dataclass(frozen=True)
class Attribute:
    """A call of a function of `attr`."""

    type: str
    settings: dict[str, Any]


class AttributeTypes:
    """Bazel's `attr`."""

    def __getattr__(self, name: str) -> Any:
        return lambda **settings: Attribute(name, settings)


@dataclass(eq=False)
class Declaration:
    """A call of `rule`, `repository_rule`, `provider`, `module_extension` or `tag_class`."""

    kind: str
    settings: dict[str, Any]
    # The one that it was declared under; other files may give it others.
    name: str = ""
    # What a BUILD file makes of a rule.
    targets: list[dict[str, Any]] = field(default_factory=list)

    @property
    def doc(self) -> str:
        return self.settings.get("doc", "")

    @property
    def attributes(self) -> dict[str, Attribute]:
        """The attributes that users set, required ones first."""
        public = {n: a for n, a in self.settings.get("attrs", {}).items() if not n.startswith("_")}
        return dict(sorted(public.items(), key=lambda pair: (not pair[1].settings.get("mandatory"), pair[0])))

    def __call__(self, *_args: Any, **settings: Any) -> None:
        self.targets.append(settings)

    def is_like(self, other: "Declaration") -> bool:
        """Whether the two differ in nothing but their names."""
        return self is other or (self.kind == other.kind and self.settings == other.settings)


KINDS = ["aspect", "module_extension", "provider", "repository_rule", "rule", "tag_class"]
OPAQUE = ["Label", "config", "config_common", "config_setting", "depset", "exports_files", "native", "package"]
OPAQUE += ["platform_common", "select", "struct", "toolchain_type", "DefaultInfo", "OutputGroupInfo"]


def _declare(kind: str) -> Any:
    def call(*args: Any, **settings: Any) -> Declaration:
        # The one parameter that is given by position, in some files.
        names = {"provider": "doc"}
        return Declaration(kind, {**dict(zip([names.get(kind, "implementation")], args)), **settings})

    return call


class _ToPython(ast.NodeTransformer):
    """Undoes a difference: what `items` and its like return are lists in Starlark, which `+` joins."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr in {"items", "keys", "values"}:
            name = ast.Name("list", ast.Load())
            return ast.copy_location(ast.Call(name, [node], []), node)
        return node


@dataclass
class Module:
    """A file that was loaded."""

    tree: ast.Module
    scope: dict[str, Any]
    loaded: set[str]

    @property
    def doc(self) -> str:
        return ast.get_docstring(self.tree, clean=False) or ""

    @property
    def public(self) -> dict[str, Any]:
        """What users can load: names that the file itself gives, in its order."""
        builtin = {"__builtins__", "load", "attr", *KINDS, *OPAQUE}
        hidden = self.loaded | builtin
        return {n: v for n, v in self.scope.items() if not n.startswith("_") and n not in hidden}


class Loader:
    """Loads files, each once."""

    def __init__(self, root: Path):
        self.root = root
        self.modules: dict[str, Module] = {}

    def module(self, path: str) -> Module:
        """The file at a path below the repository's root."""
        if path not in self.modules:
            tree = ast.parse((self.root / path).read_text(encoding="utf-8"), path)
            scope: dict[str, Any] = {name: _declare(name) for name in KINDS}
            scope |= {name: Opaque() for name in OPAQUE}
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
        # Files of other repositories are not here, and hold no declaration of ours.
        source = None if package.startswith("@") else self.module(f"{package}/{name}").scope
        for own, theirs in [*zip(names, names), *renamed.items()]:
            module.scope[own] = source[theirs] if source else Opaque()
            module.loaded.add(own)

    def definition(self, function: FunctionType) -> ast.FunctionDef:
        """Where a function is defined."""
        tree = self.modules[function.__code__.co_filename].tree
        return next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == function.__name__)

    def forwarded(
        self, macro: FunctionType, bound: dict[str, Any] | None = None
    ) -> tuple[Declaration, dict[str, Attribute]] | None:
        """The rule that a macro hands its `**kwargs` to, and the attributes that they may be."""
        definition = self.definition(macro)
        rest = definition.args.kwarg and definition.args.kwarg.arg
        names = macro.__globals__ | (bound or {})
        for call in (node for node in ast.walk(definition) if isinstance(node, ast.Call)):
            spread = [keyword.value for keyword in call.keywords if keyword.arg is None]
            if not any(isinstance(value, ast.Name) and value.id == rest for value in spread):
                continue
            callee = names.get(call.func.id) if isinstance(call.func, ast.Name) else None
            found = None
            if isinstance(callee, Declaration):
                found = callee, callee.attributes
            elif isinstance(callee, FunctionType):
                # A macro that is given the rule.
                parameters = [argument.arg for argument in self.definition(callee).args.args]
                given = [names.get(a.id) if isinstance(a, ast.Name) else None for a in call.args]
                found = self.forwarded(callee, dict(zip(parameters, given)))
            if found:
                rule, attributes = found
                set_here = {keyword.arg for keyword in call.keywords}
                return rule, {n: a for n, a in attributes.items() if n not in set_here}
        return None
