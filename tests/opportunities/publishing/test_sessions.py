"""Each session has a version, a state and events of its own (OPP-16, OPP-19)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.opportunities.ending.use_cases import ending
from services.opportunities.places.use_cases.taking import take_place
from services.opportunities.publishing.domain import session_state
from services.opportunities.publishing.use_cases import changing
from services.opportunities.sharing.use_cases import sharing
from services.opportunities.words.domain import Offer
from services.opportunities.writing.use_cases import NewSession
from shared.web.filters import moment
from tests.opportunities.support import World, someone
from tests.opportunities.visitors import here_running, shown, staff_signed_in  # noqa: F401

NOON = datetime(2026, 12, 3, 12, tzinfo=UTC)


async def move(here: World, opportunity_id: UUID, session_id: UUID, **changed: Any) -> None:
    (row,) = await here.dicts("SELECT starts_at, ends_at, venue, joining FROM sessions WHERE id = :id", id=session_id)
    plan = NewSession(**{**row, **changed})
    await here.do(changing.change_session, opportunity_id, session_id, plan, "Why", here.service.settings.host)


async def cancel(here: World, opportunity_id: UUID, session_id: UUID) -> None:
    await here.do(changing.cancel_session, opportunity_id, session_id, "A flood.", here.service.settings.host)


@pytest.mark.parametrize(
    ("minutes_left", "cancelled", "moved", "state"),
    [
        (1, False, False, "planned"),
        (1, False, True, "moved"),
        (0, False, False, "held"),
        (0, False, True, "held"),
        (1, True, True, "cancelled"),
        (-1, True, False, "cancelled"),
    ],
)
def test_opp_19_a_session_is_planned_moved_held_or_cancelled(
    minutes_left: int, cancelled: bool, moved: bool, state: str
):
    assert session_state(NOON + timedelta(minutes=minutes_left), NOON, cancelled=cancelled, moved=moved) == state


async def test_opp_16_each_session_says_that_it_is_there_after_its_opportunity_has_said_so(here: World):
    opportunity_id = await here.published(number=2)
    first, second = await here.session_ids(opportunity_id)
    added = await here.events("session-added")
    assert [(each["session_id"], each["version"], each["opportunity_version"]) for each in added] == [
        (str(first), 1, 1),
        (str(second), 1, 1),
    ]
    plan = NewSession(here.now + timedelta(days=50), here.now + timedelta(days=50, hours=1), "The hall")
    third = await here.do(changing.add_session_later, opportunity_id, plan, "More time", here.service.settings.host)
    *_, last = await here.events("session-added")
    (told,) = await here.events("opportunity-changed")
    assert (last["session_id"], last["version"], last["venue"]) == (str(third), 1, "The hall")
    assert last["opportunity_version"] == told["version"] == 2


async def test_opp_16_a_moved_session_says_when_it_was_to_be_and_keeps_where_to_itself(here: World):
    opportunity_id = await here.published(number=2)
    first, _ = await here.session_ids(opportunity_id)
    (was,) = await here.dicts("SELECT starts_at, ends_at, venue FROM sessions WHERE id = :id", id=first)
    later = was["starts_at"] + timedelta(days=1)
    for _ in range(2):
        await move(here, opportunity_id, first, starts_at=later, ends_at=later + timedelta(hours=1), venue="The hall")
    await move(here, opportunity_id, first, joining="https://video.example/other")
    (event,) = await here.events("session-changed")
    told = (await here.events("opportunity-changed"))[0]
    assert (event["version"], event["opportunity_version"]) == (2, told["version"])
    assert datetime.fromisoformat(event["was_starts_at"]) == was["starts_at"]
    assert datetime.fromisoformat(event["starts_at"]) == later
    assert "Online, by video" not in str(event) and "video.example" not in str(event)
    (kept,) = await here.dicts("SELECT starts_at, ends_at, venue, version, actor_kind FROM session_moves")
    assert kept == {**was, "version": 2, "actor_kind": "person"}
    await move(here, opportunity_id, first, venue="The library")
    assert [each["version"] for each in await here.events("session-changed")] == [2, 4]


async def test_opp_19_a_cancelled_session_has_its_next_version_and_that_of_what_people_are_told(here: World):
    opportunity_id = await here.published(number=3)
    await here.do(sharing.share, opportunity_id, Offer(), here.service.settings.host)
    first, second, _ = await here.session_ids(opportunity_id)
    later = here.now + timedelta(days=36)
    await move(here, opportunity_id, first, starts_at=later, ends_at=later + timedelta(hours=1))
    for _ in range(2):
        await cancel(here, opportunity_id, first)
    (event,) = await here.events("session-cancelled")
    assert event["version"] == 3
    assert event["opportunity_version"] == (await here.events("opportunity-changed"))[-1]["version"]
    await here.do(changing.cancel, opportunity_id, "No money.")
    (whole,) = await here.events("opportunity-cancelled")
    _, *others = await here.events("session-cancelled")
    assert [(each["version"], each["opportunity_version"]) for each in others] == [(2, whole["version"])] * 2
    assert others[0]["session_id"] == str(second)


async def test_opp_12_sessions_that_nobody_had_to_be_told_of_name_what_was_said_last(here: World):
    opportunity_id = await here.published(number=2)
    await here.do(sharing.share, opportunity_id, Offer(), here.service.settings.host)
    here.move(days=36)
    await here.do(ending.finish, opportunity_id)
    assert await here.events("opportunity-changed") == []
    (event,) = await here.events("session-cancelled")
    assert (event["opportunity_version"], event["places"]) == (1, [])


async def test_opp_12_sessions_cancelled_by_an_early_end_name_the_change_that_people_are_told(here: World):
    opportunity_id = await here.published(number=2)
    await here.do(take_place, opportunity_id, someone(), [], "")
    here.move(days=36)
    await here.do(ending.finish, opportunity_id, "Enough said.", here.service.settings.host)
    (told,) = await here.events("opportunity-changed")
    (event,) = await here.events("session-cancelled")
    assert (event["opportunity_version"], len(event["places"])) == (told["version"], 1)
    assert await here.broken() == {}


async def test_opp_16_staff_read_how_each_session_stands(here: World, staff: httpx.AsyncClient):
    opportunity_id = await here.published(number=3)
    first, second, third = await here.session_ids(opportunity_id)
    (was,) = await here.dicts("SELECT starts_at FROM sessions WHERE id = :id", id=second)
    later = was["starts_at"] + timedelta(days=1)
    await move(here, opportunity_id, second, starts_at=later, ends_at=later + timedelta(hours=1))
    await cancel(here, opportunity_id, third)
    here.move(days=36)
    said = await shown(staff, f"/opportunities/staff/{opportunity_id}")
    assert [said.count(f"{state}\n") for state in ("Held", "Moved", "Cancelled", "Planned")] == [1, 1, 1, 0]
    assert f"It was to be on {moment(was['starts_at'])}: Online, by video" in said
    await here.do(changing.cancel, opportunity_id, "No money.")
    said = await shown(staff, f"/opportunities/staff/{opportunity_id}")
    assert f"/sessions/{first}/register" in said and f"/sessions/{second}/register" not in said
