"""A session was moved shortly before it was to start, and whoever comes may have lost a fare (PAY-16)."""

from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from services.payments.claims.queries.claims import any_claim
from services.payments.policy.domain import Rates, fares_may_be_lost
from services.payments.policy.use_cases import set_rate
from shared.clock import moment
from shared.events.opportunities import OpportunityChanged, OpportunityCreated, SessionChanged
from shared.identity import Role
from shared.reasons import NotYet
from tests.payments.claims.test_cancelled_sessions import STARTS, cancelled, claim_of
from tests.payments.site import site_on
from tests.payments.support import SESSION_DATE, World, person


def moved(
    of: OpportunityCreated, was: datetime, hours: float, version: int = 2, days: int = 2, at: int = 1
) -> SessionChanged:
    """hours: how long before it was to start; days: by how many it was moved. at: the opportunity's version."""
    session = of.sessions[0]
    return SessionChanged(
        version=version,
        session_id=session.session_id,
        opportunity_id=of.opportunity_id,
        opportunity_version=at,
        starts_at=was + timedelta(days=days),
        ends_at=was + timedelta(days=days, hours=2),
        venue="Online",
        was_starts_at=was,
        was_ends_at=was + timedelta(hours=2),
        moved_at=was - timedelta(hours=hours),
    )


async def moved_from(world: World, of: OpportunityCreated) -> datetime | None:
    return await world.value(
        "SELECT moved_late_from FROM sessions WHERE session_id = :id", id=of.sessions[0].session_id
    )


@pytest.mark.parametrize(
    ("hours_before", "days", "lost"), [(3, 2, True), (3, -1, True), (3, 0, False), (24, 2, False), (23.9, 2, True)]
)
def test_pay_16_fares_may_be_lost_by_a_late_move_to_another_time(hours_before: float, days: int, lost: bool):
    to, moved_at = STARTS + timedelta(days=days), STARTS - timedelta(hours=hours_before)
    assert fares_may_be_lost(STARTS, to, moved_at, Rates()) is lost


async def test_pay_16_the_latest_start_from_which_it_was_moved_late_is_kept_in_every_order(world: World):
    later = STARTS + timedelta(days=2)
    for order in permutations(range(3)):
        of = await world.opportunity()
        events = [moved(of, STARTS, 3), moved(of, later, 5, 3), moved(of, later + timedelta(days=2), 99, 4)]
        for each in order:
            await world.hear(events[each], events[each])
        assert await moved_from(world, of) == later, order


async def test_pay_16_an_organisation_says_how_late_a_move_is(world: World):
    await world.do(set_rate, "cancelled_within_hours", SESSION_DATE, 48)
    of = await world.opportunity()
    await world.hear(moved(of, STARTS, 25))
    assert await moved_from(world, of) == STARTS


async def test_pay_16_a_move_waits_for_its_opportunity_and_outlives_its_changes(world: World):
    of = await world.opportunity()
    move = moved(of, STARTS, 3, at=2)
    with pytest.raises(NotYet):
        await world.hear(move)
    later = of.sessions[0].model_copy(update={"starts_at": move.starts_at, "ends_at": move.ends_at})
    facts: dict[str, Any] = of.model_dump() | {
        "version": 2,
        "sessions": (later,),
        "changed": ("time",),
        "reason": "A flood",
    }
    said = OpportunityChanged(**facts)
    await world.hear(said, move, said.model_copy(update={"version": 3}))
    assert await moved_from(world, of) == STARTS


async def test_pay_16_a_session_that_is_gone_is_not_moved(world: World):
    of = await world.opportunity()
    facts: dict[str, Any] = of.model_dump() | {"version": 2, "sessions": (), "changed": ("time",), "reason": "A flood"}
    await world.hear(OpportunityChanged(**facts), moved(of, STARTS, 3))
    assert await world.rows("SELECT 1 FROM sessions") == []


async def test_pay_16_whoever_comes_reads_that_a_lost_fare_counts(service_database: Any, folder: Path):
    async with site_on(service_database("payments"), folder) as world:
        who, other = person(), person()
        of = await world.opportunity()
        await world.hear(moved(of, STARTS, 3), world.attendance(of, who))
        claim_id = await claim_of(world, who)
        mine = world.visitor(Role.PARTICIPANT, person_id=who.id)
        said = f"This was moved shortly before it was to start, on {moment(STARTS)}."
        assert said in (await mine.get(f"/payments/claims/{claim_id}")).text
        approver = world.visitor(Role.APPROVER)
        assert "Travel for that time counts too." in (await approver.get(f"/payments/approve/{claim_id}")).text
        await world.hear(cancelled(world, of, other))
        mine = world.visitor(Role.PARTICIPANT, person_id=other.id)
        shown = (await mine.get(f"/payments/claims/{await claim_of(world, other)}")).text
        assert "This was moved" not in shown and "This was cancelled" in shown
        view = await world.read(any_claim, claim_id)
        assert view.moved_late_from == STARTS
