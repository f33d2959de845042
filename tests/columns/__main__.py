"""`make check`: every column that the program names is there.

Pyright takes any name for a column, in `table.c.name` and in `row.name`; the database refuses it only when somebody
comes by. docs/decisions/0023-columns-are-checked-by-reading-the-program.md says how these are read, and what is not.

    python -m tests.columns [--figures]
"""

import gc
import sys
from collections import Counter

from rich.console import Console

from tests.columns.notes import Found
from tests.columns.program import Program
from tests.columns.reading import Reader


def read(program: Program) -> Found:
    """Three times: what a function is called with is known once all was read, and what that calls others with after
    once more."""
    found = Found()
    for _ in range(3):
        found = Reader(program, found).read_all()
    return found


def main() -> int:
    gc.disable()  # the trees stay until the end
    found, console = read(Program()), Console(soft_wrap=True, markup=False, emoji=False, highlight=False)
    for place in sorted(found.wrong, key=lambda each: (each.path, each.line, each.column)):
        of_what = "there" if found.exact[place] else "in this service"
        console.print(f"{place.path}:{place.line}:{place.column}: no column {of_what} is called {place.name!r}")
    if "--figures" in sys.argv:
        figures = Counter((place.half, exact) for place, exact in found.exact.items())
        for half in ("tables", "rows", "written"):
            console.print(f"{half}: {figures[half, True]} exactly, {figures[half, False]} against their service")
    return bool(found.wrong)


if __name__ == "__main__":
    sys.exit(main())
