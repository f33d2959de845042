"""Reading a CSV file as spreadsheets write it: every row, or every problem of the whole file."""

import asyncio
import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from shared.text import one_line, tidy, without_unseen
from shared.web.csv_export import begins_a_formula
from shared.web.csv_rows import MAX_ROWS, ImportRow, InvalidFile, RowProblem, heading_of
from shared.web.forms import has_paragraphs

MAX_BYTES = 4_000_000
ROWS_AT_ONCE = 250
"""Rows read before others get a turn."""
DELIMITERS = (",", ";", "\t", "|")
ROWS_LOOKED_THROUGH = 1000
"""Rows searched for the one that names the columns, blank ones included: a file that is blank for longer is not read
several times."""
MOST_TITLE_ROWS = 20
"""Rows above the one that names the columns: a title, a date, who made the list."""
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_SEPARATOR_LINE = re.compile(r"[\s\"]*sep=(?P<delimiter>\\t|[^\r\n])[\s\",;]*?(?:\r\n|\r|\n)", re.IGNORECASE)

AnyRow = TypeVar("AnyRow", bound=BaseModel)


def read_rows(data: bytes, Row: type[AnyRow]) -> list[AnyRow]:
    """Every row of the file, or InvalidFile with every problem of the whole file.

    Accepts UTF-8 with or without a byte order mark, UTF-16, or Windows-1252; commas, semicolons, tabs or bars; a
    first line like "sep=;", which spreadsheets read and do not show; and title rows above the one that names the
    columns, which is recognised by its headings. In a heading only letters and digits count, in any case: "E-mail"
    is email; `also` has other words for it. Drops the sign that our own lists put before anything a spreadsheet
    would run ('+44 ...). Skips blank lines.
    """
    reading = Reading(data, Row)
    while reading.some():
        pass
    return reading.whole()


async def read_rows_in_pieces(
    data: bytes, Row: type[AnyRow], told: Callable[[int], None] = lambda _: None
) -> list[AnyRow]:
    """The same as read_rows, off the event loop, some rows at a time. told hears how many there are so far."""
    reading = await asyncio.to_thread(Reading, data, Row)
    while await asyncio.to_thread(reading.some):
        told(len(reading.rows))
    return await asyncio.to_thread(reading.whole)


class Reading(Generic[AnyRow]):
    """A file that is being read into rows."""

    def __init__(self, data: bytes, Row: type[AnyRow]) -> None:
        text, columns = _decoded(data), _columns(Row)
        text, delimiter = _separator(text)
        delimiter = delimiter or _delimiter(text, columns)
        first = _row_of_header(text, delimiter, columns)
        self._records = (record for record in _records(text, delimiter) if record[0] >= first)
        header = next(((number, cells) for number, cells in self._records if any(cells)), None)
        if header is None:
            raise whole_file(
                "The file is empty. It needs a first row that names its columns, and a row for each thing to import."
            )
        self._fields = _fields_of_header(header, columns, Row)
        self._Row, self._count = Row, 0
        self.rows: list[AnyRow] = []
        self._problems: list[RowProblem] = []

    def some(self, most: int = ROWS_AT_ONCE) -> bool:
        """Reads up to this many more rows. False if there were none."""
        records = list(islice(self._records, most))
        for number, cells in records:
            if any(cells):
                self._take(number, cells)
        return bool(records)

    def whole(self) -> list[AnyRow]:
        problems = self._problems
        if not problems and not self.rows:
            raise whole_file("The file has a first row that names its columns, but nothing below it.")
        problems += _repeated(self.rows)
        if problems:
            raise InvalidFile(sorted(problems, key=lambda problem: problem.row or 0), self.rows)
        return self.rows

    def _take(self, number: int, cells: list[str]) -> None:
        Row, fields = self._Row, self._fields
        self._count += 1
        most: int = getattr(Row, "most_rows", MAX_ROWS)
        if self._count > most:
            raise whole_file(f"The file has too many rows. It may have {most} at most. Split it into smaller files.")
        if any(cells[len(fields) :]) or any(cell and field is None for field, cell in zip(fields, cells, strict=False)):
            text = "This row has a cell without a column heading above it. Is a comma inside a cell that has no quotes?"
            self._problems.append(RowProblem(number, None, text))
            return
        try:
            row = Row.model_validate(
                {field: _cell(Row, field, cell) for field, cell in zip(fields, cells, strict=False) if field and cell}
            )
        except ValidationError as invalid:
            self._problems += _problems(invalid, number, Row)
            return
        if isinstance(row, ImportRow):
            row._number = number
        self.rows.append(row)


def whole_file(text: str) -> InvalidFile:
    return InvalidFile([RowProblem(None, None, text)])


def _decoded(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise whole_file(
            f"The file is too big. It may have {MAX_BYTES // 1_000_000} megabytes at most. Split it into smaller files."
        )
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise whole_file(
            "This is a spreadsheet file, not a CSV file. Open it in your spreadsheet program and save it as CSV."
        )
    text = _first_decoding(data)
    if text is None or _NOT_TEXT.search(text):
        raise whole_file(
            "This is not a CSV file: it holds things that are not text. Save it from your spreadsheet program as CSV."
        )
    return without_unseen(text)


def _first_decoding(data: bytes) -> str | None:
    for encoding in _encodings(data):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _encodings(data: bytes) -> tuple[str, ...]:
    """Without a mark, UTF-16 shows by zero bytes in every other place, if the text is in Latin letters."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    start = data[:200]
    if len(start) > 3 and start[1::2].count(0) > len(start) // 3:
        return ("utf-16-le",)
    if len(start) > 3 and start[::2].count(0) > len(start) // 3:
        return ("utf-16-be",)
    return ("utf-8-sig", "cp1252")


def _heading(text: str) -> str:
    """What different ways to write a heading have in common."""
    seen = one_line(text).casefold()
    return "".join(letter for letter in seen if letter.isalnum()) or seen


def _columns(Row: type[BaseModel]) -> dict[str, str]:
    """Heading -> field; includes the other words for each."""
    also: dict[str, tuple[str, ...]] = getattr(Row, "also", {})
    others = {_heading(word): field for field, words in also.items() for word in words}
    return others | {_heading(field): field for field in Row.model_fields}


def _separator(text: str) -> tuple[str, str | None]:
    """The file without its line "sep=;", and the separator that it names. The spreadsheet counts its rows without
    that line, and so do we."""
    found = _SEPARATOR_LINE.match(text)
    if found is None:
        return text, None
    return text[found.end() :], "\t" if found["delimiter"] == "\\t" else found["delimiter"]


def _delimiter(text: str, columns: dict[str, str]) -> str:
    """The delimiter with which one of the first rows has most known headings; a comma if none has any."""
    return max(
        DELIMITERS,
        key=lambda delimiter: max((found for _, found in _headings_found(text, delimiter, columns)), default=0),
    )


def _row_of_header(text: str, delimiter: str, columns: dict[str, str]) -> int:
    """The number of the row that names the columns: among the first ones, the one with most known headings;
    otherwise the first that is not blank."""
    rows = _headings_found(text, delimiter, columns)
    return max(rows, key=lambda row: row[1])[0] if rows else 1


def _headings_found(text: str, delimiter: str, columns: dict[str, str]) -> list[tuple[int, int]]:
    """(row number, how many different known headings) for the first rows that are not blank. Stops at a row that
    cannot be read."""
    found: list[tuple[int, int]] = []
    try:
        for number, cells in islice(_records(text, delimiter), ROWS_LOOKED_THROUGH):
            if any(cells):
                found.append((number, len({columns[key] for key in map(_heading, cells) if key in columns})))
            if len(found) > MOST_TITLE_ROWS:
                break
    except InvalidFile:
        pass
    return found


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(row number, cells) of each row, blank ones included; a row counts once however many lines a cell in it has."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, [_without_guard(tidy(cell)) for cell in cells]
    except csv.Error:
        text = (
            'This row cannot be read. Look for a double quote (") that is opened and not closed, or a very long cell.'
        )
        raise InvalidFile([RowProblem(number + 1, None, text)]) from None


def _without_guard(cell: str) -> str:
    return cell[1:].lstrip() if cell[:1] == "'" and begins_a_formula(cell[1:]) else cell


def _fields_of_header(header: tuple[int, list[str]], columns: dict[str, str], Row: type[BaseModel]) -> list[str | None]:
    """The field of each column in the file; None for a column with neither a heading nor a meaning."""
    number, cells = header
    found = [columns.get(_heading(cell)) for cell in cells]
    problems = [
        RowProblem(number, cell, f"We do not know this column. {_understood(Row)}")
        for cell, field in zip(cells, found, strict=True)
        if field is None and _heading(cell)
    ]
    for field, kept in Row.model_fields.items():
        if found.count(field) > 1:
            problems.append(RowProblem(number, heading_of(field), _more_than_once(field, cells, found)))
        instead: tuple[str, ...] = getattr(Row, "instead", {}).get(field, ())
        if field not in found and (kept.is_required() or instead) and not (instead and set(instead) <= set(found)):
            other = f" Or have {' and '.join(f'“{heading_of(each)}”' for each in instead)}." if instead else ""
            problems.append(RowProblem(number, heading_of(field), f"This column is missing. Add it.{other}"))
    if problems:
        raise InvalidFile(problems)
    return found


def _understood(Row: type[BaseModel]) -> str:
    also: dict[str, tuple[str, ...]] = getattr(Row, "also", {})
    known = ", ".join(
        heading_of(field) + (f" (or {' or '.join(also[field][:2])})" if field in also else "")
        for field in Row.model_fields
    )
    return f"The columns are: {known}. Give it one of these names, or take it out."


def _more_than_once(field: str, cells: list[str], found: list[str | None]) -> str:
    written = dict.fromkeys(one_line(cell) for cell, each in zip(cells, found, strict=True) if each == field)
    return (
        "This column is there more than once" + (f": {', '.join(written)}" if len(written) > 1 else "") + ". Keep one."
    )


def _cell(Row: type[BaseModel], field: str, cell: str) -> str:
    """A text is one line unless its column is for paragraphs; line breaks may separate the items of a list."""
    kept = Row.model_fields[field]
    return one_line(cell) if kept.annotation is str and not has_paragraphs(kept) else cell


def _problems(invalid: ValidationError, number: int, Row: type[BaseModel]) -> list[RowProblem]:
    found: dict[tuple[int, str | None], RowProblem] = {}
    messages: dict[str, str] = getattr(Row, "messages", {})
    for error in invalid.errors(include_url=False, include_input=False):
        field = str(error["loc"][0]) if error["loc"] else ""
        heading = heading_of(field) if field in Row.model_fields else None
        text = messages.get(field) if error["type"] != "missing" else None
        found.setdefault((number, heading), RowProblem(number, heading, text or _sentence(error)))
    return list(found.values())


_SENTENCES = {
    "missing": "This is blank. Fill it in.",
    "int": "Write a whole number here.",
    "float": "Write a number here.",
    "decimal": "Write a number here.",
    "bool": "Write yes or no.",
    "date": "Write the date like 2026-12-03.",
    "datetime": "Write the date and time like 2026-12-03 10:30.",
    "time": "Write the time like 10:30.",
    "uuid": "This is not an id.",
    "string_too_long": "This is too long.",
    "string_too_short": "This is too short.",
}


def _sentence(error: Any) -> str:
    """What to do about it, in words that repeat nothing from the cell."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return "Write one of: " + str(context["expected"]).replace("'", "").replace(" or ", ", ") + "."
    limits = {"greater_than_equal": ("ge", "or more"), "less_than_equal": ("le", "or less")}
    if kind in limits:
        name, words = limits[kind]
        return f"Write {context[name]} {words}."
    return _SENTENCES.get(kind) or _SENTENCES.get(kind.split("_")[0]) or "We cannot use what is written here."


def _repeated(rows: Sequence[BaseModel]) -> list[RowProblem]:
    problems: list[RowProblem] = []
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        if not isinstance(row, ImportRow) or not row.key:
            continue
        values = tuple(str(getattr(row, field) or "").casefold() for field in row.key)
        first = seen.setdefault(values, row.number)
        if any(values) and first != row.number:
            names = " and ".join(map(heading_of, row.key))
            problems.append(
                RowProblem(
                    row.number,
                    heading_of(row.key[0]),
                    f"This row has the same {names} as row {first}. Keep one of them.",
                )
            )
    return problems
