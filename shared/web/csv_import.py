"""Taking in the CSV file that a charity's spreadsheet exports: checked whole first, then taken whole or not at all.

An import route is three lines (`import_people` in `services/people/api.py` is one):

    rows = await read_upload(request, PersonRow)
    return await of(request).database.run(Command("import-people", who.actor), lambda tx: take_rows(tx, rows, use_cases.import_person))

A file imported twice changes nothing, because `import_person` looks up what the row's natural key names (`PersonRow.key`), compares what
is kept with what the row says, writes only a difference, and answers "added", "changed" or "unchanged".

Cell values may be personal: they stand in no exception text and so in no log. Problems name rows and columns, and go to who sent the file.
"""

import asyncio
import csv
import io
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, PrivateAttr, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from shared.money import parse_pounds
from shared.reasons import Refused
from shared.text import one_line, tidy, without_unseen
from shared.web.csv_export import begins_a_formula
from shared.web.forms import has_paragraphs

MAX_BYTES = 4_000_000
MAX_ROWS = 5_000
ROWS_AT_ONCE = 250
"""Read in one go, before somebody else has a turn."""
DELIMITERS = (",", ";", "\t", "|")
MOST_TITLE_ROWS = 20
"""Rows above the one that names the columns: a title, a date, who made the list."""
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_SEPARATOR_LINE = re.compile(r"[\s\"]*sep=(?P<delimiter>\\t|[^\r\n])[\s\",;]*?(?:\r\n|\r|\n)", re.IGNORECASE)

Change = Literal["added", "changed", "unchanged"]


class ImportRow(BaseModel):
    """One row of a file. The column of the field `known_as` is headed "known as"; a blank cell takes the field's default."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    key: ClassVar[tuple[str, ...]] = ()
    """The fields that name the thing the row is about: no two rows of a file may agree in all of them, unless they are blank."""
    messages: ClassVar[dict[str, str]] = {}
    """The plain sentence to say when a field is wrong, by field."""
    also: ClassVar[dict[str, tuple[str, ...]]] = {}
    """Other headings that people give the column of a field."""
    instead: ClassVar[dict[str, tuple[str, ...]]] = {}
    """Columns that a file may have in the place of the one of a field; the row makes the field of them."""
    most_rows: ClassVar[int] = MAX_ROWS

    _number: int = PrivateAttr(default=0)

    @property
    def number(self) -> int:
        """The row's number as the spreadsheet shows it; the header is row 1."""
        return self._number

    @classmethod
    def heading(cls, field: str) -> str:
        """As we name its column."""
        return _words(field)


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong, for the person who sent the file. row is as the spreadsheet numbers it; None means the whole file or row."""

    row: int | None
    column: str | None
    text: str


class InvalidFile(Exception):
    """The file cannot be taken as it is. Nothing was changed. Its text holds nothing that stood in the file."""

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        super().__init__(f"{len(problems)} problems in an imported file")
        self.problems = tuple(problems)


class ImportCounts(BaseModel):
    added: int = 0
    changed: int = 0
    unchanged: int = 0


class InvalidFileAnswer(BaseModel):
    """The body of the 422 answer: RFC 9457 problem details with every problem of the file."""

    type: str = "about:blank"
    title: str = "This file cannot be imported"
    status: int = 422
    detail: str
    problems: list[RowProblem]


AnyRow = TypeVar("AnyRow", bound=BaseModel)
SomeRow = TypeVar("SomeRow", bound=ImportRow)


# Cells


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part for part in (piece.strip() for piece in re.split(r"[,;|\n]", value)) if part)


def slug(text: str) -> str:
    """ "Tender panel" -> "tender-panel"."""
    return "-".join(re.findall(r"[^\W_]+", text.casefold()))


def _split_slugs(value: object) -> object:
    parts = _split(value)
    return tuple(slug(part) for part in parts) if isinstance(parts, tuple) else parts


_BRITISH_DAY = re.compile(r"(?P<day>\d\d?)/(?P<month>\d\d?)/(?P<year>\d{4})")
_ISO_DAY = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)")


def _day(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = _BRITISH_DAY.fullmatch(value) or _ISO_DAY.fullmatch(value)
    try:
        if found:
            return date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        pass  # no such day
    raise ValueError("Write the date like 03/12/2026 or 2026-12-03.")


def _pence(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_pounds(value)
    except ValueError:
        raise ValueError("Write the amount in pounds and pence, like 12.50.") from None


Listed = Annotated[tuple[str, ...], BeforeValidator(_split)]
"""Several words in one cell, parted by commas, semicolons, bars or new lines."""
Slugs = Annotated[tuple[str, ...], BeforeValidator(_split_slugs)]
"""Several slugs in one cell; "Tender panel; Workshop" is read as ("tender-panel", "workshop")."""
Day = Annotated[date, BeforeValidator(_day)]
"""A date as a British spreadsheet writes it, or as ISO 8601 does."""
Pence = Annotated[int, BeforeValidator(_pence)]
"""An amount written in pounds, kept in pence."""


# The file


def read_rows(data: bytes, Row: type[AnyRow]) -> list[AnyRow]:
    """Every row of the file, or InvalidFile with every problem of the whole file.

    Takes UTF-8 with or without a byte order mark, UTF-16, or Windows-1252; commas, semicolons, tabs or bars; a first line
    like "sep=;", which spreadsheets read and do not show; and rows of a title above the one that names the columns, which is found by
    the headings it has. Of a heading only letters and digits count, in any case: "E-mail" is email; `also` names other words for it.
    A sign that our own lists put before what a spreadsheet would run ('+44 ...) is dropped. Blank lines are passed over.
    """
    reading = _Reading(data, Row)
    while reading.some():
        pass
    return reading.whole()


async def read_rows_in_pieces(data: bytes, Row: type[AnyRow], told: Callable[[int], None] = lambda _: None) -> list[AnyRow]:
    """As read_rows, beside the event loop, some rows at a time. told hears how many there are so far."""
    reading = await asyncio.to_thread(_Reading, data, Row)
    while await asyncio.to_thread(reading.some):
        told(len(reading.rows))
    return await asyncio.to_thread(reading.whole)


class _Reading(Generic[AnyRow]):
    """A file on its way to being rows."""

    def __init__(self, data: bytes, Row: type[AnyRow]) -> None:
        text, columns = _decoded(data), _columns(Row)
        text, delimiter = _separator(text)
        delimiter = delimiter or _delimiter(text, columns)
        first = _row_of_header(text, delimiter, columns)
        self._records = (record for record in _records(text, delimiter) if record[0] >= first)
        header = next(((number, cells) for number, cells in self._records if any(cells)), None)
        if header is None:
            raise _whole("The file is empty. It needs a first row that names its columns, and a row for each thing to import.")
        self._fields = _fields_of_header(header, columns, Row)
        self._Row, self._count = Row, 0
        self.rows: list[AnyRow] = []
        self._problems: list[RowProblem] = []

    def some(self, most: int = ROWS_AT_ONCE) -> bool:
        """Read so many more. False when there were none."""
        records = list(islice(self._records, most))
        for number, cells in records:
            if any(cells):
                self._take(number, cells)
        return bool(records)

    def whole(self) -> list[AnyRow]:
        problems = self._problems
        if not problems and not self.rows:
            raise _whole("The file has a first row that names its columns, but nothing below it.")
        problems += _repeated(self.rows)
        if problems:
            raise InvalidFile(sorted(problems, key=lambda problem: problem.row or 0))
        return self.rows

    def _take(self, number: int, cells: list[str]) -> None:
        Row, fields = self._Row, self._fields
        self._count += 1
        most: int = getattr(Row, "most_rows", MAX_ROWS)
        if self._count > most:
            raise _whole(f"The file has too many rows. It may have {most} at most. Split it into smaller files.")
        if any(cells[len(fields) :]) or any(cell and field is None for field, cell in zip(fields, cells, strict=False)):
            text = "This row has a cell without a column heading above it. Is a comma inside a cell that has no quotes?"
            self._problems.append(RowProblem(number, None, text))
            return
        try:
            row = Row.model_validate({field: _cell(Row, field, cell) for field, cell in zip(fields, cells, strict=False) if field and cell})
        except ValidationError as invalid:
            self._problems += _problems(invalid, number, Row)
            return
        if isinstance(row, ImportRow):
            row._number = number
        self.rows.append(row)


def _whole(text: str) -> InvalidFile:
    return InvalidFile([RowProblem(None, None, text)])


def _decoded(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise _whole(f"The file is too big. It may have {MAX_BYTES // 1_000_000} megabytes at most. Split it into smaller files.")
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise _whole("This is a spreadsheet file, not a CSV file. Open it in your spreadsheet program and save it as CSV.")
    text = _first_decoding(data)
    if text is None or _NOT_TEXT.search(text):
        raise _whole("This is not a CSV file: it holds things that are not text. Save it from your spreadsheet program as CSV.")
    return without_unseen(text)


def _first_decoding(data: bytes) -> str | None:
    for encoding in _encodings(data):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _encodings(data: bytes) -> tuple[str, ...]:
    """Without a mark, UTF-16 shows by the zero bytes that text in Latin letters has in every other place."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    start = data[:200]
    if len(start) > 3 and start[1::2].count(0) > len(start) // 3:
        return ("utf-16-le",)
    if len(start) > 3 and start[::2].count(0) > len(start) // 3:
        return ("utf-16-be",)
    return ("utf-8-sig", "cp1252")


def _heading(text: str) -> str:
    """What two ways to write a heading have in common."""
    seen = one_line(text).casefold()
    return "".join(letter for letter in seen if letter.isalnum()) or seen


def _words(field: str) -> str:
    return field.replace("_", " ")


def _columns(Row: type[BaseModel]) -> dict[str, str]:
    """Heading -> field; also under the other words for it."""
    also: dict[str, tuple[str, ...]] = getattr(Row, "also", {})
    others = {_heading(word): field for field, words in also.items() for word in words}
    return others | {_heading(field): field for field in Row.model_fields}


def _separator(text: str) -> tuple[str, str | None]:
    """The file without its line "sep=;", and what that names. The spreadsheet counts its rows without that line, and so do we."""
    found = _SEPARATOR_LINE.match(text)
    if found is None:
        return text, None
    return text[found.end() :], "\t" if found["delimiter"] == "\\t" else found["delimiter"]


def _delimiter(text: str, columns: dict[str, str]) -> str:
    """The one that finds most known headings in one of the first rows; a comma if none does."""
    return max(DELIMITERS, key=lambda delimiter: max((found for _, found in _headings_found(text, delimiter, columns)), default=0))


def _row_of_header(text: str, delimiter: str, columns: dict[str, str]) -> int:
    """The number of the row that names the columns: of the first ones, the one with most known headings; else the first that is not blank."""
    rows = _headings_found(text, delimiter, columns)
    return max(rows, key=lambda row: row[1])[0] if rows else 1


def _headings_found(text: str, delimiter: str, columns: dict[str, str]) -> list[tuple[int, int]]:
    """(row number, how many different known headings) of the first rows that are not blank. A row that cannot be read ends them."""
    found: list[tuple[int, int]] = []
    try:
        for number, cells in _records(text, delimiter):
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
        text = 'This row cannot be read. Look for a double quote (") that is opened and not closed, or a very long cell.'
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
            problems.append(RowProblem(number, _words(field), _more_than_once(field, cells, found)))
        instead: tuple[str, ...] = getattr(Row, "instead", {}).get(field, ())
        if field not in found and (kept.is_required() or instead) and not (instead and set(instead) <= set(found)):
            other = f" Or have {' and '.join(f'“{_words(each)}”' for each in instead)}." if instead else ""
            problems.append(RowProblem(number, _words(field), f"This column is missing. Add it.{other}"))
    if problems:
        raise InvalidFile(problems)
    return found


def _understood(Row: type[BaseModel]) -> str:
    also: dict[str, tuple[str, ...]] = getattr(Row, "also", {})
    known = ", ".join(_words(field) + (f" (or {' or '.join(also[field][:2])})" if field in also else "") for field in Row.model_fields)
    return f"The columns are: {known}. Give it one of these names, or take it out."


def _more_than_once(field: str, cells: list[str], found: list[str | None]) -> str:
    written = dict.fromkeys(one_line(cell) for cell, each in zip(cells, found, strict=True) if each == field)
    return "This column is there more than once" + (f": {', '.join(written)}" if len(written) > 1 else "") + ". Keep one."


def _cell(Row: type[BaseModel], field: str, cell: str) -> str:
    """A text is one line unless its column is one for paragraphs; lists may be parted by line breaks."""
    kept = Row.model_fields[field]
    return one_line(cell) if kept.annotation is str and not has_paragraphs(kept) else cell


def _problems(invalid: ValidationError, number: int, Row: type[BaseModel]) -> list[RowProblem]:
    found: dict[tuple[int, str | None], RowProblem] = {}
    messages: dict[str, str] = getattr(Row, "messages", {})
    for error in invalid.errors(include_url=False, include_input=False):
        field = str(error["loc"][0]) if error["loc"] else ""
        heading = _words(field) if field in Row.model_fields else None
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
    """What to do about it, in words that hold nothing of the cell."""
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
            names = " and ".join(map(_words, row.key))
            problems.append(RowProblem(row.number, _words(row.key[0]), f"This row has the same {names} as row {first}. Keep one of them."))
    return problems


# The route


CSV_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "multipart/form-data": {
                "schema": {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "contentMediaType": "text/csv"}}}
            },
        },
    }
}
"""`openapi_extra` of an import route."""

CSV_RESPONSES: dict[int | str, dict[str, Any]] = {422: {"model": InvalidFileAnswer, "description": "What is wrong with the file. Nothing was changed."}}
"""`responses` of an import route."""


async def read_upload(request: Request, Row: type[AnyRow]) -> list[AnyRow]:
    """The rows of the file in the request: the body itself (text/csv), or the field "file" of a multipart form."""
    if request.headers.get("content-type", "").startswith("multipart/"):
        return await read_rows_in_pieces(await _file_of_form(request), Row)
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BYTES:
            break  # read_rows says so
    return await read_rows_in_pieces(bytes(data), Row)


async def _file_of_form(request: Request) -> bytes:
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise _whole("Send the size of the file with it (Content-Length).")
    if int(length) > MAX_BYTES + 10_000:
        return b" " * (MAX_BYTES + 1)  # not read at all; read_rows says that it is too big
    try:
        async with request.form(max_files=1, max_fields=10) as form:
            file = form.get("file")
            if isinstance(file, UploadFile):
                return await file.read(MAX_BYTES + 1)
    except HTTPException:
        pass  # not a form that can be read
    raise _whole("Choose a file to import. It belongs in the form field called file.")


async def take_rows(tx: Any, rows: Sequence[SomeRow], take: Callable[[Any, SomeRow], Awaitable[Change]]) -> dict[str, int]:
    """Takes every row in one transaction and counts what became of them: {"added": 2, "changed": 0, "unchanged": 14}.

    take does one row. The rows that it refuses are all told at once, as InvalidFile; the transaction then changes nothing.
    """
    counts = ImportCounts().model_dump()
    problems: list[RowProblem] = []
    for row in rows:
        try:
            counts[await take(tx, row)] += 1
        except Refused as refused:
            known = type(row).model_fields
            problems += [RowProblem(row.number, _words(reason.field) if reason.field in known else None, reason.text) for reason in refused.reasons]
    if problems:
        raise InvalidFile(problems)
    return counts


async def answer_invalid_file(request: Request, problem: Exception) -> JSONResponse:
    """The exception handler of InvalidFile: 422, application/problem+json, with `problems`."""
    assert isinstance(problem, InvalidFile)
    count = len(problem.problems)
    answer = InvalidFileAnswer(
        detail=f"{count} {'thing' if count == 1 else 'things'} to put right. Nothing was imported.",
        problems=list(problem.problems),
    )
    return JSONResponse(answer.model_dump(), status_code=422, media_type="application/problem+json")
