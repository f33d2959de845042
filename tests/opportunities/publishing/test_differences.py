"""OPP-16: whoever has a place reads what was, what is, and why; and nobody is told of what has not changed (NOT-08)."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.opportunities.ending.use_cases import ending
from services.opportunities.places.use_cases import taking
from services.opportunities.publishing.use_cases import changing
from services.opportunities.words.domain import Policy
from services.opportunities.writing.use_cases import NewSession
from tests.opportunities.publishing.test_own_time import HOW, closing
from tests.opportunities.publishing.test_own_time import published as survey
from tests.opportunities.support import World
from tests.opportunities.visitors import (  # noqa: F401
    here_running,
    participant_signed_in,
    post,
    staff_signed_in,
    take_part,
)
from tests.opportunities.visitors import shown as page_of


async def shown(client: httpx.AsyncClient, address: str) -> str:
    """A page, without the marks around what people wrote."""
    return re.sub("</?bdi>", "", await page_of(client, address))


def on(day: Any) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


async def change(here: World, opportunity_id: UUID, kind: str, **texts: str) -> bool:
    return await here.do(
        changing.change_texts, opportunity_id, kind, texts, "The group asked for it.", here.service.settings.host
    )


async def test_opp_16_a_place_says_that_its_last_day_moved_what_it_was_and_why(
    here: World, participant: httpx.AsyncClient
):
    opportunity_id, host = await survey(here), here.service.settings.host
    await here.do(changing.change_closing, opportunity_id, closing(here, 40), HOW, "Before anybody came.", host)
    place = await take_part(participant, opportunity_id)
    await here.do(changing.change_closing, opportunity_id, closing(here, 20), HOW, "The council meets sooner.", host)
    page = await shown(participant, place)
    assert f"Before: {on(closing(here, 40))}. Now: {on(closing(here, 20))}." in page
    assert "The council meets sooner." in page and "Before anybody came." not in page
    public = await shown(participant, f"/opportunities/{opportunity_id}")
    assert f"Before: {on(closing(here, 30))}. Now: {on(closing(here, 40))}." in public


async def test_opp_12_a_place_says_that_it_was_ended_before_its_last_day_and_why(
    here: World, participant: httpx.AsyncClient
):
    opportunity_id = await survey(here)
    place = await take_part(participant, opportunity_id)
    await here.do(ending.finish, opportunity_id, "We have enough answers.", here.service.settings.host)
    page = await shown(participant, place)
    assert f"Before: {on(closing(here, 30))}. Now: {on(here.now)}." in page and "We have enough answers." in page


async def test_opp_16_a_place_says_where_a_session_was_and_what_was_added(here: World, participant: httpx.AsyncClient):
    opportunity_id, host = await here.published(), here.service.settings.host
    place = await take_part(participant, opportunity_id)
    (session_id,) = await here.session_ids(opportunity_id)
    (row,) = await here.dicts("SELECT starts_at, ends_at, venue, joining FROM sessions")
    moved: dict[str, Any] = {**row, "venue": "The Old Library"}
    plan = NewSession(**moved)
    await here.do(changing.change_session, opportunity_id, session_id, plan, "It floods.", host)
    later = NewSession(row["starts_at"] + timedelta(days=7), row["ends_at"] + timedelta(days=7), "The Town Hall", "")
    await here.do(changing.add_session_later, opportunity_id, later, "We need more time.", host)
    page = await shown(participant, place)
    assert "Where. Before: Online, by video. Now: The Old Library." in page and "It floods." in page
    assert f"A new date. Now: {on(later.starts_at)}" in page and "We need more time." in page


@pytest.mark.parametrize(
    ("kind", "texts", "said", "not_said"),
    [
        ("room", {"agreements": "Be kind."}, "how it works in the room", "what it is about"),
        ("purpose", {"result": "You hear in May."}, "what it is about", "in the room"),
    ],
)
async def test_opp_16_each_kind_of_change_is_called_what_it_is(
    here: World, participant: httpx.AsyncClient, kind: str, texts: dict[str, str], said: str, not_said: str
):
    opportunity_id = await here.published()
    await change(here, opportunity_id, kind, **texts)
    page = await shown(participant, f"/opportunities/{opportunity_id}")
    line = page.split("Changed on ")[1].split("The reason")[0]
    assert said in line and not_said not in line
    ((text, now),) = texts.items()
    assert f"Now: {now}" in page
    (event,) = await here.events("opportunity-changed")
    assert event["changed"] == ["purpose"]  # a program one version behind knows no other word for it
    assert [(each["about"], each["now"]) for each in event["texts"]] == [(kind, now)], text


async def test_opp_16_another_way_to_do_it_is_no_other_place(here: World, participant: httpx.AsyncClient):
    opportunity_id = await survey(here)
    host = here.service.settings.host
    await here.do(changing.change_closing, opportunity_id, closing(here), "By post.", "The site is down.", host)
    page = await shown(participant, f"/opportunities/{opportunity_id}")
    line = page.split("Changed on ")[1].split("The reason")[0]
    assert "how to do it" in line and "where" not in line and HOW not in page and "By post" not in page


async def test_net_02_what_may_not_be_said_any_more_is_not_said_as_what_was(
    here: World, participant: httpx.AsyncClient
):
    opportunity_id = await here.published(result="We write to you.")
    await here.person("Pollyanna Quince")
    await here.write(f"UPDATE opportunities SET result = 'Pollyanna Quince hears first.' WHERE id = '{opportunity_id}'")
    await change(here, opportunity_id, "purpose", result="Everybody hears.")
    assert "Pollyanna" not in await shown(participant, f"/opportunities/{opportunity_id}")
    assert "Pollyanna" not in str(await here.events("opportunity-changed"))


async def test_not_08_saving_what_has_not_changed_tells_nobody_and_says_so(here: World, staff: httpx.AsyncClient):
    opportunity_id, its_survey = await here.published(), await survey(here)
    (session_id,) = await here.session_ids(opportunity_id)
    for page in (
        f"{opportunity_id}/change/contact",
        f"{opportunity_id}/change/purpose",
        f"{opportunity_id}/change/room",
        f"{opportunity_id}/sessions/{session_id}/change",
        f"{its_survey}/closing-day/change",
    ):
        address = f"/opportunities/staff/{page}"
        await post(staff, address, **fields_of(await shown(staff, address)), reason="Just to see.")
        said = await shown(staff, f"/opportunities/staff/{page.split('/')[0]}")
        assert "Nothing is different, so nobody is told." in said, page
    assert await here.events("opportunity-changed") == []


def fields_of(page: str) -> dict[str, str]:
    """What a form holds, as a browser would send it."""

    class Fields(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: dict[str, str] = {}
            self.area = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            its = dict(attrs)
            if tag == "textarea":
                self.area = its["name"] or ""
                self.found[self.area] = ""
            elif tag == "input" and its.get("name") and its.get("type") != "checkbox":
                self.found[its["name"] or ""] = its.get("value") or ""

        def handle_data(self, data: str) -> None:
            if self.area:
                self.found[self.area] += data

        def handle_endtag(self, tag: str) -> None:
            if tag == "textarea":
                self.area = ""

    fields = Fields()
    fields.feed(page)
    return {name: value for name, value in fields.found.items() if name != "reason"}


async def test_opp_03_why_it_is_so_soon_goes_when_it_is_not_so_soon_any_more(
    here: World, participant: httpx.AsyncClient
):
    opportunity_id, host, policy = await survey(here), here.service.settings.host, Policy()
    page = f"/opportunities/{opportunity_id}"
    await here.do(changing.change_closing, opportunity_id, closing(here, 9), HOW, "The council asks.", host, policy)
    assert "This closes soon. The reason: The council asks." in await shown(participant, page)
    await here.do(changing.change_closing, opportunity_id, closing(here, 28), HOW, "They wait.", host, policy)
    assert "This closes soon" not in await shown(participant, page)
    meets = await here.published(in_days=9, notice_reason="The panel sits soon.")
    (session_id,) = await here.session_ids(meets)
    (row,) = await here.dicts("SELECT starts_at, ends_at, venue, joining FROM sessions")
    after = NewSession(
        **{**row, "starts_at": row["starts_at"] + timedelta(days=20), "ends_at": row["ends_at"] + timedelta(days=20)}
    )
    assert "This starts soon" in await shown(participant, f"/opportunities/{meets}")
    await here.do(changing.change_session, meets, session_id, after, "It waits.", host, policy)
    assert "This starts soon" not in await shown(participant, f"/opportunities/{meets}")
    assert (await here.events("opportunity-changed"))[-1]["short_notice_reason"] == ""
    assert await here.broken() == {}


async def test_opp_05_who_only_waits_reads_what_changed_since_they_asked(here: World, participant: httpx.AsyncClient):
    opportunity_id, other = await survey(here, capacity=1), await here.person("Bola Adeyemi")
    await here.do(taking.take_place, opportunity_id, other, [], "")
    place = await take_part(participant, opportunity_id)
    host = here.service.settings.host
    await here.do(changing.change_closing, opportunity_id, closing(here, 20), HOW, "Sooner.", host)
    assert f"Before: {on(closing(here, 30))}" in await shown(participant, place)
