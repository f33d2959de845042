"""Lists that people open in a spreadsheet: with their accents, and with nothing in them that it would run."""

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
    """A cell that begins like a formula would be run by a spreadsheet: with full-width signs too, and behind spaces."""
    return "'" + cell if begins_a_formula(cell) or cell.startswith(("\t", "\r", "\n")) else cell


def begins_a_formula(cell: str) -> bool:
    return unicodedata.normalize("NFKC", cell.lstrip()[:1]) in _BEGINS_A_FORMULA
