"""Reads one function after another: what each expression in it may be, and whether the columns that it names exist."""

import ast
from collections.abc import Callable, Iterable, Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import Transaction
from tests.columns.expressions import Expressions, Scope
from tests.columns.kinds import (
    Book,
    Kind,
    Live,
    Local,
    Made,
    Many,
    Nothing,
    any_of,
    either,
    elements,
    finer,
)
from tests.columns.notes import Found
from tests.columns.program import Function, Program

_DEEP = 15
_TRANSACTION = {"tx": Made(Transaction), "connection": Made(AsyncConnection)}
"""What is called so is one, where nothing says what it is."""


class Reader(Expressions):
    """Reads the functions of a program, and in them statement after statement."""

    def __init__(self, program: Program, known: Found) -> None:
        super().__init__(program, known)
        self._answers: dict[object, Kind | None] = {}
        self._asked: list[object] = []
        self._returned: list[Kind | None] = []

    def returns(self, kind: Kind | None) -> None:
        self._returned.append(kind)

    def read_all(self) -> Found:
        for module in self.program.modules.values():
            self.module = module
            self._block([each for each in module.tree.body if not isinstance(each, Function)], {})
            for qualified, node, by in module.functions():
                self._body(node, self._parameters(node, by, qualified))
        return self.found

    def _parameters(self, node: Function | ast.Lambda, by: type | None = None, qualified: str = "") -> Scope:
        given: Scope = {}
        every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        for number, each in enumerate(every):
            said = self.module.annotated(each.annotation) if each.annotation else _TRANSACTION.get(each.arg)
            if number == 0 and by is not None and each.arg in ("self", "cls"):
                said = Made(by) if each.arg == "self" else Live(by)
            given[each.arg] = finer(said, self._called_with(qualified, each.arg))
        if node.args.vararg:
            said = self.module.annotated(node.args.vararg.annotation)
            given[node.args.vararg.arg] = Many(said)
        if node.args.kwarg:
            name = node.args.kwarg.arg
            given[name] = finer(Book(frozenset(), None), self._called_with(qualified, name))
        return given

    def _called_with(self, qualified: str, name: str) -> Kind | None:
        if not qualified or (self.module.name, qualified) in self.known.passed_on:
            return None
        kinds = self.known.arguments.get((self.module.name, qualified, name))
        return any_of(kinds) if kinds else None

    def _body(self, node: Function | ast.Lambda, given: Scope) -> Kind | None:
        if isinstance(node, ast.Lambda):
            return self.kind(node.body, given)
        outer, self._returned = self._returned, []
        try:
            self._block(node.body, given)
            returned = any_of(self._returned)
            return Many(returned) if node in self.program.generators else returned
        finally:
            self._returned = outer

    def answer(self, function: object, given: Mapping[str, Kind | None]) -> Kind | None:
        """What a function of the program gives, called so."""
        if isinstance(function, Local):
            scope = function.around | self._parameters(function.node) | dict(given)
            return self._once((function, tuple(given.items())), lambda: self._body(function.node, scope))
        there = self.program.found(function)
        if there is None:
            return None
        module, node, by = there
        outer, self.module = self.module, module
        quiet, self.quiet = self.quiet, True
        try:
            said = module.annotated(node.returns)
            scope = self._parameters(node, by)
            scope |= {name: finer(scope.get(name), kind) for name, kind in given.items()}
            key = (module.name, node, tuple(given.items()))
            return finer(said, self._once(key, lambda: self._body(node, scope)))
        finally:
            self.module, self.quiet = outer, quiet

    def _once(self, key: object, ask: Callable[[], Kind | None]) -> Kind | None:
        if key in self._answers:
            return self._answers[key]
        if key in self._asked or len(self._asked) > _DEEP:
            return None
        self._asked.append(key)
        try:
            found = ask()
        finally:
            self._asked.pop()
        if self.quiet:
            self._answers[key] = found
        return found

    # Statements

    def _block(self, body: Iterable[ast.stmt], scope: Scope) -> None:
        for each in body:
            self._statement(each, scope)

    def _branches(self, scope: Scope, *bodies: Iterable[ast.stmt]) -> None:
        """What is true after one or another of these."""
        after: list[Scope] = []
        for body in bodies:
            branch = dict(scope)
            body = list(body)
            self._block(body, branch)
            if not (body and isinstance(body[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)):
                after.append(branch)
        for name in {name for branch in after for name in branch}:
            scope[name] = any_of(branch.get(name, Nothing()) for branch in after)

    def _statement(self, node: ast.stmt, scope: Scope) -> None:
        match node:
            case ast.Expr(value):
                self.kind(value, scope)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                for each in [*node.decorator_list, *node.args.defaults]:
                    self.kind(each, scope)
                scope[node.name] = self.local(node, scope)
            case ast.ClassDef():
                for each in node.body:
                    if not isinstance(each, Function):
                        self._statement(each, {})
            case ast.Return(value):
                self.returns(self.kind(value, scope) if value else Nothing())
            case ast.Assign(targets, value):
                kind = self.kind(value, scope)
                for target in targets:
                    self.bind(target, kind, scope)
            case ast.AnnAssign(target, annotation, value):
                kind = self.kind(value, scope) if value else None
                said = self.module.annotated(annotation)
                self.bind(target, kind if _is_empty(kind) else finer(said, kind), scope)
            case ast.AugAssign(target, _, value):
                kind = either(self.kind(target, scope), self.kind(value, scope))
                self.bind(target, kind, scope)
            case ast.If(test, body, orelse):
                self.kind(test, scope)
                self._branches(scope, body, orelse)
            case ast.For(target, over, body, orelse) | ast.AsyncFor(target, over, body, orelse):
                self.bind(target, elements(self.kind(over, scope)), scope)
                self._branches(scope, body, [])
                self._branches(scope, body, [])
                self._block(orelse, scope)
            case ast.While(test, body, orelse):
                self.kind(test, scope)
                self._branches(scope, body, [])
                self._block(orelse, scope)
            case ast.With(items, body) | ast.AsyncWith(items, body):
                for item in items:
                    kind = self.kind(item.context_expr, scope)
                    if isinstance(item.optional_vars, ast.Name):
                        kind = _TRANSACTION.get(item.optional_vars.id)
                    if item.optional_vars is not None:
                        self.bind(item.optional_vars, kind, scope)
                self._block(body, scope)
            case ast.Try(body, handlers, orelse, final):
                self._block(body, scope)
                self._branches(scope, orelse, *(handler.body for handler in handlers))
                self._block(final, scope)
            case ast.Match(subject, cases):
                self.kind(subject, scope)
                self._branches(scope, *(case.body for case in cases))
            case _:
                self._within(node, scope)

    def local(self, node: ast.Lambda | Function, scope: Scope) -> Local:
        """Read once by itself; and again by whoever calls it."""
        local = Local(node, scope)
        self._body(node, scope | self._parameters(node))
        return local


def _is_empty(kind: Kind | None) -> bool:
    """A list or dict that waits for what is put into it."""
    if isinstance(kind, Many | Book):
        return isinstance(kind.of, Nothing) or _is_empty(kind.of)
    return False
