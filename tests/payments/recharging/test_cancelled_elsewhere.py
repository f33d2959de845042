"""A host cancels a session shortly before it starts: our people are paid at home, at the rate that it advertised, and
the host pays back what it offered (PAY-16, NET-03)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from services.payments.claims.queries.claims import any_claim
from services.payments.policy.use_cases import set_rate
from shared.db import new_id
from shared.events import ParticipantRef, network
from shared.events.opportunities import OpportunityCreated, PlaceHeld, SessionCancelled
from shared.reasons import NotYet
from tests.payments.network import HOME, HOST, Guest, Region
from tests.payments.support import SESSION_DATE, person


@dataclass(frozen=True)
class Cancelled:
    """One session of the host with one guest: who it is at home, and the event on each side."""

    who: ParticipantRef
    guest_id: UUID
    there: SessionCancelled
    here: SessionCancelled


def cancelled(of: OpportunityCreated, *, hours: float = 3) -> Cancelled:
    """hours: how long before the session started."""
    session, guest_id, who = of.sessions[0], new_id(), person()
    guest = ParticipantRef(kind="guest", id=guest_id, home=HOME)
    there = SessionCancelled(
        version=2,
        session_id=session.session_id,
        opportunity_id=of.opportunity_id,
        session_date=SESSION_DATE,
        starts_at=session.starts_at,
        cancelled_at=session.starts_at - timedelta(hours=hours),
        planned_minutes=120,
        paid=True,
        places=(),
        guests=(PlaceHeld(place_id=new_id(), participant=guest),),
        cancelled_by=new_id(),
    )
    here = there.model_copy(
        update={
            "session_id": network.local_id(HOST, session.session_id),
            "opportunity_id": network.local_id(HOST, of.opportunity_id),
            "places": (PlaceHeld(place_id=new_id(), participant=who, guest_id=guest_id),),
            "guests": (),
            "cancelled_by": network.organisation_id(HOST),
            "host": HOST,
            "host_opportunity_id": of.opportunity_id,
            "host_session_id": session.session_id,
        }
    )
    return Cancelled(who, guest_id, there, here)


async def guest_with_claim(region: Region, at_home: Cancelled) -> Guest:
    """As the rest of the tests of recharges know a guest."""
    claim = await region.home.row("SELECT id, attendance_id FROM claims WHERE participant_id = :id", id=at_home.who.id)
    session, ids = at_home.there.session_id, (at_home.there.opportunity_id, at_home.here.opportunity_id)
    host_attendance = uuid5(session, str(at_home.guest_id))
    no_line: Any = None  # of a register
    known = at_home.who, at_home.guest_id, ids[0], host_attendance, ids[1], claim.attendance_id, claim.id
    return Guest(*known, no_line, no_line)


async def test_pay_16_home_pays_the_planned_time_at_the_hosts_rate_and_the_host_pays_it_back(region: Region):
    it = cancelled(await region.shared(rate_pence=1200, funding="fees-and-expenses", cap=500))
    for _ in range(2):
        await region.host.hear(it.there)
        await region.home.hear(it.here)
    assert await region.host.rows("SELECT 1 FROM claims") == []
    guest = await guest_with_claim(region, it)
    view = await region.home.read(any_claim, guest.claim_id)
    assert (view.ground, view.row.id) == ("cancelled-session", guest.claim_id)
    (fee,) = await region.home.lines(guest.claim_id)
    assert (fee.minutes, fee.amount_pence) == (120, 2400)
    await region.paid(guest, fare_pence=300)
    await region.carry()
    for world in (region.home, region.host):
        recharge = await region.recharge(world)
        assert (recharge.fee_pence, recharge.expenses_pence, recharge.state) == (2400, 300, "accepted")
    assert await region.totals() == (2700, 2700)
    await region.month_ends()
    assert (await region.statement(region.host)).pence == 2700


async def test_pay_16_what_a_host_does_not_fund_home_pays_and_asks_nobody(region: Region):
    it = cancelled(await region.shared(funding="none"))
    await region.host.hear(it.there)
    await region.home.hear(it.here)
    guest = await guest_with_claim(region, it)
    await region.paid(guest)
    await region.carry()
    assert await region.totals() == (0, 0)


async def test_pay_16_a_host_that_pays_for_less_late_ones_refuses_and_home_bears_it(region: Region):
    await region.host.do(set_rate, "cancelled_within_hours", SESSION_DATE, 2)
    it = cancelled(await region.shared(), hours=3)
    await region.host.hear(it.there)
    await region.home.hear(it.here)
    guest = await guest_with_claim(region, it)
    await region.paid(guest)
    await region.carry()
    recharge = await region.recharge(region.home)
    assert (recharge.state, recharge.because) == ("refused", "not-present")
    assert await region.totals() == (0, 0)


async def test_pay_16_a_session_that_a_host_cancelled_in_time_opens_no_claim(region: Region):
    it = cancelled(await region.shared(), hours=25)
    await region.host.hear(it.there)
    await region.home.hear(it.here)
    assert await region.home.rows("SELECT 1 FROM claims") == []
    assert await region.home.rows("SELECT 1 FROM attendances") == []


async def test_net_03_the_recharge_may_come_before_the_hosts_own_word_and_twice(region: Region):
    it = cancelled(await region.shared())
    await region.home.hear(it.here)
    await region.paid(await guest_with_claim(region, it))
    ((subject, recharge),) = await region.waiting(HOME)
    with pytest.raises(NotYet):
        await region.hear(HOST, subject, recharge)
    for _ in range(2):
        await region.host.hear(it.there)
        await region.hear(HOST, subject, recharge)
    await region.carry()
    found = await region.host.rows("SELECT state FROM recharges WHERE guest_id = :id", id=it.guest_id)
    assert [row.state for row in found] == ["accepted"]


async def test_net_03_a_program_of_a_version_before_names_no_guests(region: Region):
    it = cancelled(await region.shared())
    before = it.there.model_dump(exclude={"guests", "host", "host_session_id", "host_opportunity_id"})
    await region.host.hear(SessionCancelled(**before))
    assert await region.host.rows("SELECT 1 FROM attendances") == []
