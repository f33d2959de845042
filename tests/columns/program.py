"""The program whose columns are read: its modules as imported, and their text as trees."""

import ast
import collections.abc as abc
import importlib
import inspect
import re
import types
import typing
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    ColumnCollection,
    ColumnElement,
    CompoundSelect,
    CursorResult,
    Executable,
    FromClause,
    Row,
    RowMapping,
    Select,
    Table,
    TextClause,
)
from sqlalchemy import (
    Result as SqlResult,
)
from sqlalchemy.sql.dml import UpdateBase

from tests.columns.kinds import (
    Book,
    Columns,
    Kind,
    Live,
    Made,
    Many,
    Mapped,
    Names,
    Nothing,
    Record,
    Result,
    Several,
    Source,
    Statement,
    Value,
    any_of,
)

ROOT = Path(__file__).parents[2]
EVERYTHING = ("shared", "services", "deploy")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, eq=False)
class Module:
    name: str
    path: Path
    tree: ast.Module
    live: types.ModuleType

    @property
    def service(self) -> str | None:
        parts = self.name.split(".")
        return parts[1] if parts[0] == "services" and len(parts) > 1 else None

    def functions(self) -> Iterator[tuple[str, Function, type | None]]:
        """Each with its qualified name, and its class if it is a method; those within functions are not told."""
        for node in self.tree.body:
            if isinstance(node, Function):
                yield node.name, node, None
            elif isinstance(node, ast.ClassDef):
                for method in node.body:
                    if isinstance(method, Function):
                        yield f"{node.name}.{method.name}", method, getattr(self.live, node.name, None)

    @cache  # noqa: B019 - a module lives as long as its trees
    def annotated(self, node: ast.expr | None) -> Kind | None:
        """What an annotation says."""
        return self.said(ast.unparse(node)) if node is not None else None

    @cache  # noqa: B019
    def named(self, name: str) -> Kind | None:
        """What stands for something in the whole module."""
        return live(vars(self.live)[name]) if name in vars(self.live) else None

    @cached_property
    def generators(self) -> set[Function]:
        """Functions that yield."""
        return {
            node
            for node in ast.walk(self.tree)
            if isinstance(node, Function) and any(isinstance(each, ast.Yield) for each in ast.walk(node))
        }

    @cached_property
    def labels(self) -> set[str]:
        """What its SELECTs call something."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "label":
                found |= {str(each.value) for each in node.args if isinstance(each, ast.Constant)}
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set(re.findall(r"\b(?:AS|as) (\w+)", node.value))
        return found

    def said(self, annotation: Any) -> Kind | None:
        """The same, as its text or as it was evaluated."""
        try:
            return said_by(eval(annotation, vars(self.live)) if isinstance(annotation, str) else annotation)
        except Exception:
            return None


def _paths(folders: Sequence[str]) -> Iterator[Path]:
    """Migrations keep what was true once; setting up and the programs themselves know no column, and do something when
    they are imported."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not {"migrations", "setup"} & set(path.parts) and path.name != "__main__.py":
                yield path.relative_to(ROOT)


def _executed(name: str, text: str) -> types.ModuleType:
    module = types.ModuleType(name)
    exec(compile(text, name, "exec"), vars(module))
    return module


@cache
def _module(name: str, relative: Path, text: str, there: bool) -> Module:
    """there: it is a file's, and is imported."""
    return Module(name, relative, ast.parse(text), importlib.import_module(name) if there else _executed(name, text))


class Program:
    """folders: what is read of it. changed: text that is read instead of a file's, by its path below the root; of a
    file that is not there, a module more."""

    def __init__(self, folders: Sequence[str] = EVERYTHING, changed: Mapping[str, str] = MappingProxyType({})) -> None:
        self.modules: dict[str, Module] = {}
        for relative in dict.fromkeys([*_paths(folders), *map(Path, changed)]):
            name = ".".join(relative.with_suffix("").parts).removesuffix(".__init__")
            there = (ROOT / relative).exists()
            text = changed.get(str(relative)) or (ROOT / relative).read_text()
            self.modules[name] = _module(name, relative, text, there)
        self.functions: dict[tuple[str, str], tuple[Module, Function, type | None]] = {
            (module.name, qualified): (module, node, by)
            for module in self.modules.values()
            for qualified, node, by in module.functions()
        }

    @cached_property
    def generators(self) -> set[Function]:
        """Functions that yield."""
        return {node for module in self.modules.values() for node in module.generators}

    @cached_property
    def _columns(self) -> Mapping[str | None, set[str]]:
        found: defaultdict[str | None, set[str]] = defaultdict(set)
        for module in self.modules.values():
            for value in vars(module.live).values():
                if isinstance(value, Table):
                    found[module.service] |= set(value.c.keys())
        return found

    @cached_property
    def _labels(self) -> Mapping[str | None, set[str]]:
        found: defaultdict[str | None, set[str]] = defaultdict(set)
        for module in self.modules.values():
            found[module.service] |= module.labels
        return found

    @cache  # noqa: B019
    def names_of(self, service: str | None) -> frozenset[str]:
        """Every column of a service and of what is shared, and what their SELECTs call something; of what is shared,
        everybody's."""
        whose = {*self._columns, *self._labels} if service is None else {service, None}
        return frozenset().union(*(names.get(one, ()) for names in (self._columns, self._labels) for one in whose))

    def found(self, function: Any) -> tuple[Module, Function, type | None] | None:
        function = inspect.unwrap(function)
        return self.functions.get((getattr(function, "__module__", ""), getattr(function, "__qualname__", "")))


def live(value: Any) -> Kind | None:
    """What something is that was imported."""
    if value is None:
        return Nothing()
    if isinstance(value, UpdateBase):
        table = frozenset(value.table.c.keys()) if isinstance(value.table, Table) else None
        return Statement(frozenset(map(str, value.exported_columns.keys())), table)
    if isinstance(value, Select | CompoundSelect):
        return Statement(frozenset(map(str, value.selected_columns.keys())))
    if isinstance(value, TextClause):
        return Statement(words(value.text))
    if isinstance(value, FromClause):
        return Source(frozenset(map(str, value.c.keys())))
    if isinstance(value, ColumnElement):
        return Value(getattr(value, "key", None))
    if isinstance(value, ColumnCollection):
        return Columns(frozenset(map(str, value.keys())))
    if isinstance(value, types.ModuleType | type) or inspect.isroutine(value) or hasattr(value, "__wrapped__"):
        return Live(value)
    if callable(value) and type(value).__module__.startswith("sqlalchemy."):
        return Live(value)  # `func`, and what is asked of it
    if isinstance(value, tuple) and value:
        return Several(tuple(live(each) for each in value))
    if isinstance(value, list) and value:
        return Many(any_of(live(each) for each in value))
    return Made(type(value))


def words(sql: str) -> Names:
    """The columns that SQL may give: any of its words; not known if it gives all of a table."""
    return None if "*" in re.sub(r"count\(\*\)", "", sql) else frozenset(re.findall(r"\w+", sql))


_MANY = (list, set, frozenset, abc.Sequence, abc.Iterable, abc.Iterator, abc.Collection, abc.Set, abc.AsyncIterator)
_MANY += (abc.AsyncIterable, abc.Generator, abc.AsyncGenerator, deque)
_BOOKS = (dict, defaultdict, abc.Mapping, abc.MutableMapping)
_AWAITED = (abc.Awaitable, abc.Coroutine)


def said_by(annotation: Any) -> Kind | None:
    """What an annotation says, evaluated."""
    origin, inside = typing.get_origin(annotation) or annotation, typing.get_args(annotation)
    if annotation is None or annotation is types.NoneType:
        return Nothing()
    if origin in (typing.Union, types.UnionType):
        return any_of(said_by(each) for each in inside)
    if origin is typing.Annotated:
        return said_by(inside[0])
    if origin is tuple:
        if len(inside) == 2 and inside[1] is Ellipsis:
            return Many(said_by(inside[0]))
        return Several(tuple(said_by(each) for each in inside)) if inside else None
    if origin in _MANY:
        return Many(said_by(inside[0]) if inside else None)
    if origin in _BOOKS:
        return Book(frozenset(), said_by(inside[1]) if len(inside) == 2 else None)
    if origin in _AWAITED:
        return said_by(inside[-1]) if inside else None
    return _by_class(origin) if isinstance(origin, type) else None


def _by_class(by: type) -> Kind | None:
    if issubclass(by, Row):
        return Record(None)
    if issubclass(by, RowMapping):
        return Mapped(None)
    if issubclass(by, CursorResult | SqlResult):
        return Result(None)
    if issubclass(by, FromClause) and not issubclass(by, Select):
        return Source(None)
    if issubclass(by, ColumnElement):
        return Value(None)
    if issubclass(by, Executable):
        return Statement(None)
    return Made(by) if by.__module__.split(".")[0] in (*EVERYTHING, "sqlalchemy") else None
