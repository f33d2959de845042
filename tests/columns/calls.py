"""What a call gives: of SQLAlchemy, of Python's own, of the program's own functions."""

import ast
import builtins
import dataclasses
import inspect
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy.dialects import postgresql

from shared import bulk, copies
from tests.columns.growing import grown
from tests.columns.kinds import (
    Book,
    Columns,
    Kind,
    Live,
    Local,
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
    both,
    either,
    elements,
)
from tests.columns.program import words

if TYPE_CHECKING:
    from tests.columns.expressions import Expressions, Scope

_SELECTS = (sqlalchemy.select,)
_WRITES = (sqlalchemy.insert, sqlalchemy.update, sqlalchemy.delete, postgresql.insert)
_CASTS = (sqlalchemy.cast, sqlalchemy.type_coerce)
_AS_MANY = (list, sorted, set, frozenset, reversed, iter, tuple)
_ONE_OF_MANY = (next, max, min)
_OF_TABLES = ("alias", "subquery", "cte", "lateral", "tablesample")
_ROWS = {"one": False, "first": False, "one_or_none": False, "fetchone": False, "all": True, "fetchall": True}
"""Methods that give rows, of a transaction as of a result; whether many."""

WRITTEN = {
    bulk.put_rows: ("rows",),
    copies.keep_newest: ("key", "values", "first"),
    copies.keep_parts: ("whole", "rows"),
}
"""Functions that write dicts into their `table`, and the parameters that are these."""


def builtin(name: str) -> Kind | None:
    value = getattr(builtins, name, None)
    return Live(value) if value is not None else None


def read(reader: "Expressions", node: ast.Call, scope: "Scope") -> Kind | None:
    if isinstance(node.func, ast.Attribute):
        base = reader.kind(node.func.value, scope)
        if not isinstance(base, Live | Made | Columns | None):
            given = _given(reader, node, scope)
            return _method(reader, base, node, scope, *given)
        if isinstance(base, Columns) and node.func.attr in ("keys", "values", "items", "get"):
            _given(reader, node, scope)
            return None
    called = reader.callee(node.func, scope)
    positional, named = _given(reader, node, scope)
    if isinstance(called, Local):
        return reader.answer(called, _bound(called.node.args, positional, named))
    if isinstance(node.func, ast.Attribute) and (not isinstance(called, Live) or _is_of_transaction(called.value)):
        return _unknown_method(reader, node, positional)
    if isinstance(called, Value):
        return Value(None)
    if not isinstance(called, Live):
        return None
    return _function(reader, called.value, node, positional, named, scope)


def _given(reader: "Expressions", node: ast.Call, scope: "Scope") -> tuple[list[Kind | None], dict[str, Kind | None]]:
    """Arguments by place, and by name. What ** gives stands under "**"."""
    positional: list[Kind | None] = []
    for each in node.args:
        kind = reader.kind(each.value if isinstance(each, ast.Starred) else each, scope)
        if not isinstance(each, ast.Starred):
            positional.append(kind)
        elif isinstance(kind, Several):
            positional += kind.of
        else:
            positional.append(_spread(kind))
    named: dict[str, Kind | None] = {}
    for each in node.keywords:
        kind = reader.kind(each.value, scope)
        named[each.arg or "**"] = either(named[each.arg or "**"], kind) if (each.arg or "**") in named else kind
    return positional, named


def _spread(kind: Kind | None) -> Kind | None:
    """What `*kind` puts into a SELECT."""
    if isinstance(kind, Columns):
        return Source(kind.names)
    return None


def _is_of_transaction(value: Any) -> bool:
    return getattr(value, "__module__", "") == "shared.db" and value.__qualname__.startswith("Transaction.")


# Methods of SQL, rows and collections


def _unknown_method(reader: "Expressions", node: ast.Call, positional: Sequence[Kind | None]) -> Kind | None:
    """Of a transaction or a connection, or of something unknown: what it does with a statement tells."""
    assert isinstance(node.func, ast.Attribute)
    name, first = node.func.attr, positional[0] if positional else None
    if isinstance(first, Statement):
        if name in _ROWS:
            return Many(Record(first.names)) if _ROWS[name] else Record(first.names)
        if name == "execute":
            rows = [positional[1]] if len(positional) > 1 else []
            if first.table is not None:
                reader.note_written(node, _keys(rows), first.table)
            return Result(first.names)
    work = first if isinstance(first, Local) else positional[-1] if positional else None
    if isinstance(work, Local):  # database.read(lambda tx: ...), database.run(command, work)
        return reader.answer(work, {})
    if name == "label":
        return _label(node)
    return None


def _label(node: ast.Call) -> Value:
    name = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
    return Value(name if isinstance(name, str) else None)


def _method(
    reader: "Expressions",
    base: Kind,
    node: ast.Call,
    scope: "Scope",
    positional: list[Kind | None],
    named: dict[str, Kind | None],
) -> Kind | None:
    assert isinstance(node.func, ast.Attribute)
    name, first = node.func.attr, positional[0] if positional else None
    match base:
        case Value():
            return _label(node) if name == "label" else Value(None)
        case Source(names):
            if name in ("select", "insert", "update", "delete"):
                return Statement(names if name == "select" else frozenset(), None if name == "select" else names)
            return base if name in _OF_TABLES or name.startswith("union") else Source(None)
        case Statement():
            return _of_statement(reader, base, name, node, positional, named)
        case Result(names) if name in _ROWS:
            return Many(Record(names)) if _ROWS[name] else Record(names)
        case Result(names) if name == "mappings":
            return Many(Mapped(names))
        case Many(of) if name in ("pop", "copy", "__iter__"):
            return base if name == "copy" else of
        case Many() | Book() if name in ("append", "add", "extend", "update", "setdefault", "insert"):
            return grown(node.func.value, base, name, positional, scope)
        case Many() if name == "sort":
            _called_with_each(reader, named.get("key"), base)
        case Book(keys, of):
            if name == "pop" and isinstance(node.args[0], ast.Constant) and isinstance(node.func.value, ast.Name):
                scope[node.func.value.id] = Book(keys - {node.args[0].value}, of)
            return {
                "values": Many(of),
                "items": Many(Several((None, of))),
                "get": either(of, first and (positional[1] if len(positional) > 1 else Nothing())),
                "pop": of,
                "copy": base,
            }.get(name)
    return None


def _of_statement(
    reader: "Expressions",
    base: Statement,
    name: str,
    node: ast.Call,
    positional: list[Kind | None],
    named: dict[str, Kind | None],
) -> Kind | None:
    if name in _OF_TABLES:
        return Source(base.names)
    if name in ("scalar_subquery", "exists", "as_scalar"):
        return Value(None)
    if name == "with_only_columns":
        return Statement(_selected(positional))
    if name in ("add_columns", "returning"):
        had = base.names if name == "add_columns" else frozenset()
        return Statement(both(had, _selected(positional)), base.table)
    if name in ("union", "union_all", "intersect", "except_"):
        return base
    if name == "values":
        reader.note_written(node, [key for key in named if key != "**"], base.table)
        reader.note_written(node, _keys([*positional, named.get("**")]), base.table)
    if name == "on_conflict_do_update":
        reader.note_written(node, _keys([named.get("set_")]), base.table)
    if name.startswith("on_conflict"):
        for each in node.keywords:
            if each.arg == "index_elements":
                reader.note_written(node, _constants(each.value), base.table)
    if name == "from_select":
        reader.note_written(node, _constants(node.args[0]), base.table)
    return base


def _constants(node: ast.expr) -> list[str]:
    """The words of a list."""
    parts = node.elts if isinstance(node, ast.List | ast.Tuple) else []
    return [each.value for each in parts if isinstance(each, ast.Constant) and isinstance(each.value, str)]


def _keys(kinds: Sequence[Kind | None]) -> list[str]:
    """The keys of dicts, of which some are in lists."""
    found: list[str] = []
    for kind in kinds:
        kind = kind.of if isinstance(kind, Many) else any_of(kind.of) if isinstance(kind, Several) else kind
        found += sorted(kind.keys) if isinstance(kind, Book) else []
    return found


def _selected(kinds: Sequence[Kind | None]) -> Names:
    """What the rows of a SELECT of these have."""
    names: frozenset[str] = frozenset()
    for kind in kinds:
        match kind:
            case Value(name):
                names |= {name} if name else frozenset()
            case Source(known) | Columns(known) if known is not None:
                names |= known
            case _:
                return None
    return names


# Functions


def _function(
    reader: "Expressions",
    function: Any,
    node: ast.Call,
    positional: list[Kind | None],
    named: dict[str, Kind | None],
    scope: "Scope",
) -> Kind | None:
    first = positional[0] if positional else None
    if function in _SELECTS:
        return Statement(_selected(positional))
    if function in _WRITES:
        return Statement(frozenset(), first.names if isinstance(first, Source) else None)
    if function is sqlalchemy.text:
        said = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
        return Statement(words(said) if isinstance(said, str) else None)
    if function in (sqlalchemy.union, sqlalchemy.union_all):
        return first if isinstance(first, Statement) else Statement(None)
    if function in _CASTS:
        return Value(first.name if isinstance(first, Value) else None)
    if getattr(function, "__module__", "").startswith("sqlalchemy"):
        return _of_sqlalchemy(function, node, positional)
    if getattr(function, "__module__", "") in ("builtins", "itertools", "functools", "collections"):
        return _of_python(reader, function, positional, named)
    for writer, parameters in WRITTEN.items():
        if function is writer:
            given = _arguments(writer, positional, named)
            table = given.get("table")
            written = _keys([given.get(each) for each in parameters])
            reader.note_written(node, written, table.names if isinstance(table, Source) else None)
    if isinstance(function, type):
        reader.take(function, _fields(function, positional, named))
        return Made(function)
    given = _arguments(function, positional, named)
    reader.take(function, given)
    return reader.answer(function, given)


def _of_sqlalchemy(function: Any, node: ast.Call, positional: list[Kind | None]) -> Kind | None:
    if isinstance(function, type) and issubclass(function, sqlalchemy.Table):
        return Source(None)
    name = getattr(function, "__name__", "")
    if name in ("column", "literal_column") and node.args and isinstance(node.args[0], ast.Constant):
        return Value(str(node.args[0].value))
    if name in ("aliased", "alias", "lateral"):
        return positional[0] if positional else None
    return Value(None)


def _of_python(
    reader: "Expressions", function: Any, positional: list[Kind | None], named: dict[str, Kind | None]
) -> Kind | None:
    first = positional[0] if positional else None
    if function in _AS_MANY or function in _ONE_OF_MANY:
        of = elements(first) if len(positional) == 1 or function is next else any_of(positional)
        if function in _ONE_OF_MANY and len(positional) > 1 and function is next:
            of = either(of, positional[1])
        _called_with_each(reader, named.get("key"), Many(of))
        return Many(of) if function in _AS_MANY else either(of, named.get("default", Nothing()))
    if function in (filter, map):
        _called_with_each(reader, first, positional[1] if len(positional) > 1 else None)
        return positional[1] if function is filter and len(positional) > 1 else None
    if function is zip:
        return Many(Several(tuple(elements(each) for each in positional)))
    if function is enumerate:
        return Many(Several((None, elements(first))))
    if function is dict:
        of = first if isinstance(first, Book) else Book(frozenset(), None)
        own = frozenset(name for name in named if name != "**")
        return Book(of.keys | own, any_of([of.of, *named.values()]) if own else of.of)
    name = getattr(function, "__name__", "")
    if name == "groupby":
        _called_with_each(reader, positional[1] if len(positional) > 1 else named.get("key"), first)
        return Many(Several((None, Many(elements(first)))))
    if name == "chain":
        return Many(any_of(elements(each) for each in positional))
    if name == "defaultdict":
        return Book(frozenset(), Many(Nothing()) if first == Live(list) or first == Live(set) else None)
    return None


def _called_with_each(reader: "Expressions", function: Kind | None, many: Kind | None) -> None:
    """A key for sorting, or the like."""
    if isinstance(function, Local) and function.node.args.args:
        reader.answer(function, {function.node.args.args[0].arg: elements(many)})


def _bound(
    parameters: ast.arguments, positional: Sequence[Kind | None], named: Mapping[str, Kind | None]
) -> dict[str, Kind | None]:
    names = [each.arg for each in [*parameters.posonlyargs, *parameters.args]]
    known = {*names, *(each.arg for each in parameters.kwonlyargs)}
    return dict(zip(names, positional, strict=False)) | {name: kind for name, kind in named.items() if name in known}


@cache
def _parameters(function: Any) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}


def _arguments(
    function: Any, positional: Sequence[Kind | None], named: Mapping[str, Kind | None]
) -> dict[str, Kind | None]:
    """Which parameter of a function each is; what it takes as **values is one dict."""
    parameters = _parameters(function)
    by_place = [name for name, each in parameters.items() if each.kind not in (each.VAR_POSITIONAL, each.KEYWORD_ONLY)]
    by_place = by_place[1:] if by_place[:1] == ["self"] else by_place
    given = dict(zip(by_place, positional, strict=False))
    given |= {name: kind for name, kind in named.items() if name in parameters}
    for each in parameters.values():
        if each.kind is each.VAR_KEYWORD:
            spread = named.get("**")
            own = frozenset(name for name in named if name != "**" and name not in parameters)
            given[each.name] = Book(own | (spread.keys if isinstance(spread, Book) else frozenset()), None)
    return given


def _fields(made: type, positional: Sequence[Kind | None], named: Mapping[str, Kind | None]) -> dict[str, Kind | None]:
    names = [each.name for each in dataclasses.fields(made)] if dataclasses.is_dataclass(made) else []
    return dict(zip(names, positional, strict=False)) | {name: kind for name, kind in named.items() if name != "**"}
