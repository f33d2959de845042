"""What an expression may be, as far as columns go. None in a program's place: it is not known."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

Names = frozenset[str] | None
"""The columns that something has; None: not known here, then any that its service has will do."""


@dataclass(frozen=True)
class Nothing:
    """None itself: what may be nothing is what it is otherwise."""


@dataclass(frozen=True)
class Source:
    """A table, an alias, a subquery: what has `.c`."""

    names: Names


@dataclass(frozen=True)
class Columns:
    """`table.c`, or `excluded` of an upsert."""

    names: Names


@dataclass(frozen=True)
class Value:
    """Something in SQL that gives one column, and how rows call it. None: by nothing that anybody would write."""

    name: str | None


@dataclass(frozen=True)
class Statement:
    """What rows it gives. table: the columns that an INSERT or UPDATE writes; of a SELECT None."""

    names: Names
    table: Names = None


@dataclass(frozen=True)
class Record:
    """A row."""

    names: Names


@dataclass(frozen=True)
class Mapped:
    """row._mapping"""

    names: Names


@dataclass(frozen=True)
class Result:
    """What `execute` gives."""

    names: Names


@dataclass(frozen=True)
class Many:
    of: "Kind | None"


@dataclass(frozen=True)
class Several:
    """A tuple of this length."""

    of: "tuple[Kind | None, ...]"


@dataclass(frozen=True)
class Book:
    """A dict. keys: those that are known; there may be others."""

    keys: frozenset[str]
    of: "Kind | None"


@dataclass(frozen=True)
class Made:
    """An instance of a class."""

    by: type


@dataclass(frozen=True, eq=False)
class Local:
    """A lambda or a function in a function, and the names around it."""

    node: ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef
    around: "dict[str, Kind | None]"


@dataclass(frozen=True, eq=False)
class Live:
    """A module, class or function as it was imported."""

    value: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Live) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


Kind = (
    Nothing
    | Source
    | Columns
    | Value
    | Statement
    | Record
    | Mapped
    | Result
    | Many
    | Several
    | Book
    | Made
    | Local
    | Live
)
NAMED = (Source, Columns, Statement, Record, Mapped, Result)


def both(one: Names, other: Names) -> Names:
    return None if one is None or other is None else one | other


def either(one: Kind | None, other: Kind | None) -> Kind | None:
    """What is the one or the other. A row that may be another, unknown, one may have any column."""
    if one == other or isinstance(other, Nothing):
        return one
    if isinstance(one, Nothing):
        return other
    if one is None or other is None:
        return vague(one or other)
    if type(one) is type(other):
        if isinstance(one, NAMED) and isinstance(other, NAMED):
            return replace(one, names=both(one.names, other.names))
        if isinstance(one, Many) and isinstance(other, Many):
            return Many(either(one.of, other.of))
        if isinstance(one, Book) and isinstance(other, Book):
            return Book(one.keys | other.keys, either(one.of, other.of))
        if isinstance(one, Several) and isinstance(other, Several) and len(one.of) == len(other.of):
            return Several(tuple(either(*pair) for pair in zip(one.of, other.of, strict=True)))
        if isinstance(one, Value):
            return Value(None)
    return next((each for each in (one, other) if isinstance(each, Record)), None)  # Where it is read, it is the row.


def any_of(kinds: Iterable[Kind | None]) -> Kind | None:
    return reduce(either, kinds, Nothing())


def vague(kind: Kind | None) -> Kind | None:
    """The same, of which it is not known any more what columns it has."""
    if isinstance(kind, NAMED):
        return replace(kind, names=None)
    if isinstance(kind, Many):
        return Many(vague(kind.of))
    if isinstance(kind, Several):
        return Several(tuple(vague(each) for each in kind.of))
    if isinstance(kind, Book):
        return Book(kind.keys, vague(kind.of))
    return kind if isinstance(kind, Made) else None


def finer(said: Kind | None, found: Kind | None) -> Kind | None:
    """What it is said to be, or, where that is more, what was found."""
    if said is None or isinstance(said, Nothing):
        return found
    if type(said) is not type(found):
        if isinstance(said, Many) and isinstance(found, Several):
            return Many(finer(said.of, any_of(found.of)))
        return said
    if isinstance(said, Many) and isinstance(found, Many):
        return Many(finer(said.of, found.of))
    if isinstance(said, Book) and isinstance(found, Book):
        return Book(found.keys, finer(said.of, found.of))
    if isinstance(said, Several) and isinstance(found, Several) and len(said.of) == len(found.of):
        return Several(tuple(finer(*pair) for pair in zip(said.of, found.of, strict=True)))
    return said if isinstance(said, Made) else found


def elements(kind: Kind | None) -> Kind | None:
    """What one gets by going through it."""
    if isinstance(kind, Many):
        return kind.of
    if isinstance(kind, Several):
        return any_of(kind.of)
    if isinstance(kind, Result):
        return Record(kind.names)
    if isinstance(kind, Columns):
        return Value(None)
    return None
