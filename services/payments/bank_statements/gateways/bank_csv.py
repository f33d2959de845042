"""The account's statement as the bank's website gives it: a CSV of any shape (PAY-12). A person says once what each
column means."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from services.payments.bank_statements.domain.bank_lines import BankLine
from services.payments.bank_statements.gateways.currencies import (
    columns_of_currency,
    is_pounds,
    other_in_heading,
    other_in_title,
)
from services.payments.bank_statements.gateways.days import day_in, day_of
from services.payments.paying.domain import bank_files
from shared.reasons import refuse

MOST_LINES = 50_000
LONGEST_LINE = 20_000  # characters
MOST_CELLS = 1_000_000
"""Below the headings, blank lines included: some 80 MB while they are checked."""
_LINES_TO_LOOK_AT = 40
_AMOUNT = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2}))?")
DATE_WORDS = ("date", "day")


@dataclass(frozen=True, slots=True)
class Table:
    """headings: as the bank writes them. rows: those below, as texts. unnamed: how many columns at the end have a
    heading without words."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    unnamed: int = 0

    @property
    def key(self) -> str:
        """The key under which the meaning of its columns is remembered."""
        return "\x1f".join(heading.casefold() for heading in self.headings)


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what, counted from 0. Either amount (negative for money that left, unless out_is_positive,
    or the column marker says "DR" or "CR"), or paid_out and paid_in."""

    day: int
    words: Sequence[int]
    amount: int | None = None
    paid_out: int | None = None
    paid_in: int | None = None
    out_is_positive: bool = False
    marker: int | None = None

    @property
    def by_minus(self) -> bool:
        """Whether only a minus sign marks money that left."""
        return self.amount is not None and self.marker is None and not self.out_is_positive


def read_table(data: bytes) -> Table:
    """Accepts title lines above the headings, "sep=;" and the usual separators and encodings. Reads line by line, so
    that it refuses too large a file before holding it. Raises Refused in plain words."""
    encoding = _encoding_of(data)
    said = re.fullmatch(r"\"?sep=(.)\"?", _opened(data, encoding).readline(200).strip(), re.IGNORECASE)
    skipped = 1 if said else 0
    separator = said[1] if said else max(",;\t|", key=lambda each: _width(_first_rows(data, encoding, each, 0)))
    first = _first_rows(data, encoding, separator, skipped)
    start = _heading_row(first)
    if start is None:
        refuse(bank_files.NO_HEADINGS)
    if currency := next(filter(None, (other_in_title(row) for row in first[:start])), ""):
        refuse(bank_files.other_currency(currency, "statement"))
    headings = [" ".join(cell.split()) for cell in first[start]]
    columns = len(headings)
    while headings and not headings[-1]:
        headings.pop()
    return Table(headings, _body(_rows(data, encoding, separator, skipped), start), columns - len(headings))


def _encoding_of(data: bytes) -> str:
    if not data.strip():
        refuse(bank_files.EMPTY_STATEMENT)
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        encoding = "cp1252"
        text = data.decode(encoding, errors="replace")
    if "\x00" in text:
        refuse(bank_files.NO_CSV)
    return encoding


def _opened(data: bytes, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(data), encoding, errors="replace", newline="")


def _rows(data: bytes, encoding: str, separator: str, skipped: int) -> Iterator[list[str]]:
    """skipped: lines above the table that are not part of it."""
    return csv.reader(map(_bearable, islice(_opened(data, encoding), skipped, None)), delimiter=separator)


def _bearable(line: str) -> str:
    if len(line) > LONGEST_LINE:
        refuse(bank_files.TOO_MUCH)
    return line


def _first_rows(data: bytes, encoding: str, separator: str, skipped: int) -> list[list[str]]:
    try:
        return list(islice(_rows(data, encoding, separator, skipped), _LINES_TO_LOOK_AT))
    except csv.Error:
        return []


def _body(rows: Iterator[list[str]], start: int) -> list[list[str]]:
    """The rows below the headings, without blank lines and without empty cells at a line's end."""
    body: list[list[str]] = []
    cells = 0
    try:
        for row in islice(rows, start + 1, None):
            cells += len(row) or 1
            if cells > MOST_CELLS:
                refuse(bank_files.TOO_MUCH)
            while row and not row[-1].strip():
                row.pop()
            if row:
                body.append(row)
            if len(body) > MOST_LINES:
                refuse(bank_files.too_many_lines(MOST_LINES))
    except csv.Error:
        refuse(bank_files.NO_CSV)
    return body


def _width(rows: Sequence[Sequence[str]]) -> int:
    """Rates a way of reading: by how many of the first lines have more than two columns, then by the most columns."""
    widths = [len(row) for row in rows[:_LINES_TO_LOOK_AT] if len(row) > 2]
    return len(widths) * 100 + max(widths, default=0)


def _heading_row(rows: Sequence[Sequence[str]]) -> int | None:
    """The first line that looks like headings: at least three words, one of them about a date and none of them a
    date."""
    for number, row in enumerate(rows[:_LINES_TO_LOOK_AT]):
        cells = [cell.strip() for cell in row]
        words = sum(bool(cell) for cell in cells) >= 3 and not any(day_of(cell) for cell in cells)
        if words and any(word in cell.casefold() for cell in cells for word in DATE_WORDS):
            return number
    return None


def lines_of(table: Table, columns: Columns) -> list[BankLine]:
    """Raises Refused, with the line's number, if a day or a sum cannot be read, a sum is not in pounds, or a line has
    more cells than there are headings: then nobody knows which is which. Lines without a sum (a balance) are left
    out."""
    _refuse_other_headings(table, columns)
    currencies = columns_of_currency(table.headings)
    sums = {
        column: _Sums.of(table, column)
        for column in (columns.amount, columns.paid_out, columns.paid_in)
        if column is not None
    }
    lines = []
    for number, row in enumerate(table.rows, start=1):
        if len(row) > len(table.headings) + table.unnamed or _pence_stand_apart(row, table, sums):
            refuse(bank_files.too_many_cells(number))
        pence = _pence_of(row, columns, sums, number)
        if pence is None:
            continue
        if other := next((said for column in currencies if not is_pounds(said := _cell(row, column))), ""):
            refuse(bank_files.line_in_other_currency(number, other))
        day = day_in(_cell(row, columns.day))
        if day is None:
            refuse(bank_files.no_day(number))
        text = " ".join(filter(None, (" ".join(_cell(row, column).split()) for column in columns.words)))
        lines.append(BankLine(day, pence, text))
    return lines


_PENCE_ALONE = re.compile(r"\d{1,2}\W*(?:[A-Za-z]{2})?\W*")


def _pence_stand_apart(row: Sequence[str], table: Table, sums: Iterable[int]) -> bool:
    """Whether "15,50" may have become two cells: the line needs a column that has no heading, and a whole number is
    followed by one or two digits."""
    return len(row) > len(table.headings) and any(
        _bare(_plain(_cell(row, column))).isdigit() and _PENCE_ALONE.fullmatch(_cell(row, column + 1))
        for column in sums
    )


def _refuse_other_headings(table: Table, columns: Columns) -> None:
    for column in (columns.amount, columns.paid_out, columns.paid_in):
        heading = table.headings[column] if column is not None and column < len(table.headings) else ""
        if currency := other_in_heading(heading):
            refuse(bank_files.other_currency(currency, "statement"))


def _pence_of(row: Sequence[str], columns: Columns, sums: dict[int, "_Sums"], number: int) -> int | None:
    """Negative for money that left."""
    if columns.amount is not None:
        pence = sums[columns.amount].pence(_cell(row, columns.amount), number)
        if columns.marker is not None:
            return None if not pence else abs(pence) * _direction(_cell(row, columns.marker), number)
        return -pence if pence is not None and columns.out_is_positive else pence
    out, came_in = (
        sums[column].pence(_cell(row, column), number) if column is not None else None
        for column in (columns.paid_out, columns.paid_in)
    )
    if out and came_in:
        refuse(bank_files.out_and_in(number))
    if out:
        return abs(out) if out < 0 and not sums[columns.paid_out or 0].all_negative else -abs(out)
    if came_in:
        return -abs(came_in) if came_in < 0 and not sums[columns.paid_in or 0].all_negative else abs(came_in)
    return None


_OUT = frozenset({"DR", "D", "DB", "DBIT", "DEBIT", "DEBITS", "OUT", "PAID OUT", "MONEY OUT", "WITHDRAWAL", "-"})
_IN = frozenset({"CR", "C", "CRDT", "CREDIT", "CREDITS", "IN", "PAID IN", "MONEY IN", "DEPOSIT", "+"})


def _direction(text: str, number: int) -> int:
    """-1 for money that left, 1 for money that came in."""
    marker = " ".join(text.upper().replace(".", "").split())
    if marker in _OUT or marker in _IN:
        return -1 if marker in _OUT else 1
    refuse(bank_files.no_direction(number, text))


@dataclass(frozen=True, slots=True)
class _Sums:
    """How a column writes its sums. comma: "1.234,56", not "1,234.56". all_negative: every sum has a minus sign, so
    that the sign tells nothing."""

    comma: bool
    all_negative: bool

    @classmethod
    def of(cls, table: Table, column: int) -> "_Sums":
        cells = [cell for row in table.rows if (cell := _plain(_cell(row, column))) and cell != "-"]
        bare = [_bare(cell) for cell in cells]
        comma = any(_COMMA_SURE.fullmatch(cell) for cell in bare)
        if comma and any(_POINT_SURE.fullmatch(cell) for cell in bare):
            refuse(bank_files.TWO_WAYS_OF_SUMS)
        moving = [cell for cell in cells if any(digit in "123456789" for digit in cell)]
        return cls(comma, bool(moving) and all(_is_negative(cell) for cell in moving))

    def pence(self, text: str, number: int) -> int | None:
        """ "1,234.56", "-£12.50", "(12.50)", "12.50 DR"; None for an empty cell."""
        plain = _plain(text)
        if not plain or plain == "-":
            return None
        bare = _bare(plain)
        if self.comma:
            bare = bare.replace(".", "\x00").replace(",", ".").replace("\x00", ",")
        found = _AMOUNT.fullmatch(bare)
        if found is None:
            refuse(bank_files.no_sum(number, text))
        pence = int(found[1].replace(",", "")) * 100 + int((found[2] or "0").ljust(2, "0"))
        return -pence if _is_negative(plain) else pence


_COMMA_SURE = re.compile(r"\d{1,3}(?:\.\d{3})+,\d{1,2}|\d+,\d{1,2}|\d{1,3}(?:\.\d{3}){2,}")
_POINT_SURE = re.compile(r"\d{1,3}(?:,\d{3})+\.\d{1,2}|\d+\.\d{1,2}|\d{1,3}(?:,\d{3}){2,}")
"""Sums that can be read in only one way: "1,234" could be either."""


def _plain(text: str) -> str:
    """Without the marks that a bank or Excel puts around a sum."""
    plain = re.sub("[\u2212\u2013]", "-", text).replace("\u00a0", " ").replace("GBP", "").replace("£", "").strip()
    return plain.removeprefix("=").strip("\"'").strip()


def _is_negative(plain: str) -> bool:
    return plain.startswith(("-", "(")) or plain.endswith("-") or plain.upper().endswith(("DR", "D"))


def _bare(plain: str) -> str:
    return (
        plain.strip("+-() ")
        .upper()
        .removesuffix("CR")
        .removesuffix("DR")
        .removesuffix("C")
        .removesuffix("D")
        .strip("+-() ")
    )


def _cell(row: Sequence[str], column: int | None) -> str:
    return row[column] if column is not None and 0 <= column < len(row) else ""


_KINDS = (
    ("day", DATE_WORDS),
    (
        "paid_out",
        ("out", "debit", "debits", "debited", "dr", "withdrawal", "withdrawals", "withdrawn", "payments", "spent"),
    ),
    (
        "paid_in",
        ("in", "credit", "credits", "credited", "cr", "deposit", "deposits", "deposited", "receipts", "received"),
    ),
    ("amount", ("amount", "value", "sum")),
)
_WORDS = (
    "description",
    "reference",
    "details",
    "narrative",
    "memo",
    "name",
    "type",
    "transaction",
    "payee",
    "particulars",
)


def suggested(table: Table) -> dict[str, Any]:
    """What the columns probably mean, from their headings: a suggestion that a person decides about. Leaves the sums
    open (None) if their direction is unclear: no minus sign anywhere, or several columns of sums and only one of
    them known."""
    found: dict[str, Any] = {"words": [], "marker": None, "sums": None, **{kind: None for kind, _ in _KINDS}}
    for number, heading in enumerate(table.headings):
        words = set(re.split(r"[^a-z]+", heading.casefold()))
        kind = (
            "marker"
            if _is_marker(table, number)
            else next((kind for kind, names in _KINDS if words & set(names)), None)
        )
        if kind is not None and found[kind] is None:
            found[kind] = number
        elif kind is None and words & set(_WORDS):
            found["words"].append(number)
    found["sums"] = _how_written(table, found)
    return found


def _how_written(table: Table, found: dict[str, Any]) -> str | None:
    if found["marker"] is not None and found["amount"] is not None:
        return "marker"
    if found["paid_out"] is not None and found["paid_in"] is not None:
        return "two"
    columns = [
        number for number in range(len(table.headings)) if number != found["marker"] and _is_of_sums(table, number)
    ]
    if (
        found["amount"] is None
        or found["paid_out"] is not None
        or found["paid_in"] is not None
        or any(number != found["amount"] for number in columns)
    ):
        found["amount"] = None
        return None
    signed = any(_is_negative(_plain(_cell(row, found["amount"]))) for row in table.rows)
    return "one" if signed else None


def _is_of_sums(table: Table, column: int) -> bool:
    """Whether it holds sums of money other than the balance."""
    if "balance" in table.headings[column].casefold():
        return False
    cells = [_bare(_plain(cell)) for row in table.rows if (cell := _cell(row, column).strip())]
    return bool(cells) and all(re.fullmatch(r"[\d,.]*\d[.,]\d{2}", cell) for cell in cells)


def _is_marker(table: Table, column: int) -> bool:
    """Whether every cell says which way money went."""
    cells = {
        " ".join(cell.upper().replace(".", "").split()) for row in table.rows if (cell := _cell(row, column).strip())
    }
    return bool(cells) and cells <= (_OUT | _IN) - {"-", "+"}
