"""One session is cancelled, and the others go on (OPP-19)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from services.opportunities.places.queries.own import own_place
from services.opportunities.places.use_cases import bookings, needs
from services.opportunities.places.use_cases.taking import leave_place, take_place
from services.opportunities.publishing.domain import reasons_not_to_cancel_session
from services.opportunities.publishing.use_cases import changing
from services.opportunities.sharing.use_cases import sharing
from services.opportunities.words.domain import Offer
from services.opportunities.writing.use_cases import NewSession
from shared.db import new_id
from shared.reasons import Missing, Refused
from shared.web.filters import day
from tests.opportunities.series import booked, records
from tests.opportunities.support import World, someone
from tests.opportunities.visitors import here_running, post, shown, staff_signed_in  # noqa: F401

NOON = datetime(2026, 12, 3, 12, tzinfo=UTC)


async def cancel(here: World, opportunity_id: UUID, session_id: UUID, reason: str = "The room has flooded.") -> None:
    await here.do(changing.cancel_session, opportunity_id, session_id, reason, here.service.settings.host)


@pytest.mark.parametrize(
    ("starts_in", "still_to_end", "all_of_it", "said"),
    [(1, 2, 2, ""), (0, 2, 2, "has begun"), (1, 1, 1, "only session"), (1, 1, 3, "last session"), (1, 2, 9, "")],
)
def test_opp_19_one_session_is_cancelled_before_it_begins_while_another_goes_on(
    starts_in: int, still_to_end: int, all_of_it: int, said: str
):
    starts_at = NOON + timedelta(microseconds=starts_in)
    reasons = reasons_not_to_cancel_session(starts_at, still_to_end, all_of_it, NOON)
    assert [said in reason.text for reason in reasons] == [True] * bool(said)


async def test_opp_19_whoever_has_a_place_hears_of_the_cancelled_session_and_keeps_the_others(here: World):
    opportunity_id, whom = await here.published(number=2), someone()
    first, second = await here.session_ids(opportunity_id)
    place_id = await here.do(take_place, opportunity_id, whom, ["interpreter", "large-print"], "")
    for need in await here.do(needs.read_needs, opportunity_id):
        if need.need == "interpreter":
            await here.do(needs.answer_need, opportunity_id, need.id, "promised", "")
    here.move(days=35, hours=-1)  # on the morning itself
    for _ in range(2):
        await cancel(here, opportunity_id, first)
    (told,) = await here.events("opportunity-changed")
    assert (told["changed"], told["reason"]) == (["time"], "The room has flooded.")
    assert [session["session_id"] for session in told["sessions"]] == [str(second)]
    assert [session.id for session in (await here.read(own_place, place_id, whom)).sessions] == [second]
    assert await booked(here) == [{"need": "interpreter", "words": "", "done": False}]
    (booking,) = await here.do(bookings.read_bookings, opportunity_id)
    assert booking.session_id == first and booking.starts_at is not None
    assert {row["state"] for row in await here.dicts("SELECT state FROM needs")} == {"promised", "asked"}
    here.move(hours=2)
    with pytest.raises(Refused):
        await records(here, opportunity_id, first, place_id)
    here.move(days=7)
    assert await records(here, opportunity_id, second, place_id) == {"recorded": 1}
    assert await here.broken() == {}


async def test_opp_19_a_need_booked_for_one_cancelled_session_and_then_for_none_is_two_bookings(here: World):
    opportunity_id, whom = await here.published(number=2), someone()
    first, _ = await here.session_ids(opportunity_id)
    await here.do(take_place, opportunity_id, whom, ["interpreter"], "")
    for need in await here.do(needs.read_needs, opportunity_id):
        await here.do(needs.answer_need, opportunity_id, need.id, "promised", "")
    await cancel(here, opportunity_id, first)
    await here.do(changing.cancel, opportunity_id, "No money.")
    assert sorted(
        row["session_id"] == first for row in await here.dicts("SELECT session_id FROM bookings_to_cancel")
    ) == [False, True]


async def test_opp_19_the_network_hears_that_a_shared_session_is_gone_and_why(here: World):
    opportunity_id = await here.published(number=2)
    await here.do(sharing.share, opportunity_id, Offer(), here.service.settings.host)
    first, second = await here.session_ids(opportunity_id)
    await cancel(here, opportunity_id, first)
    shared = (await here.events("opportunity-shared"))[-1]
    assert [session["session_id"] for session in shared["sessions"]] == [str(second)]
    assert (shared["changed"], shared["reason"]) == (["time"], "The room has flooded.")


async def test_opp_19_not_without_a_reason_not_the_only_one_and_not_anothers(here: World):
    opportunity_id, alone = await here.published(number=2), await here.published()
    first, _ = await here.session_ids(opportunity_id)
    (only,) = await here.session_ids(alone)
    for of_it, session_id, reason in ((opportunity_id, first, " "), (alone, only, "Why")):
        with pytest.raises(Refused):
            await cancel(here, of_it, session_id, reason)
    for session_id in (only, new_id()):
        with pytest.raises(Missing):
            await cancel(here, opportunity_id, session_id)
    assert await here.events("opportunity-changed") == []


async def test_opp_19_pages_cancel_a_session_and_say_so_to_everyone(here: World, staff: httpx.AsyncClient):
    opportunity_id, alone = await here.published(number=2), await here.published()
    first, second = await here.session_ids(opportunity_id)
    base = f"/opportunities/staff/{opportunity_id}"
    assert "Cancel this session" not in await shown(staff, f"/opportunities/staff/{alone}")
    link = f"{base}/sessions/{first}/cancel"
    assert f'href="{link}"' in await shown(staff, base)
    assert "Why is this session cancelled?" in await shown(staff, link)
    await post(staff, link, status=422, reason=" ")
    await post(staff, link, reason="The room has flooded.")
    await shown(staff, link, status=404)
    for page in (base, f"/opportunities/{opportunity_id}"):
        said = await shown(staff, page)
        assert "The room has flooded." in said and "Cancelled" in said
    assert "Changed on" not in said and f"Cancelled on {day(here.now)}: " in said, "nothing else changed"
    assert f'href="{base}/sessions/{second}/cancel"' not in await shown(staff, base)


async def test_opp_19_a_session_that_has_begun_is_not_offered_to_be_cancelled(here: World, staff: httpx.AsyncClient):
    opportunity_id = await here.published(number=2)
    first, _ = await here.session_ids(opportunity_id)
    here.move(days=35, minutes=10)
    base = f"/opportunities/staff/{opportunity_id}"
    asked = await staff.get(f"{base}/sessions/{first}/cancel")
    assert (asked.status_code, asked.headers["location"]) == (303, base)
    assert "This session has begun" in await shown(staff, base)


async def test_opp_19_a_cancelled_session_is_not_changed_any_more_and_nobody_is_told(here: World):
    opportunity_id = await here.published(number=2)
    first, _ = await here.session_ids(opportunity_id)
    await cancel(here, opportunity_id, first)
    starts_at = here.now + timedelta(days=40)
    plan = NewSession(starts_at, starts_at + timedelta(hours=1), "There")
    with pytest.raises(Refused, match="OPP-19"):
        await here.do(changing.change_session, opportunity_id, first, plan, "Why", here.service.settings.host)
    assert len(await here.events("opportunity-changed")) == 1


async def test_pay_16_payments_hears_who_had_a_place_at_the_cancelled_session(here: World):
    opportunity_id, whom, left = await here.published(number=2), someone(), someone()
    first, second = await here.session_ids(opportunity_id)
    place_id = await here.do(take_place, opportunity_id, whom, [], "")
    gone = await here.do(take_place, opportunity_id, left, [], "")
    await here.do(leave_place, gone, left, here.service.settings.policy)
    await cancel(here, opportunity_id, first)
    await cancel(here, opportunity_id, first)
    (said,) = await here.events("session-cancelled")
    assert said["session_id"] == str(first) and said["cancelled_by"]
    assert [place["place_id"] for place in said["places"]] == [str(place_id)]
    await here.do(changing.cancel, opportunity_id, "No money.")
    assert [each["session_id"] for each in await here.events("session-cancelled")] == [str(first), str(second)]
