"""Importing the CSV file that a charity's spreadsheet exports: checked whole first, then imported whole or not at all.

An import route is three lines (`import_people` in `services/people/api.py` is one):

    rows = await read_to_take(request, PersonRow)
    return await of(request).database.run(Command("import-people", who.actor), lambda tx: take_rows(tx, rows,
    use_cases.import_person))

A file imported twice changes nothing, because `import_person` looks up what the row's natural key names
(`PersonRow.key`), compares what is kept with what the row says, writes only a difference, and answers "added",
"changed" or "unchanged".
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal, TypeVar

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from shared.reasons import Refused
from shared.web.csv_reading import MAX_BYTES, AnyRow, read_rows_in_pieces, whole_file
from shared.web.csv_rows import ImportRow, InvalidFile, RowProblem, heading_of

Change = Literal["added", "changed", "unchanged"]
SomeRow = TypeVar("SomeRow", bound=ImportRow)


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


CSV_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "contentMediaType": "text/csv"}},
                }
            },
        },
    }
}
"""`openapi_extra` of an import route."""

CSV_RESPONSES: dict[int | str, dict[str, Any]] = {
    422: {"model": InvalidFileAnswer, "description": "What is wrong with the file. Nothing was changed."}
}
"""`responses` of an import route."""


async def read_upload(request: Request, Row: type[AnyRow]) -> list[AnyRow]:
    """The rows of the file in the request: the body itself (text/csv), or the field "file" of a multipart form."""
    if request.headers.get("content-type", "").startswith("multipart/"):
        return await read_rows_in_pieces(await _file_of_form(request), Row)
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BYTES:
            break  # read_rows reports it
    return await read_rows_in_pieces(bytes(data), Row)


class Rows(list[SomeRow]):
    """Those that could be read. problems: what is wrong with the others."""

    problems: tuple[RowProblem, ...] = ()


async def read_to_take(request: Request, Row: type[SomeRow]) -> Rows[SomeRow]:
    """The same as read_upload; but what is wrong with some rows is told by take_rows, together with what it refuses of
    the others, so that nobody mends a file twice."""
    try:
        return Rows(await read_upload(request, Row))
    except InvalidFile as invalid:
        if not invalid.rows:
            raise
        rows = Rows[SomeRow]([row for row in invalid.rows if isinstance(row, Row)])
        rows.problems = invalid.problems
        return rows


async def _file_of_form(request: Request) -> bytes:
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise whole_file("Send the size of the file with it (Content-Length).")
    if int(length) > MAX_BYTES + 10_000:
        return b" " * (MAX_BYTES + 1)  # not read at all; read_rows says that it is too big
    try:
        async with request.form(max_files=1, max_fields=10) as form:
            file = form.get("file")
            if isinstance(file, UploadFile):
                return await file.read(MAX_BYTES + 1)
    except HTTPException:
        pass  # not a readable form
    raise whole_file("Choose a file to import. It belongs in the form field called file.")


async def take_rows(
    tx: Any, rows: Sequence[SomeRow], take: Callable[[Any, SomeRow], Awaitable[Change]]
) -> dict[str, int]:
    """Takes every row in one transaction and counts what became of them: {"added": 2, "changed": 0, "unchanged": 14}.

    take does one row. All the rows that it refuses are reported together, as InvalidFile; the transaction then
    changes nothing.
    """
    counts = ImportCounts().model_dump()
    problems = list(rows.problems) if isinstance(rows, Rows) else []
    wrong = {problem.row for problem in problems}
    for row in rows:
        if row.number in wrong:
            continue
        try:
            counts[await take(tx, row)] += 1
        except Refused as refused:
            known = type(row).model_fields  # pyrefly: ignore[missing-attribute]
            problems += [
                RowProblem(row.number, heading_of(at) if (at := reason.field) and at in known else None, reason.text)
                for reason in refused.reasons
            ]
    if problems:
        raise InvalidFile(sorted(problems, key=lambda problem: problem.row or 0))
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
