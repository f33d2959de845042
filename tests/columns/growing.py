"""Lists and dicts that are filled after they were made."""

import ast
from collections.abc import Callable

from tests.columns.kinds import Book, Kind, Many, Nothing, either, elements

Scope = dict[str, Kind | None]


def grown(target: ast.expr, base: Many | Book, name: str, positional: list[Kind | None], scope: Scope) -> Kind | None:
    """What was put into it is in it from now on."""
    last = positional[-1] if positional else None
    if name == "setdefault":
        of = last if isinstance(base.of, Nothing) else either(base.of, last)
        _put(target, lambda old: Book(old.keys, of) if isinstance(old, Book) else old, scope)
        return of
    if name in ("extend", "update"):
        last = last.of if isinstance(last, Book) else elements(last)

    def grow(old: Kind | None) -> Kind | None:
        if isinstance(old, Book):
            return Book(old.keys, either(old.of, last))
        return Many(either(old.of, last)) if isinstance(old, Many) else old

    _put(target, grow, scope)
    return None


def _put(target: ast.expr, grow: Callable[[Kind | None], Kind | None], scope: Scope) -> None:
    """Let what a name stands for grow, however deep in it what grows is."""
    if isinstance(target, ast.Name) and target.id in scope:
        scope[target.id] = grow(scope[target.id])
        return
    inner: ast.expr | None = None
    if isinstance(target, ast.Subscript):
        inner = target.value
    elif isinstance(target, ast.Call) and isinstance(target.func, ast.Attribute) and target.func.attr == "setdefault":
        inner = target.func.value
    if inner is not None:

        def within(old: Kind | None) -> Kind | None:
            if isinstance(old, Book):
                return Book(old.keys, grow(Many(Nothing()) if isinstance(old.of, Nothing) else old.of))
            return Many(grow(old.of)) if isinstance(old, Many) else old

        _put(inner, within, scope)
