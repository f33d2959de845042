"""Where columns are named, whether they exist, and what functions are called with."""

import ast
import inspect
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from tests.columns.kinds import Kind, Names
from tests.columns.program import Module, Program

Half = Literal["tables", "rows", "written"]
"""`table.c.name`; `row.name`; what an INSERT or UPDATE names."""


@dataclass(frozen=True)
class Place:
    """Where a column is named. half: "tables", "rows" or "written". exact: it is known which columns there are; else it
    only has to be one of its service."""

    path: str
    line: int
    column: int
    name: str
    half: Half


@dataclass
class Found:
    """What was read so far."""

    exact: dict[Place, bool] = field(default_factory=dict)
    wrong: set[Place] = field(default_factory=set)
    arguments: defaultdict[tuple[str, str, str], list[Kind | None]] = field(default_factory=lambda: defaultdict(list))
    """What functions are called with: (module, function, parameter)."""
    passed_on: set[tuple[str, str]] = field(default_factory=set)
    """Functions that somebody may call with anything."""


class Notes:
    """quiet: what a call gives is asked for, and nothing is noted."""

    def __init__(self, program: Program, known: Found) -> None:
        self.program, self.known, self.found = program, known, Found()
        self.module: Module
        self.quiet = self.calling = False

    def note(self, node: ast.expr, name: str, names: Names, half: Half) -> None:
        if self.quiet:
            return
        line, column = node.lineno, node.col_offset
        if isinstance(node, ast.Attribute):  # In a chain over several lines each has its own end alone.
            line, column = node.end_lineno or line, (node.end_col_offset or 0) - len(name)
        place = Place(str(self.module.path), line, column + 1, name, half)
        self.found.exact[place] = self.found.exact.get(place, False) or bool(names)
        if name not in (names or self.program.names_of(self.module.service)):
            self.found.wrong.add(place)

    def note_written(self, node: ast.expr, keys: Iterable[str], table: Names) -> None:
        for name in keys:
            self.note(node, name, table, "written")

    def take(self, function: object, given: Mapping[str, Kind | None]) -> None:
        """Somebody calls it so."""
        if self.quiet:
            return
        value = inspect.unwrap(function) if inspect.isfunction(function) else function
        for name, kind in given.items():
            key = (getattr(value, "__module__", ""), getattr(value, "__qualname__", ""), name)
            if kind not in self.found.arguments[key]:
                self.found.arguments[key].append(kind)
