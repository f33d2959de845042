"""Lists that people open in a spreadsheet: accents intact, and nothing that the spreadsheet would run."""

import csv
import io
import unicodedata
from collections.abc import Sequence

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel on Windows reads Zoë as ZoÃ«. A bank's file has none."""
_BEGINS_A_FORMULA = ("=", "+", "-", "@")


def list_for_people(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return BYTE_ORDER_MARK + csv_of(head, rows)


def csv_of(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([[harmless_cell(cell) for cell in row] for row in rows])
    return output.getvalue()


def harmless_cell(cell: str) -> str:
    """A spreadsheet would run a cell that begins like a formula, even with full-width signs or after spaces."""
    return "'" + cell if begins_a_formula(cell) or cell.startswith(("\t", "\r", "\n")) else cell


def begins_a_formula(cell: str) -> bool:
    return unicodedata.normalize("NFKC", cell.lstrip()[:1]) in _BEGINS_A_FORMULA
