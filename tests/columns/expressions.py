"""What an expression may be."""

import ast
import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from tests.columns import calls
from tests.columns.growing import Scope
from tests.columns.kinds import (
    Book,
    Columns,
    Kind,
    Live,
    Local,
    Made,
    Many,
    Mapped,
    Nothing,
    Record,
    Several,
    Source,
    Statement,
    Value,
    any_of,
    either,
    elements,
    finer,
)
from tests.columns.notes import Notes
from tests.columns.program import Function, live

OF_ROWS = {"count", "index", "tuple", "t"}
OF_COLLECTIONS = {"keys", "values", "items", "get", "contains_column", "corresponding_column"}
"""What is no column."""


@cache
def _reader_of(reader: type, node: type[ast.AST]) -> Callable[..., Kind | None] | None:
    return getattr(reader, f"_{node.__name__.lower()}", None)


@cache
def _parts_of(node: ast.AST) -> list[ast.expr]:
    return [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)]


@cache
def _of_live(base: Live, name: str) -> Kind | None:
    get = inspect.getattr_static if isinstance(base.value, type) else getattr
    return live(get(base.value, name, None))


_annotations = cache(inspect.get_annotations)


class Expressions(Notes):
    def answer(self, function: Any, given: Mapping[str, Kind | None]) -> Kind | None:
        """What a function of the program gives, called so."""
        raise NotImplementedError

    def local(self, node: ast.Lambda | Function, scope: Scope) -> Local:
        """A function within another."""
        raise NotImplementedError

    def returns(self, kind: Kind | None) -> None:
        """The function that is read gives it."""
        raise NotImplementedError

    def kind(self, node: ast.expr, scope: Scope) -> Kind | None:
        read = _reader_of(type(self), type(node))
        return read(self, node, scope) if read else self._within(node, scope)

    def _within(self, node: ast.AST, scope: Scope) -> Kind | None:
        """Nothing that is known; but what is in it is read. What is made of SQL is SQL."""
        kinds = [self.kind(each, scope) for each in _parts_of(node)]
        return Value(None) if any(isinstance(each, Value) for each in kinds) else None

    def _constant(self, node: ast.Constant, scope: Scope) -> Kind | None:
        return Nothing() if node.value is None else None

    def _name(self, node: ast.Name, scope: Scope) -> Kind | None:
        if node.id in scope:
            return scope[node.id]
        kind = self.module.named(node.id) or calls.builtin(node.id)
        self._let_go(kind)
        return kind

    def callee(self, node: ast.expr, scope: Scope) -> Kind | None:
        """What is called; that it is named here lets nobody else call it."""
        calling, self.calling = self.calling, isinstance(node, ast.Name | ast.Attribute)
        try:
            return self.kind(node, scope)
        finally:
            self.calling = calling

    def _let_go(self, kind: Kind | None) -> None:
        """Somebody may call it with anything, as far as is known here; a call takes that back."""
        if isinstance(kind, Live) and not self.quiet and not self.calling:
            there = self.program.found(kind.value)
            if there is not None:
                self.found.passed_on.add((there[0].name, kind.value.__qualname__))

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Kind | None:
        base, name = self.kind(node.value, scope), node.attr
        match base:
            case Live():
                kind = _of_live(base, name)
                self._let_go(kind)
                return None if isinstance(kind, Nothing) else kind
            case Source(names) if name in ("c", "columns"):
                return Columns(names)
            case Statement(names, table) if name in ("excluded", "c", "selected_columns"):
                return Columns(table if name == "excluded" else names)
            case Columns(names) if name not in OF_COLLECTIONS or name in (names or ()):
                self.note(node, name, names, "tables")
                return Value(name)
            case Record(names) if name == "_mapping":
                return Mapped(names)
            case Record(names) if not name.startswith("_") and name not in OF_ROWS:
                self.note(node, name, names, "rows")
                return None
            case Value():
                return Value(None)
            case Made(by):
                return self._of_instance(by, name)
        return None

    def _of_instance(self, by: type, name: str) -> Kind | None:
        """What a field or a property of an instance is."""
        for each in by.__mro__:
            value = vars(each).get(name)
            if isinstance(value, property) and value.fget is not None:
                return self.answer(value.fget, {})
            if value is not None and inspect.isfunction(value):
                return Live(value)
            module = self.program.modules.get(each.__module__)
            if module is not None and name in _annotations(each):
                made_with = self.known.arguments.get((each.__module__, each.__qualname__, name), [None])
                return finer(module.said(_annotations(each)[name]), any_of(made_with))
        return None

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Kind | None:
        base, index = self.kind(node.value, scope), self.kind(node.slice, scope)
        key = node.slice.value if isinstance(node.slice, ast.Constant) else None
        match base:
            case Columns(names) | Mapped(names):
                if isinstance(key, str):
                    self.note(node, key, names, "tables" if isinstance(base, Columns) else "rows")
                elif isinstance(base, Mapped) and isinstance(index, Value) and index.name:
                    self.note(node, index.name, names, "rows")
                return Value(key) if isinstance(base, Columns) and isinstance(key, str) else None
            case Many(of):
                return base if isinstance(node.slice, ast.Slice) else of
            case Several(of) if isinstance(key, int) and -len(of) <= key < len(of):
                return of[key]
            case Several(of):
                return Many(any_of(of))
            case Book(_, of):
                return of
            case Value():
                return Value(None)
        return None

    def _call(self, node: ast.Call, scope: Scope) -> Kind | None:
        return calls.read(self, node, scope)

    def _await(self, node: ast.Await, scope: Scope) -> Kind | None:
        return self.kind(node.value, scope)

    def _starred(self, node: ast.Starred, scope: Scope) -> Kind | None:
        return elements(self.kind(node.value, scope))

    def _yield(self, node: ast.Yield, scope: Scope) -> Kind | None:
        self.returns(self.kind(node.value, scope) if node.value else Nothing())
        return None

    def _namedexpr(self, node: ast.NamedExpr, scope: Scope) -> Kind | None:
        kind = self.kind(node.value, scope)
        self.bind(node.target, kind, scope)
        return kind

    def _ifexp(self, node: ast.IfExp, scope: Scope) -> Kind | None:
        self.kind(node.test, scope)
        return either(self.kind(node.body, scope), self.kind(node.orelse, scope))

    def _boolop(self, node: ast.BoolOp, scope: Scope) -> Kind | None:
        kinds = [self.kind(each, scope) for each in node.values]
        return any_of(kinds) if isinstance(node.op, ast.Or) else kinds[-1]

    def _binop(self, node: ast.BinOp, scope: Scope) -> Kind | None:
        left, right = self.kind(node.left, scope), self.kind(node.right, scope)
        if isinstance(left, Value) or isinstance(right, Value):
            return Value(None)
        return either(left, right) if isinstance(node.op, ast.Add | ast.BitOr) else None

    def _tuple(self, node: ast.Tuple, scope: Scope) -> Kind | None:
        kinds = tuple(self.kind(each, scope) for each in node.elts)
        return Many(any_of(kinds)) if any(isinstance(each, ast.Starred) for each in node.elts) else Several(kinds)

    def _list(self, node: ast.List | ast.Set, scope: Scope) -> Kind | None:
        return Many(any_of(self.kind(each, scope) for each in node.elts))

    _set = _list

    def _dict(self, node: ast.Dict, scope: Scope) -> Kind | None:
        keys: frozenset[str] = frozenset()
        of: Kind | None = Nothing()
        for key, value in zip(node.keys, node.values, strict=True):
            kind = self.kind(value, scope)
            if key is None:
                keys |= kind.keys if isinstance(kind, Book) else frozenset()
                of = either(of, kind.of if isinstance(kind, Book) else None)
                continue
            self.kind(key, scope)
            of = either(of, kind)
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                keys |= {key.value}
        return Book(keys, of)

    def _over(self, generators: list[ast.comprehension], scope: Scope) -> Scope:
        inner = dict(scope)
        for each in generators:
            self.bind(each.target, elements(self.kind(each.iter, inner)), inner)
            for test in each.ifs:
                self.kind(test, inner)
        return inner

    def _listcomp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope) -> Kind | None:
        return Many(self.kind(node.elt, self._over(node.generators, scope)))

    _setcomp = _generatorexp = _listcomp

    def _dictcomp(self, node: ast.DictComp, scope: Scope) -> Kind | None:
        inner = self._over(node.generators, scope)
        self.kind(node.key, inner)
        return Book(frozenset(), self.kind(node.value, inner))

    def _lambda(self, node: ast.Lambda, scope: Scope) -> Kind | None:
        return self.local(node, scope)

    def bind(self, target: ast.expr, kind: Kind | None, scope: Scope) -> None:
        match target:
            case ast.Name(name):
                scope[name] = kind
            case ast.Tuple(parts) | ast.List(parts):
                each = kind.of if isinstance(kind, Several) and len(kind.of) == len(parts) else None
                for number, part in enumerate(parts):
                    if isinstance(part, ast.Starred):
                        self.bind(part.value, Many(elements(kind)), scope)
                    else:
                        self.bind(part, each[number] if each else elements(kind), scope)
            case ast.Subscript(ast.Name(name), ast.Constant(str() as key)):
                book = scope.get(name)
                if isinstance(book, Book):
                    scope[name] = Book(book.keys | {key}, either(book.of, kind))
            case ast.Subscript(ast.Name(name), key):
                self.kind(key, scope)
                book = scope.get(name)
                if isinstance(book, Book):
                    scope[name] = Book(book.keys, either(book.of, kind))
            case _:
                self._within(target, scope)
