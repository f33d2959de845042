"""A file from a spreadsheet is checked whole first, and taken whole or not at all."""

import threading
from collections.abc import Iterator
from datetime import date
from typing import Annotated, ClassVar, Literal

import httpx
import pytest
from fastapi import FastAPI, Request
from pydantic import Field

from shared.reasons import Reason, Refused
from shared.web import Paragraphs, csv_reading
from shared.web.csv_import import Change, answer_invalid_file, read_upload, take_rows
from shared.web.csv_reading import MAX_BYTES, read_rows
from shared.web.csv_rows import MAX_ROWS, Day, ImportRow, InvalidFile, Listed, Pence, RowProblem, Slugs


class GuestRow(ImportRow):
    key: ClassVar[tuple[str, ...]] = ("email",)
    messages: ClassVar[dict[str, str]] = {"seats": "Write how many seats, like 2."}

    name: str
    email: str = ""
    known_as: str = ""
    seats: Annotated[int, Field(ge=1)] = 1
    format: Literal["plain", "easy-read"] = "plain"
    paid: Pence = 0
    on: Day | None = None
    kinds: Slugs = ()
    areas: Listed = ()
    discreet: bool = False


def problems(data: bytes | str) -> list[tuple[int | None, str | None, str]]:
    with pytest.raises(InvalidFile) as caught:
        read_rows(data if isinstance(data, bytes) else data.encode(), GuestRow)
    return [(each.row, each.column, each.text) for each in caught.value.problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_the_encodings_that_spreadsheets_write_are_read(encoding: str) -> None:
    [row] = read_rows("name,areas\r\nZoë O’Hara,Ely\r\n".encode(encoding), GuestRow)
    assert row.name == "Zoë O’Hara"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_commas_semicolons_and_tabs_part_the_columns(delimiter: str) -> None:
    text = f"name{delimiter}email\nAda{delimiter}ada@example.org\n"
    [row] = read_rows(text.encode(), GuestRow)
    assert (row.name, row.email) == ("Ada", "ada@example.org")


def test_a_semicolon_file_may_hold_commas_in_its_cells() -> None:
    [row] = read_rows(b"name;areas\nAda;Ely, March\n", GuestRow)
    assert row.areas == ("Ely", "March")


def test_headings_match_whatever_their_case_and_spaces() -> None:
    [row] = read_rows(b' NAME ,"Known  As"\nAda,Addy\n', GuestRow)
    assert row.known_as == "Addy"


def test_blank_lines_are_passed_over_and_rows_keep_the_spreadsheets_numbers() -> None:
    rows = read_rows(b'\n,,\nname,email\n\n"A\nda",a@example.org\n , \nBo,b@example.org\n', GuestRow)
    assert [(row.name, row.number) for row in rows] == [("A da", 5), ("Bo", 7)]


def test_cells_are_read_as_people_write_them() -> None:
    [row] = read_rows(
        b'name,paid,on,kinds,discreet\nAda,"\xc2\xa31,200.50",03/12/2026,"Tender panel; One-off project",Yes\n',
        GuestRow,
    )
    assert (row.paid, row.on, row.kinds, row.discreet) == (
        120050,
        date(2026, 12, 3),
        ("tender-panel", "one-off-project"),
        True,
    )


def test_a_blank_or_missing_cell_takes_the_default() -> None:
    [row] = read_rows(b"name,seats,format\nAda,,\n", GuestRow)
    assert (row.seats, row.format, row.areas) == (1, "plain", ())
    [short] = read_rows(b"name,seats,format\nAda\n", GuestRow)
    assert short.seats == 1


def test_all_problems_of_the_whole_file_are_told_at_once_by_row_and_column() -> None:
    text = "name,seats,format,on,paid,discreet\nAda,two,plain,,,\n,0,braille,3 Dec,ten,perhaps\nBo,1,plain,,,\n"
    assert problems(text) == [
        (2, "seats", "Write how many seats, like 2."),
        (3, "name", "This is blank. Fill it in."),
        (3, "seats", "Write how many seats, like 2."),
        (3, "format", "Write one of: plain, easy-read."),
        (3, "paid", "Write the amount in pounds and pence, like 12.50."),
        (3, "on", "Write the date like 03/12/2026 or 2026-12-03."),
        (3, "discreet", "Write yes or no."),
    ]


def test_unknown_missing_and_repeated_columns_are_named() -> None:
    found = problems("email,shoe size,EMAIL\na@example.org,9,b@example.org\n")
    assert [(row, column) for row, column, _ in found] == [(1, "shoe size"), (1, "name"), (1, "email")]
    assert found[0][2].startswith("We do not know this column. The columns are: name, email, known as,")
    assert found[1][2] == "This column is missing. Add it."


def test_a_cell_with_no_heading_above_it_is_a_problem_and_an_empty_one_is_not() -> None:
    assert [row.name for row in read_rows(b"name,,\nAda,,,,\n", GuestRow)] == ["Ada"]
    assert [
        (row, column) for row, column, _ in problems("name,email\nAda,a@example.org,extra\nBo,b@example.org\n")
    ] == [(2, None)]
    assert [(row, column) for row, column, _ in problems("name,\nAda,extra\n")] == [(2, None)]


def test_two_rows_about_the_same_thing_are_a_problem_but_blank_keys_are_not() -> None:
    assert problems("name,email\nAda,a@example.org\nBo,A@example.org\n") == [
        (3, "email", "This row has the same email as row 2. Keep one of them.")
    ]
    assert len(read_rows(b"name,email\nAda,\nBo,\n", GuestRow)) == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\r\n\r\n", "is empty"),
        (b"name,email\n", "nothing below it"),
        (b"name\nA\x00da\n", "not a CSV file"),
        (b"\x89PNG\r\n\x1a\n\x00", "not a CSV file"),
        (b"name\n\x81\x8d\n", "not a CSV file"),
        (b"PK\x03\x04 rest of a workbook", "save it as CSV"),
        (b"\xd0\xcf\x11\xe0 rest of an old workbook", "save it as CSV"),
    ],
)
def test_an_empty_or_binary_file_is_refused_clearly(data: bytes, words: str) -> None:
    [(row, column, text)] = problems(data)
    assert row is None and column is None and words in text


def test_a_quote_that_is_never_closed_is_found_in_its_row() -> None:
    [(row, _, text)] = problems('name,email\nAda,a@example.org\n"Bo,b@example.org\n')
    assert row == 3 and "double quote" in text


def test_a_file_of_exactly_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    start = b"name\n"
    filler = b"\n" * (MAX_BYTES - len(start) - 3)
    assert len(read_rows(start + filler + b"Ada", GuestRow)) == 1
    [(_, _, text)] = problems(start + filler + b"Ada\n")
    assert "too big" in text


def test_a_long_file_of_blank_rows_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking for the row that names the columns ends, or such a file would keep everybody else waiting."""
    read: list[int] = []
    records = csv_reading._records

    def counted(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
        for record in records(text, delimiter):
            read.append(record[0])
            yield record

    monkeypatch.setattr(csv_reading, "_records", counted)
    blank = 20_000
    assert [row.name for row in read_rows(b"name\n" + b"\n" * blank + b"Ada", GuestRow)] == ["Ada"]
    assert [row.name for row in read_rows(b"\n" * blank + b"name\nBo", GuestRow)] == ["Bo"]
    assert len(read) < 3 * blank


def test_a_file_may_have_so_many_rows_and_no_more() -> None:
    assert len(read_rows(b"name\n" + b"A\n" * MAX_ROWS, GuestRow)) == MAX_ROWS
    [(_, _, text)] = problems(b"name\n" + b"A\n" * (MAX_ROWS + 1))
    assert "too many rows" in text


def test_no_value_of_the_file_stands_in_the_exceptions_text() -> None:
    with pytest.raises(InvalidFile) as caught:
        read_rows(b"name,seats\nAda,secret\n", GuestRow)
    assert str(caught.value) == "1 problems in an imported file"
    assert caught.value.__cause__ is None
    assert not any("secret" in each.text for each in caught.value.problems)


async def test_taking_rows_counts_what_became_of_them() -> None:
    kept: dict[str, GuestRow] = {}

    async def take(tx: None, row: GuestRow) -> Change:
        before = kept.get(row.email)
        kept[row.email] = row
        return "added" if before is None else "unchanged" if before.model_dump() == row.model_dump() else "changed"

    rows = read_rows(b"name,email\nAda,a@example.org\nBo,b@example.org\n", GuestRow)
    assert await take_rows(None, rows, take) == {"added": 2, "changed": 0, "unchanged": 0}
    assert await take_rows(None, rows, take) == {"added": 0, "changed": 0, "unchanged": 2}
    renamed = read_rows(b"name,email\nAda,a@example.org\nBobbie,b@example.org\n", GuestRow)
    assert await take_rows(None, renamed, take) == {"added": 0, "changed": 1, "unchanged": 1}


async def test_all_rows_that_a_rule_refuses_are_told_at_once() -> None:
    async def take(tx: None, row: GuestRow) -> Change:
        raise Refused([Reason("X-01", "No.", field="known_as"), Reason("X-02", "Nor so.")])

    rows = read_rows(b"name\nAda\nBo\n", GuestRow)
    with pytest.raises(InvalidFile) as caught:
        await take_rows(None, rows, take)
    assert caught.value.problems == (
        RowProblem(2, "known as", "No."),
        RowProblem(2, None, "Nor so."),
        RowProblem(3, "known as", "No."),
        RowProblem(3, None, "Nor so."),
    )


def importing_app() -> FastAPI:
    app = FastAPI()
    app.add_exception_handler(InvalidFile, answer_invalid_file)

    @app.post("/import")
    async def take_file(request: Request) -> list[str]:
        return [row.name for row in await read_upload(request, GuestRow)]

    return app


async def post(**content: object) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(importing_app()), base_url="http://test") as client:
        return await client.post("/import", **content)  # type: ignore[arg-type]


async def test_a_file_comes_as_the_body_or_in_a_form() -> None:
    assert (await post(content=b"name\nAda\n", headers={"content-type": "text/csv"})).json() == ["Ada"]
    assert (await post(files={"file": ("people.csv", b"name\nAda\n", "text/csv")})).json() == ["Ada"]


async def test_the_answer_to_a_wrong_file_is_problem_details_with_every_problem() -> None:
    answer = await post(content=b"name,seats\n,x\nAda,1\n")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "This file cannot be imported",
        "status": 422,
        "detail": "2 things to put right. Nothing was imported.",
        "problems": [
            {"row": 2, "column": "name", "text": "This is blank. Fill it in."},
            {"row": 2, "column": "seats", "text": "Write how many seats, like 2."},
        ],
    }


@pytest.mark.parametrize(
    "content",
    [
        {"content": b"x" * (MAX_BYTES + 1)},
        {"files": {"file": ("big.csv", b"x" * (MAX_BYTES + 10_001))}},
        {"data": {"file": "not a file"}, "files": {"other": ("a.csv", b"name\nAda\n")}},
        {"content": b"--nonsense", "headers": {"content-type": "multipart/form-data; boundary=other"}},
        {"content": b"--nonsense", "headers": {"content-type": "multipart/form-data"}},
    ],
)
async def test_a_file_that_is_too_big_or_not_there_is_refused_clearly(content: dict[str, object]) -> None:
    answer = await post(**content)
    assert answer.status_code == 422
    [problem] = answer.json()["problems"]
    assert problem["row"] is None and ("too big" in problem["text"] or "form field called file" in problem["text"])


# What spreadsheets and people put around the list


class MemberRow(ImportRow):
    name: str
    email: str = ""
    notes: Paragraphs = ""


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("sep=;\r\nName;Email\r\nBen Cole;ben@example.org\r\n", [2]),
        ('"sep=;"\r\nName;Email\r\nBen Cole;ben@example.org\r\n', [2]),
        ("SEP=\\t\nName\tEmail\nBen Cole\tben@example.org\n", [2]),
        ("sep=,\n\nName,Email\n\nBen Cole,ben@example.org\n", [4]),
        ("sep=;;;\nName;Email\nBen Cole;ben@example.org\n", [2]),
        ("Our members,,\nMade on 3 December,,\n,,\nName,Email,\nBen Cole,ben@example.org,\n", [5]),
        ("Members; of 2026\nName;Email\nBen Cole;ben@example.org\n", [3]),
        ('\ufeff\ufeff"Name","Email"\nBen Cole,ben@example.org\n', [2]),
        (
            '\u200b"\ufeffName\u00a0",\u202d E-mail \u202c\nBen\u2007Cole,\u200fben@example.org\u200b\n'.replace(
                "E-mail", "Email"
            ),
            [2],
        ),
        ("Name:|Email\nBen Cole|ben@example.org\n", [2]),
        ("Name,Email\r\n\r\nBen\u202fCole,\u00a0ben@example.org\r\n", [3]),
        ("Name,Email\rBen Cole,ben@example.org\r", [2]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_a_list_is_read_as_its_spreadsheet_shows_it(text: str, numbers: list[int], encoding: str) -> None:
    rows = read_rows(text.encode(encoding), MemberRow)
    assert [(row.name, row.email, row.number) for row in rows] == [
        ("Ben Cole", "ben@example.org", number) for number in numbers
    ]


def test_a_cell_is_one_line_unless_its_column_is_for_paragraphs() -> None:
    [row] = read_rows('Name,Notes\n"Ben\nCole","one\u2028two"\n'.encode(), MemberRow)
    assert (row.name, row.notes) == ("Ben Cole", "one\ntwo")


def test_a_first_row_with_one_known_heading_names_the_columns() -> None:
    with pytest.raises(InvalidFile) as problem:
        read_rows(b"name,shoe size\nAda,9\n", MemberRow)
    assert [(each.row, each.column) for each in problem.value.problems] == [(1, "shoe size")]


async def test_a_file_is_read_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five thousand rows take their time, and pages do not wait for them."""
    threads: list[threading.Thread] = []

    some = csv_reading.Reading.some

    def watched(self: csv_reading.Reading[GuestRow]) -> bool:
        threads.append(threading.current_thread())
        return some(self)

    monkeypatch.setattr(csv_reading.Reading, "some", watched)
    assert (await post(content=b"name\nAda\n")).json() == ["Ada"]
    assert (await post(files={"file": ("people.csv", b"name\nAda\n", "text/csv")})).json() == ["Ada"]
    assert len(threads) == 4 and threading.current_thread() not in threads
