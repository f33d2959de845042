"""How a list of people is read: its headings, its spreadsheet's ways, its length."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from services.people.domain import matching
from services.people.domain.matching import Told
from services.people.use_cases import finding, importing
from services.people.use_cases.lists import PersonRow
from shared.bulk import A_PIECE
from shared.db import Transaction
from shared.web.csv_reading import read_rows
from tests.people.lists import everybody
from tests.people.support import World


async def test_a_long_list_takes_a_few_statements_for_each_hundred_rows(
    people: World, importer: Callable[..., Any]
) -> None:
    statements = 0

    def count(*_: Any) -> None:
        nonlocal statements
        statements += 1

    rows = "".join(
        f"P{number} {chr(97 + number % 26)}{number:04}x,p{number}@example.org,yes,02/03/2026\n"
        for number in range(1100)
    )
    event.listen(people.database.engine.sync_engine, "before_cursor_execute", count)
    for area in ("", "Ely", "Ely"):
        answer = await importer("Name,E-mail,Over 18,Agreed on,Area\n" + rows.replace("2026\n", f"2026,{area}\n"))
        assert answer.status_code == 200, answer.text
    assert statements < 3 * 11 * 15
    assert answer.json() == {"added": 0, "changed": 0, "unchanged": 1100, "roles_to_confirm": 0}
    assert await people.broken() == {}


@pytest.mark.parametrize(
    "heading",
    ["E-mail", "E\u00a0mail", "e mail", "Email address", "E-Mail Address:", "\u200bEMAIL", '"e_mail"', "E‑mail"],
)
@pytest.mark.parametrize("phone", ["Mobile", "Tel.", "Telephone no.", "Phone number", "Contact Number"])
async def test_headings_are_found_as_a_person_would(heading: str, phone: str) -> None:
    [row] = read_rows(
        f"\ufeffFull name,{heading},{phone},Over-18?\r\nLena Moss,lena@example.org,07700 900216,yes\r\n".encode(),
        PersonRow,
    )
    assert (row.name, row.email, row.phone, row.over_18) == ("Lena Moss", "lena@example.org", "07700 900216", True)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
async def test_a_list_is_read_as_its_spreadsheet_wrote_it(delimiter: str, encoding: str, end: str) -> None:
    """Title rows, an empty column, a quoted line break, a guard against formulas, blank lines below."""
    lines = [
        ["Our people, autumn 2026"],
        ["Made by Zoë"],
        [],
        ["Name", "E-mail", "", "Mobile"],
        ['"Zoë\nMoss"', "", "", "'+44 7700 900216"],
        ["Bo Hall", "bo@example.org", "", ""],
        ["", "", "", ""],
        [],
    ]
    text = end.join(
        delimiter.join(f'"{cell}"' if delimiter in cell and '"' not in cell else cell for cell in line)
        for line in lines
    )
    zoe, bo = read_rows(text.encode(encoding), PersonRow)
    assert (zoe.name, zoe.phone, zoe.number, bo.email, bo.number) == (
        "Zoë Moss",
        "+44 7700 900216",
        5,
        "bo@example.org",
        6,
    )


async def test_an_unknown_heading_is_named_with_what_we_understand(people: World, importer: Callable[..., Any]) -> None:
    [problem] = (await importer("name,email,shoe size\nAda,ada@example.org,9\n")).json()["problems"]
    assert problem["column"] == "shoe size" and "phone (or mobile or telephone)" in problem["text"]
    [twice] = (await importer("name,Mobile,Tel.\nAda,07700 900216,07700 900217\n")).json()["problems"]
    assert (twice["column"], "more than once: Mobile, Tel." in twice["text"]) == ("phone", True)


async def test_a_name_in_two_columns_is_one_name_and_a_missing_half_is_told_by_row(
    people: World, importer: Callable[..., Any]
) -> None:
    head = "First name,Last name,Email\n"
    assert (await importer(head + "Ada,Byron,ada@example.org\n")).json()["added"] == 1
    assert [row.name for row in await everybody(people)] == ["Ada Byron"]
    assert (await importer(head + "Ada,Byron,ada@example.org\n")).json()["unchanged"] == 1
    wrong = (await importer(head + "Noor,,noor@example.org\n,Marsh,robin@example.org\n,,tess@example.org\n")).json()[
        "problems"
    ]
    assert [(each["row"], each["column"]) for each in wrong] == [(2, "name"), (3, "name"), (4, "name")]
    assert [each["text"].partition(".")[0] for each in wrong] == [
        "The surname is blank",
        "The first name is blank",
        "This is blank",
    ]
    assert "one name only" in wrong[0]["text"]
    [missing] = (await importer("First name,Email\nAda,ada@example.org\n")).json()["problems"]
    assert (missing["column"], missing["text"]) == (
        "name",
        "This column is missing. Add it. Or have “first name” and “surname”.",
    )
    both = "name,first name,surname,email\nMadonna,,,m@example.org\nTess,,,tess@example.org\n"
    assert (await importer(both)).json()["added"] == 2


async def test_everybody_else_has_a_turn_after_so_many_rows(
    people: World, importer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is thought about in one go is bounded: with the threads taken away, the event loop turns between the pieces
    of a long list."""
    many, at_once, most, running = 4 * A_PIECE, 0, 0, True
    of_a_row = {name: getattr(matching, name) for name in ("who_it_is", "held_of")}

    async def here(work: Any, *args: Any) -> Any:
        await asyncio.sleep(0)
        return work(*args)

    async def turning() -> None:
        nonlocal at_once
        while running:
            at_once = 0
            await asyncio.sleep(0)

    def counted(name: str) -> Any:
        def count(*args: Any) -> Any:
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            return of_a_row[name](*args)

        return count

    monkeypatch.setattr(asyncio, "to_thread", here)
    monkeypatch.setattr(finding, "who_it_is", counted("who_it_is"))
    monkeypatch.setattr(matching, "held_of", counted("held_of"))
    told = [
        importing.ListedPerson(number, Told(f"Ash {number}", "", f"07700 9{number:05}"), {}, frozenset(), None)
        for number in range(many)
    ]
    turns = asyncio.create_task(turning())

    async def work(tx: Transaction) -> None:
        assert await finding.told_twice([(row.number, row.told) for row in told]) == []
        assert len(await finding.find_everyone(tx, [row.told for row in told])) == many

    await people.do(work)
    running = False
    await turns
    assert most == A_PIECE
