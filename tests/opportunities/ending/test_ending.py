"""Ending well (OPP-12): what is missing is listed until nothing is."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from services.opportunities.consumers import consumers
from services.opportunities.ending import domain
from services.opportunities.ending.use_cases import ending, hearing
from services.opportunities.places.use_cases import taking
from services.opportunities.register.use_cases import attendance
from services.opportunities.register.use_cases.attendance import Entry
from shared.db import new_id
from shared.events import ParticipantRef
from shared.events.feedback import FeedbackClosed, FeedbackReceived
from shared.events.payments import (
    ClaimApproved,
    ClaimDeclined,
    ClaimOpened,
    ClaimPaid,
    ClaimRefused,
    ClaimReturned,
    ClaimSubmitted,
)
from shared.reasons import Refused
from tests.opportunities.support import NOON, World, someone


async def attended(here: World, **texts: Any) -> tuple[UUID, UUID, ParticipantRef]:
    """(opportunity, session, who took part) of a session that is over, with its register. A second person was not
    there."""
    opportunity_id, whom = await here.published(**texts), someone()
    (session_id,) = await here.session_ids(opportunity_id)
    there = await here.do(taking.take_place, opportunity_id, whom, [], "")
    absent = await here.do(taking.take_place, opportunity_id, someone(), [], "")
    here.move(days=36)
    await here.do(
        attendance.record_attendance, opportunity_id, session_id, [Entry(there, True, 90), Entry(absent, False, 0)]
    )
    return opportunity_id, session_id, whom


async def missing(here: World, opportunity_id: UUID) -> list[str | None]:
    facts = await here.read(ending.ending_facts, opportunity_id)
    return [reason.field for reason in domain.missing_before_close(facts)]


def claim(kind: Any, of: tuple[UUID, UUID, ParticipantRef], claim_id: UUID, version: int) -> Any:
    """A claim's event with whatever fields its kind has."""
    opportunity_id, session_id, whom = of
    facts = {
        "claim_id": claim_id,
        "opportunity_id": opportunity_id,
        "session_id": session_id,
        "participant": whom,
        "version": version,
    }
    more = {
        "session_date": NOON.date(),
        "amount_pence": 1500,
        "pay_by": NOON.date(),
        "recognition": "vouchers",
        "payment_run_id": new_id(),
    }
    return kind(**facts, **{name: value for name, value in more.items() if name in kind.model_fields})


async def test_opp_12_what_is_missing_is_listed_until_nothing_is_then_it_closes(here: World):
    of = await attended(here)
    opportunity_id, _, whom = of
    item, claim_id = new_id(), new_id()
    assert await missing(here, opportunity_id) == ["thanked", "claims", "outcome", "asked"]
    received = FeedbackReceived(version=1, item_id=item, opportunity_id=opportunity_id, giver=None, waiting_for="us")
    await here.do(hearing.hear_feedback, received)
    await here.do(hearing.hear_claim, claim(ClaimOpened, of, claim_id, 1))
    assert await missing(here, opportunity_id) == ["thanked", "claims", "outcome", "asked", "feedback"]
    with pytest.raises(Refused) as refused:
        await here.do(ending.close, opportunity_id)
    assert len(refused.value.reasons) == 5
    await here.do(ending.mark_thanked, opportunity_id)
    await here.do(ending.write_outcome, opportunity_id, "The new service opens in May.")
    await here.do(ending.mark_asked_to_stay, opportunity_id)
    closed = FeedbackClosed(
        version=2, item_id=item, opportunity_id=opportunity_id, giver=None, ending="used", on_board=True
    )
    await here.do(hearing.hear_feedback, closed)
    assert await missing(here, opportunity_id) == ["claims"]
    await here.do(hearing.hear_claim, claim(ClaimPaid, of, claim_id, 4))
    assert await missing(here, opportunity_id) == []
    await here.do(ending.close, opportunity_id)
    (event,) = await here.events("opportunity-closed")
    assert event["participants"] == [whom.model_dump(mode="json")]
    assert event["version"] == 2 and event["has_outcome"] is True
    with pytest.raises(Refused):
        await here.do(ending.close, opportunity_id)
    assert len(await here.events("opportunity-closed")) == 1
    assert await here.broken() == {}


async def test_opp_12_sessions_to_come_and_registers_not_filled_in_are_missing(here: World):
    opportunity_id, without_places = await here.published(number=2), await here.published(number=2)
    await here.do(taking.take_place, opportunity_id, someone(), [], "")
    assert await missing(here, opportunity_id) == ["sessions", "thanked", "outcome", "asked"]
    here.move(days=36)
    assert await missing(here, without_places) == ["sessions", "thanked", "outcome", "asked"], "nobody to write down"
    assert await missing(here, opportunity_id) == ["sessions", "sessions", "thanked", "outcome", "asked"]


async def test_opp_12_finished_at_any_time_and_closed_though_something_is_missing(here: World):
    opportunity_id = await here.published()
    await here.do(ending.finish, opportunity_id)
    with pytest.raises(Refused):
        await here.do(ending.finish, opportunity_id)
    assert "outcome" in await missing(here, opportunity_id)
    await here.do(ending.close, opportunity_id)
    (event,) = await here.events("opportunity-closed")
    assert event["participants"] == [] and event["version"] == 3 and event["has_outcome"] is False
    assert (await here.steps("closed"))[0].facts == {"missing": 3}


async def test_opp_12_nobody_waits_for_a_claim_where_nothing_is_paid_or_nobody_came(here: World):
    opportunity_id, _, _ = await attended(here, paid=False)
    assert await missing(here, opportunity_id) == ["thanked", "outcome", "asked"]


async def test_opp_12_an_attendance_taken_back_needs_no_claim_and_no_thanks(here: World):
    opportunity_id, session_id, whom = await attended(here)
    place_id = (await here.dicts("SELECT id FROM places WHERE participant_id = :id", id=whom.id))[0]["id"]
    await here.do(attendance.record_attendance, opportunity_id, session_id, [Entry(place_id, False, 0)])
    assert "claims" not in await missing(here, opportunity_id)
    await here.do(ending.finish, opportunity_id)
    await here.do(ending.close, opportunity_id)
    assert (await here.events("opportunity-closed"))[0]["participants"] == []


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (ClaimOpened, "open"),
        (ClaimSubmitted, "open"),
        (ClaimApproved, "open"),
        (ClaimReturned, "open"),
        (ClaimPaid, "paid"),
        (ClaimRefused, "refused"),
        (ClaimDeclined, "declined"),
    ],
)
async def test_opp_12_a_claims_state_is_what_its_latest_event_says(kind: Any, state: str, here: World):
    of = (new_id(), new_id(), someone())
    await here.do(consumers.registrations[kind.subject()].use_case, claim(kind, of, new_id(), 1))
    assert await here.dicts("SELECT state FROM claims_heard") == [{"state": state}]


async def test_claims_and_feedback_that_come_twice_and_in_another_order_do_no_harm(here: World):
    of, claim_id, item = (new_id(), new_id(), someone()), new_id(), new_id()
    for _ in range(2):
        await here.do(hearing.hear_claim, claim(ClaimPaid, of, claim_id, 4))
        await here.do(hearing.hear_claim, claim(ClaimSubmitted, of, claim_id, 2))
        await here.do(hearing.hear_claim, claim(ClaimOpened, of, claim_id, 1))
    assert await here.dicts("SELECT version, state FROM claims_heard") == [{"version": 4, "state": "paid"}]
    await here.do(hearing.hear_claim, claim(ClaimReturned, of, claim_id, 5))
    assert await here.dicts("SELECT version, state FROM claims_heard") == [{"version": 5, "state": "open"}]
    facts = {"item_id": item, "opportunity_id": of[0], "giver": None}
    for _ in range(2):
        await here.do(hearing.hear_feedback, FeedbackClosed(version=2, ending="thanked", on_board=False, **facts))
        await here.do(hearing.hear_feedback, FeedbackReceived(version=1, waiting_for="us", **facts))
    assert await here.dicts("SELECT version, waiting FROM feedback_heard") == [{"version": 2, "waiting": False}]
    await here.do(hearing.hear_feedback, FeedbackReceived(version=3, waiting_for="provider", **facts))
    assert await here.dicts("SELECT waiting FROM feedback_heard") == [{"waiting": True}]


async def test_opp_12_two_coordinators_who_close_at_one_moment_close_it_once(here: World):
    opportunity_id = await here.published()
    await here.do(ending.finish, opportunity_id)
    answers = await asyncio.gather(*(here.do(ending.close, opportunity_id) for _ in range(2)), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["NoneType", "Refused"]
    assert len(await here.events("opportunity-closed")) == 1
