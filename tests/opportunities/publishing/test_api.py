"""The JSON side: public facts, and the import of a spreadsheet's file, whole or not at all."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.db import new_id
from tests.opportunities.support import World, world_of
from tests.support.apps import client_of, running, signed_in
from tests.support.marks import press

API = "/opportunities/api/opportunities"
IMPORT = "/opportunities/api/import/opportunities"
DEMO = (Path(__file__).parents[3] / "deploy/demo/opportunities.csv").read_text().splitlines()
HEAD = (
    "reference,title,kind,mode,area,background,expected,time needed,sessions,venue,paid,payment,contact "
    "role,contact how,accessibility,result,short version"
)
WHOLE = (
    "a,Have a say,Tender panel,online,Fenton,Why,What,An hour,in 30 days 10:00 to 11:00,Online,yes,Ten pounds,"
    "coordinator,Ring 01632 960001,Captions,We tell you,Have a say"
)


@pytest.fixture
async def here(folder: Any, service_database: Any) -> AsyncIterator[World]:
    built = world_of(folder, service_database("opportunities"))
    async with running(built.app):
        yield built


@pytest.fixture
async def operator(here: World) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(here.app) as client:
        signed_in(client, "operator")
        yield client


async def sent(client: httpx.AsyncClient, *lines: str) -> httpx.Response:
    return await client.post(
        IMPORT, content="\n".join(lines).encode(), headers={"content-type": "text/csv", "accept": "application/json"}
    )


async def test_opp_02_what_is_published_is_public_and_drafts_are_not(here: World):
    draft, published = await here.draft(), await here.published(capacity=2)
    async with client_of(here.app) as visitor:
        (found,) = (await visitor.get(API)).json()["opportunities"]
        assert found["id"] == str(published) and found["open"] and found["free"] == 2
        assert "joining" not in str(found) and len(found["sessions"]) == 1
        assert (await visitor.get(f"{API}/{published}")).json() == found
        for nothing in (draft, new_id(), "nonsense"):
            answer = await visitor.get(f"{API}/{nothing}")
            assert answer.status_code == 404 and answer.headers["content-type"] == "application/problem+json"


async def test_the_demos_file_is_taken_whole_and_twice_changes_nothing(here: World, operator: httpx.AsyncClient):
    assert (await sent(operator, *DEMO)).json() == {"added": 6, "changed": 0, "unchanged": 0}
    before = await here.dicts("SELECT * FROM opportunities ORDER BY id")
    here.move(days=1)
    assert (await sent(operator, *DEMO)).json() == {"added": 0, "changed": 0, "unchanged": 6}
    assert await here.dicts("SELECT * FROM opportunities ORDER BY id") == before
    assert sorted(row["state"] for row in before) == ["draft"] * 2 + ["published"] * 4
    assert len(await here.events("opportunity-created")) == 4
    assert await here.broken() == {}


async def test_an_import_is_for_operators(here: World, operator: httpx.AsyncClient):
    async with client_of(here.app) as client:
        signed_in(client, "coordinator")
        assert (await sent(client, HEAD, WHOLE)).status_code == 403
    assert await here.dicts("SELECT id FROM opportunities") == []


async def problems(client: httpx.AsyncClient, *lines: str) -> list[tuple[int, str, str]]:
    answer = await sent(client, *lines)
    assert answer.status_code == 422, answer.text
    return [(problem["row"], problem["column"], problem["text"]) for problem in answer.json()["problems"]]


async def test_a_file_with_one_wrong_row_changes_nothing_and_says_which(here: World, operator: httpx.AsyncClient):
    wrong = WHOLE.replace("a,Have", "b,Have").replace("Tender panel", "Lottery").replace("10:00 to 11:00", "tomorrow")
    found = await problems(operator, HEAD, WHOLE, wrong)
    assert [(row, column) for row, column, _ in found] == [(3, "kind"), (3, "sessions")]
    assert found[1][2] == "Write each session like 14/01/2027 10:30 to 12:00, with semicolons between them."
    assert await here.dicts("SELECT id FROM opportunities") == []


@pytest.mark.parametrize(
    ("change", "column", "text"),
    [
        (("We tell you", ""), "result", "Write what happens with the result."),
        (
            ("in 30 days", "in 3 days"),
            "notice reason",
            "It starts in fewer than 14 days. Write why, so that people know.",
        ),
        (
            ("in 30 days", "01/02/2001"),
            "sessions",
            "That day and time are in the past. Choose one that is still to come.",
        ),
        (
            ("in 30 days", "31/02/2027"),
            "sessions",
            "There is no such day or time. Write each session like 14/01/2027 10:30 to 12:00.",
        ),
        (
            ("10:00 to 11:00", "10:00 to 25:00"),
            "sessions",
            "There is no such day or time. Write each session like 14/01/2027 10:30 to 12:00.",
        ),
        (("11:00,Online", "11:00,"), "venue", "Write where the sessions are, or that they are online."),
        (("Captions", ""), "accessibility", "Write how people can get in and take part: the building, or the call."),
    ],
)
async def test_opp_02_a_row_to_publish_is_whole_or_the_file_is_refused(
    change: tuple[str, str], column: str, text: str, here: World, operator: httpx.AsyncClient
):
    assert await problems(operator, f"{HEAD},publish", f"{WHOLE.replace(*change)},yes") == [(2, column, text)]
    assert await here.dicts("SELECT id FROM opportunities") == []


async def test_another_text_under_a_known_reference_is_refused(here: World, operator: httpx.AsyncClient):
    assert (await sent(operator, HEAD, WHOLE)).json()["added"] == 1
    (row, column, text) = (await problems(operator, HEAD, WHOLE.replace("Captions", "No captions")))[0]
    assert (row, column) == (2, "reference") and text.startswith("This reference is here already")
    assert (await here.dicts("SELECT accessibility FROM opportunities"))[0]["accessibility"] == "Captions"


async def test_an_imported_draft_is_finished_and_published_on_its_page(here: World, operator: httpx.AsyncClient):
    await sent(operator, HEAD, WHOLE.replace("We tell you", ""))
    (row,) = await here.dicts("SELECT id, state FROM opportunities")
    assert row["state"] == "draft"
    async with client_of(here.app) as staff:
        signed_in(staff, "coordinator")
        base = f"/opportunities/staff/{row['id']}"
        assert (await staff.post(f"{base}/publish")).status_code == 422
        await staff.post(f"{base}/items/result", data={"result": "We tell you what changed."})
        assert (await press(staff, f"{base}/publish", f"{base}/publish")).status_code == 303
    again = await sent(operator, HEAD, WHOLE.replace("We tell you", ""))
    assert again.json() == {"added": 0, "changed": 0, "unchanged": 1}


async def test_22_what_a_rule_refuses_is_listed_with_what_cannot_be_read_of_other_rows(here: World):
    """Nobody mends a file twice."""
    unread = WHOLE.replace("a,Have", "b,Have", 1).replace(",online,", ",by pigeon,", 1)
    past = WHOLE.replace("in 30 days", "01/02/2020", 1)
    async with client_of(here.app) as client:
        signed_in(client, "operator")
        answer = await client.post(
            IMPORT, content="\n".join([HEAD, unread, past]), headers={"content-type": "text/csv"}
        )
    assert answer.status_code == 422
    assert [(each["row"], each["column"]) for each in answer.json()["problems"]] == [(2, "mode"), (3, "sessions")]
    assert await here.dicts("SELECT id FROM opportunities") == []
