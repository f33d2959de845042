"""The pages on which an opportunity is written."""

import re

import httpx
import pytest

from services.opportunities.words.domain import KINDS
from services.opportunities.writing.pages.items import ITEMS
from shared.db import new_id
from tests.opportunities.support import World
from tests.opportunities.visitors import (
    here_running,  # noqa: F401
    participant_signed_in,  # noqa: F401
    post,
    session_fields,
    shown,
    staff_signed_in,  # noqa: F401
    write_all,
)
from tests.support.marks import press


async def test_a_title_has_no_line_break_whatever_was_pasted(here: World, staff: httpx.AsyncClient):
    base = (await post(staff, "/opportunities/staff/new", title="A say\r\nin the\tdrop-in", kind="workshop")).headers[
        "location"
    ]
    assert [row["title"] for row in await here.dicts("SELECT title FROM opportunities")] == ["A say in the drop-in"]
    await post(staff, f"{base}/items/title", title="A say\n\nin it", kind="workshop")
    assert [row["title"] for row in await here.dicts("SELECT title FROM opportunities")] == ["A say in it"]


async def test_opp_02_a_coordinator_writes_is_shown_what_is_missing_and_publishes(
    here: World, staff: httpx.AsyncClient
):
    await post(staff, "/opportunities/staff/new", status=422, title="", kind="lottery")
    started = await post(staff, "/opportunities/staff/new", title="A say in the drop-in", kind="tender-panel")
    base = started.headers["location"]
    refused = await post(staff, f"{base}/publish", status=422)
    for sentence in (
        "Write why this is happening, and its background.",
        "Write what is paid.",
        "Add at least one session",
    ):
        assert sentence in refused.text
    for item in ("background", "sessions", "summary"):
        assert f'href="#{item}"' in refused.text and f'id="{item}"' in refused.text
    await write_all(staff, base, but=("result",))
    await post(staff, f"{base}/sessions", joining="https://video.example/room", **session_fields(here))
    still = await post(staff, f"{base}/publish", status=422)
    assert "Write what happens with the result." in still.text and "Write what is paid." not in still.text
    await post(staff, f"{base}/items/result", result="We tell you who won.")
    assert (await press(staff, f"{base}/publish", f"{base}/publish")).status_code == 303
    (event,) = await here.events("opportunity-created")
    assert (event["kind"], event["paid"], event["short_notice_reason"]) == ("tender-panel", True, "")
    assert len(event["sessions"]) == 1 and "joining" not in event["sessions"][0]
    stays = await staff.get(f"{base}/items/places")  # OPP-16: no form that can only be refused
    assert (stays.status_code, stays.headers["location"]) == (303, base)
    again = await post(staff, f"{base}/items/result", status=422, result="Something else")
    assert "This is published, so its words and dates stay as people read them." in again.text
    assert await here.broken() == {}


async def test_opp_02_a_draft_says_once_what_is_missing_and_leads_there(here: World, staff: httpx.AsyncClient):
    base = (await post(staff, "/opportunities/staff/new", title="A say", kind="workshop")).headers["location"]
    bare = await shown(staff, base)
    assert "marked “To write” above: 10 parts." in bare and "Write what is paid." not in bare
    await write_all(staff, base)
    await post(staff, f"{base}/sessions", **session_fields(here, 2))
    late = await shown(staff, base)
    assert "To write” above" not in late and "Still missing" in late
    said = "It starts in fewer than 14 days. Write why, so that people know."
    assert late.count(said) == 1 and f'href="{base}/items/notice">{said}</a>' in late


async def test_opp_03_short_notice_needs_a_reason_that_participants_see(
    here: World, staff: httpx.AsyncClient, participant: httpx.AsyncClient
):
    base = (await post(staff, "/opportunities/staff/new", title="A say", kind="workshop")).headers["location"]
    await write_all(staff, base)
    await post(staff, f"{base}/sessions", **session_fields(here, 2))
    page = await shown(staff, base)
    assert "Two days or fewer is too short for many people" in page and "they would have 2 days" in page
    refused = await post(staff, f"{base}/publish", status=422)
    assert "It starts in fewer than 14 days. Write why, so that people know." in refused.text
    await post(staff, f"{base}/items/notice", notice_reason="The bids came late.")
    assert (await press(staff, f"{base}/publish", f"{base}/publish")).status_code == 303
    assert (await here.events("opportunity-created"))[0]["short_notice_reason"] == "The bids came late."
    assert "The bids came late." in await shown(participant, base.replace("/staff", ""))
    assert "That is too short for many people" in await shown(staff, base)
    assert await here.broken() == {}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"day__day": "31", "day__month": "2"}, "Enter a real date"),
        ({"day__year": "2001"}, "That day and time are in the past."),
        ({"starts": "25:00"}, "Enter the start like 10:30"),
        ({"ends": "noon"}, "Enter the end like 12:00"),
        ({"ends": "9am"}, "The end must be later than the start."),
        ({"venue": ""}, "Write where it is, or that it is online"),
        (
            {"day__day": "26", "day__month": "3", "day__year": "2028", "starts": "1:30", "ends": "3:00"},
            "the clocks go forward",
        ),
        (
            {"day__day": "26", "day__month": "3", "day__year": "2028", "starts": "0:30", "ends": "1:15"},
            "the clocks go forward",
        ),
    ],
)
async def test_opp_02_a_session_that_cannot_be_is_refused_with_what_to_do(
    fields: dict[str, str], sentence: str, here: World, staff: httpx.AsyncClient
):
    base = f"/opportunities/staff/{await here.draft()}"
    before = await here.dicts("SELECT id FROM sessions")
    assert sentence in (await post(staff, f"{base}/sessions", status=422, **session_fields(here) | fields)).text
    assert await here.dicts("SELECT id FROM sessions") == before


async def test_a_session_is_taken_out_of_a_draft_and_not_of_what_is_published(here: World, staff: httpx.AsyncClient):
    draft, published = await here.draft(), await here.published()
    for opportunity_id, status in ((draft, 303), (published, 422)):
        (session_id,) = await here.session_ids(opportunity_id)
        await post(staff, f"/opportunities/staff/{opportunity_id}/sessions/{session_id}/remove", status=status)
    assert await here.session_ids(draft) == [] and len(await here.session_ids(published)) == 1


@pytest.mark.parametrize(
    ("slug", "fields", "sentence"),
    [
        ("places", {"capacity": "0"}, "Enter 1 or more"),
        ("places", {"capacity": "many"}, "Enter a whole number, like 12"),
        ("funding", {"budget": "-5"}, "Enter an amount in pounds and pence, like 12.50"),
        ("funding", {"budget": "99,999,999"}, "Enter one million pounds or less"),
        ("payment", {"payment": "Ten pounds"}, "Say whether people are paid"),
        ("where", {"mode": "moon", "area": "Fenland"}, "Choose how people take part"),
        ("background", {"background": "x" * 5001}, "This is too long."),
        ("title", {"title": "x", "kind": "lottery"}, "Choose what kind it is"),
    ],
)
async def test_an_item_that_cannot_be_read_changes_nothing(
    slug: str, fields: dict[str, str], sentence: str, here: World, staff: httpx.AsyncClient
):
    base = f"/opportunities/staff/{await here.draft()}"
    before = await here.dicts("SELECT * FROM opportunities")
    assert sentence in (await post(staff, f"{base}/items/{slug}", status=422, **fields)).text
    assert await here.dicts("SELECT * FROM opportunities") == before


async def test_every_item_has_a_page_that_shows_what_was_written(here: World, staff: httpx.AsyncClient):
    base = f"/opportunities/staff/{await here.draft(budget_pence=50000, commissioner='Fenland Council', capacity=4)}"
    pages = {slug: await shown(staff, f"{base}/items/{slug}") for slug in ITEMS}
    assert (
        'value="500.00"' in pages["funding"]
        and 'value="Fenland Council"' in pages["funding"]
        and 'value="4"' in pages["places"]
    )
    assert re.search(r'value="Fenland"\s+checked', pages["where"]) and "Everywhere" in pages["where"]
    assert re.search(r'value="true"\s+checked', pages["payment"])
    assert all(name in pages["title"] for name in KINDS.values())
    await shown(staff, f"{base}/items/nonsense", status=404)
    await shown(staff, f"/opportunities/staff/{new_id()}/items/title", status=404)


async def test_opp_04_reading_age_and_initials_are_shown_before_publishing(here: World, staff: httpx.AsyncClient):
    hard = (
        "The ICB will be commissioning transformational organisational procurement methodologies, incorporating "
        "stakeholder representation."
    )
    page = await shown(staff, f"/opportunities/staff/{await here.draft(summary=hard)}")
    assert "needs a reading age of about 22" in page and "These initials are not explained: ICB." in page


async def test_opp_02_a_session_longer_than_a_working_day_is_asked_about_once(here: World, staff: httpx.AsyncClient):
    opportunity_id = await here.draft()
    address = f"/opportunities/staff/{opportunity_id}/sessions"
    long = session_fields(here) | {"starts": "9:30", "ends": "23:30"}
    asked = await post(staff, address, status=422, **long)
    assert "This would last 14 hours. Is that right?" in asked.text
    assert 'name="sure"' in asked.text and 'value="9:30"' in asked.text
    assert 'name="sure"' not in (await staff.get(address)).text
    assert len(await here.dicts("SELECT id FROM sessions")) == 1
    await post(staff, address, **long, sure="yes")
    assert len(await here.dicts("SELECT id FROM sessions")) == 2
