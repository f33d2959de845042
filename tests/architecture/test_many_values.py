"""PostgreSQL allows 32,767 parameters in a statement, so no statement has one for each of many rows or values: arrays
(`unnest`, `shared.db.one_of`) have one, and `execute(insert(table), rows)` sends each row by itself."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

ALLOWED = {
    "notifications._tasks_of": "the roles of one person",
    "notifications.overtaken": "templates that the code names",
    "notifications.read": "a statement of its own, given by its caller",
    "opportunities.ask_for_needs": "what one person needs, of those that a page offers",
    "payments._of_payments": "kinds of entries that the code names",
    "payments.who_have_them": "a statement that finds the claims of one attendance",
    "people.file": "its caller gives parts of a list (AT_ONCE)",
    "people.keep": "the secrets that one browser holds",
    "people.try_code": "purposes that the code names",
}
"""Where a list comes from elsewhere, and why it never grows."""


def test_no_statement_has_a_parameter_for_each_of_many_values():
    found = {
        f"{path.relative_to(ROOT / 'services').parts[0]}.{function}"
        for path in (ROOT / "services").glob("**/*.py")
        if "migrations" not in path.parts
        for function in with_many_in(path.read_text())
    }
    assert found == set(ALLOWED), "use one_of, unnest, or execute(insert(table), rows)"


def test_what_has_many_values_is_told_from_what_has_few():
    program = """
def one(tx): insert(table).values(id=1)
def named(tx, values: dict): insert(table).values(values)
def few(tx): c.state.in_(("a", STATE)) | c.state.in_(rules.OPEN) | c.id.in_([*_OPEN, "b"])
def asked(tx):
    mine = select(table.c.id)
    c.id.in_(mine) | c.id.in_(mine.where(c.state == "a")) | c.id.in_(select(other.c.id))
def gathered(tx, given):
    rows = [{"id": each} for each in given]
    insert(table).values(rows)
def at_once(tx, given): insert(table).values([{"id": each} for each in given])
def given(tx, rows: Sequence[dict]): insert(table).values(rows)
def ids(tx, ids): c.id.in_(ids)
def listed(tx, ids): c.id.not_in(sorted(ids))
"""
    assert set(with_many_in(program)) == {"gathered", "at_once", "given", "ids", "listed"}


def with_many_in(source: str) -> Iterator[str]:
    """Functions with such a statement."""
    if not re.search(r"\.(values|in_|not_in)\(", source):
        return
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and any(
            _has_many(each, function) for each in ast.walk(function) if isinstance(each, ast.Call)
        ):
            yield function.name


def _has_many(call: ast.Call, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    if not isinstance(call.func, ast.Attribute) or not call.args:
        return False
    given = _meant(call.args[0], function)
    if call.func.attr == "values":
        return isinstance(given, ast.List | ast.ListComp) or (
            isinstance(given, ast.arg) and "Sequence[" in ast.unparse(given)
        )
    return call.func.attr in ("in_", "not_in") and not (_is_fixed(given) or _is_asked(given))


def _meant(given: ast.AST, function: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
    """What a name stands for in this function: the last thing that it was given, or an argument."""
    if not isinstance(given, ast.Name):
        return given
    found: list[ast.AST] = [each for each in ast.walk(function.args) if getattr(each, "arg", None) == given.id]
    for each in ast.walk(function):
        if isinstance(each, ast.Assign) and any(getattr(target, "id", None) == given.id for target in each.targets):
            found.append(each.value)
    return found[-1] if found else given


def _is_fixed(given: ast.AST) -> bool:
    """Constants, or a list as long as the program writes it."""
    if isinstance(given, ast.List | ast.Tuple | ast.Set):
        return all(_is_fixed(each.value) for each in given.elts if isinstance(each, ast.Starred))
    if isinstance(given, ast.Call) and given.args and ast.unparse(given.func) in ("list", "sorted"):
        return _is_fixed(given.args[0])
    name = given.attr if isinstance(given, ast.Attribute) else getattr(given, "id", "a")
    return isinstance(given, ast.Constant) or name.isupper()


def _is_asked(given: ast.AST) -> bool:
    """A statement of its own: `select(...)`, and what is made of one."""
    return isinstance(given, ast.Call) and ast.unparse(given.func) not in ("list", "sorted", "set", "tuple", "range")
