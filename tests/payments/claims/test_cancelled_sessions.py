"""A session was cancelled shortly before it started, and nobody is out of pocket (PAY-16)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.payments.claims.domain.claims import LineKind
from services.payments.claims.queries.claims import any_claim
from services.payments.claims.use_cases import claims
from services.payments.policy.domain import Rates, opens_claims_when_cancelled
from services.payments.policy.use_cases import set_rate
from shared.db import new_id
from shared.events import ParticipantRef
from shared.events.opportunities import OpportunityChanged, OpportunityCreated, PlaceHeld, SessionCancelled
from shared.reasons import NotYet, Refused
from tests.payments.support import SESSION_DATE, World, person

STARTS = datetime(2026, 11, 18, 10, tzinfo=UTC)


def cancelled(
    world: World, opportunity: OpportunityCreated, *people: ParticipantRef, hours: float = 3, **facts: Any
) -> SessionCancelled:
    """hours: how long before the session started."""
    values: dict[str, Any] = {
        "version": 1,
        "session_id": opportunity.sessions[0].session_id,
        "opportunity_id": opportunity.opportunity_id,
        "session_date": SESSION_DATE,
        "starts_at": STARTS,
        "cancelled_at": STARTS - timedelta(hours=hours),
        "planned_minutes": 120,
        "paid": opportunity.paid,
        "places": tuple(PlaceHeld(place_id=new_id(), participant=each) for each in people),
        "cancelled_by": world.coordinator,
    }
    return SessionCancelled(**{**values, **facts})


async def claim_of(world: World, who: ParticipantRef) -> UUID:
    return (await world.row("SELECT id FROM claims WHERE participant_id = :id", id=who.id)).id


@pytest.mark.parametrize(
    ("seconds_before", "hours", "opens"),
    [(1, 24, True), (24 * 3600 - 1, 24, True), (24 * 3600, 24, False), (0, 24, False), (-5, 24, False), (60, 0, False)],
)
def test_pay_16_a_session_cancelled_within_a_day_opens_claims(seconds_before: int, hours: int, opens: bool):
    rates = Rates(cancelled_within_hours=hours)
    assert opens_claims_when_cancelled(STARTS, STARTS - timedelta(seconds=seconds_before), rates) is opens


async def test_pay_16_everyone_who_had_a_place_is_paid_the_planned_time_and_what_they_spent(world: World):
    one, other = person(), person()
    opportunity = await world.opportunity()
    event = cancelled(world, opportunity, one, other)
    for _ in range(2):
        await world.hear(event)
    assert len(await world.rows("SELECT 1 FROM claims")) == 2
    claim_id = await claim_of(world, one)
    (fee,) = await world.lines(claim_id)
    assert (fee.kind, fee.minutes, fee.amount_pence) == ("participation", 120, 2000)
    (opened,) = await world.events("claim-opened", claim_id)
    assert opened["ground"] == "cancelled-session"
    await world.do(claims.add_expense, claim_id, LineKind.FARE, "Train", 640, by=one.id)
    view = await world.database.read(lambda tx: any_claim(tx, claim_id))
    assert view.ground == "cancelled-session" and view.waiting == 640


async def test_pay_16_a_session_cancelled_in_time_opens_none(world: World):
    await world.hear(cancelled(world, await world.opportunity(), person(), hours=25))
    assert await world.rows("SELECT 1 FROM claims") == []


async def test_pay_16_an_organisation_says_how_late_is_late(world: World):
    await world.do(set_rate, "cancelled_within_hours", SESSION_DATE, 48)
    await world.hear(cancelled(world, await world.opportunity(), person(), hours=25))
    (claim,) = await world.rows("SELECT rates FROM claims")
    assert "cancelled_within_hours" not in claim.rates  # a program before this could not read it


async def test_pay_16_who_was_not_to_be_paid_for_time_may_claim_costs(world: World):
    who = person()
    await world.hear(cancelled(world, await world.opportunity(paid=False), who))
    assert await world.lines(await claim_of(world, who)) == []


async def test_pay_10_who_cancelled_it_does_not_approve_more_than_the_limit(world: World):
    who = person()
    await world.account(who)
    await world.hear(cancelled(world, await world.opportunity(), who, planned_minutes=360))
    claim_id = await claim_of(world, who)
    await world.do(claims.choose_recognition, claim_id, "bank-transfer", by=who.id)
    await world.do(claims.submit_claim, claim_id, by=who.id)
    with pytest.raises(Refused) as refused:
        await world.approve(claim_id, world.coordinator)
    assert "You cancelled this session" in refused.value.reasons[0].text
    assert (await world.approve(claim_id))["state"] == "approved"
    assert await world.broken() == {}


async def test_pay_16_the_opportunity_without_the_session_may_be_heard_first(world: World):
    opportunity, who = await world.opportunity(), person()
    later = opportunity.model_dump() | {"version": 2, "sessions": (), "changed": ("time",), "reason": "Flood"}
    await world.hear(OpportunityChanged(**later))
    await world.hear(cancelled(world, opportunity, who))
    claim_id = await claim_of(world, who)
    assert (await world.database.read(lambda tx: any_claim(tx, claim_id))).starts_at == STARTS


async def test_pay_16_a_session_of_an_unknown_opportunity_waits(world: World):
    opportunity = await world.opportunity()
    with pytest.raises(NotYet):
        await world.hear(cancelled(world, opportunity, person(), opportunity_id=new_id()))
