"""PAY-07, PAY-09: what a person holds is not due anywhere, and has the days that were left when it goes on."""

from datetime import timedelta
from itertools import permutations

import pytest

from services.notifications.domain.task_rules import TASKS
from services.notifications.domain.tasks import is_late
from services.notifications.queries.needs import tasks_for
from services.notifications.queries.what_comes import what_came_of_it
from shared.clock import london_datetime
from shared.db import new_id
from shared.events import ParticipantRef
from shared.events.payments import (
    BankDetailsToConfirm,
    BankDetailsWanted,
    ClaimClockChanged,
    ClaimWithdrawn,
    MeetingWanted,
    PersonToConfirm,
)
from tests.notifications.support import Claim, World, opportunity_created


async def due(world: World):
    return [(task.kind, task.due_on) for task in await world.read(tasks_for, new_id(), {"finance", "approver"})]


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_pay_07_what_is_held_is_not_due_until_it_goes_on(world: World, order: tuple[int, ...]):
    published = opportunity_created()
    claim = Claim(published, await world.knows())
    pay_by = claim.submitted.pay_by
    held = claim.other(ClaimClockChanged, 4, stopped=True, pay_by=pay_by)
    events = [claim.submitted, claim.approved, held]
    await world.hear(published, claim.can_be_paid, claim.opened, *[events[place] for place in order])
    assert await due(world) == [("pay-claim", None)]
    later = pay_by + timedelta(days=3)
    await world.hear(claim.other(ClaimClockChanged, 5, stopped=False, pay_by=later))
    assert await due(world) == [("pay-claim", later)]
    assert await world.broken() == {}


async def test_pay_17_a_claim_whose_approval_was_taken_back_goes_to_an_approver_and_its_owner_is_told(world: World):
    published = opportunity_created()
    claim = Claim(published, await world.knows())
    await world.hear(published, claim.opened, claim.submitted, claim.approved)
    withdrawn = claim.other(ClaimWithdrawn, 4, amount_pence=1500, pay_by=claim.submitted.pay_by, because="mistake")
    await world.hear(withdrawn)
    assert await world.open_tasks() == {"approve-claim"}
    assert "claim-withdrawn" in [template for _, template, _ in await world.told()]
    await world.hear(claim.approved.model_copy(update={"version": 5}))
    assert await world.open_tasks() == {"pay-claim"}
    assert await world.broken() == {}


async def test_pay_07_staff_are_asked_by_the_day_that_was_promised_and_it_is_late_after_the_last(world: World):
    published = opportunity_created()
    claim = Claim(published, await world.knows())
    last = claim.submitted.pay_by
    aim = last - timedelta(days=7)
    await world.hear(published, claim.opened, claim.submitted.model_copy(update={"aim_by": aim}))
    [task] = await world.read(tasks_for, new_id(), {"approver"})
    assert (task.due_on, task.last_on) == (aim, last)
    assert not is_late(task, london_datetime(last, 12)) and is_late(task, london_datetime(last + timedelta(days=1), 12))
    later = aim + timedelta(days=3)
    moved = claim.other(ClaimClockChanged, 5, stopped=False, pay_by=last + timedelta(days=3), aim_by=later)
    await world.hear(claim.approved, claim.can_be_paid, moved)
    assert await due(world) == [("pay-claim", later)]


async def test_pay_13_the_first_page_asks_for_details_that_were_set_aside_and_promises_no_day(world: World):
    published = opportunity_created()
    claim = Claim(published, await world.knows())
    who = claim.approved.participant
    await world.hear(published, claim.opened, claim.submitted, claim.approved)
    wanted = BankDetailsWanted(version=1, person_id=who.id, participant=who, waiting=True)
    await world.hear(wanted)
    [task] = await world.read(tasks_for, who.id, set())
    assert (task.kind, TASKS[task.kind].words) == ("give-details", "Tell us your bank details again")
    [outcome] = await world.read(what_came_of_it, who.id)
    assert (outcome.pay_by, outcome.aim_by) == (None, None)
    await world.hear(wanted.model_copy(update={"version": 2, "waiting": False}))
    [outcome] = await world.read(what_came_of_it, who.id)
    assert outcome.pay_by is not None and await world.read(tasks_for, who.id, set()) == []


async def test_pay_13_the_first_page_asks_whom_we_cannot_ring_to_get_in_touch(world: World):
    who = ParticipantRef(kind="person", id=await world.knows(), home="test")
    wanted = MeetingWanted(version=1, person_id=who.id, participant=who, waiting=True)
    await world.hear(wanted)
    [task] = await world.read(tasks_for, who.id, set())
    assert (task.kind, TASKS[task.kind].page) == ("get-in-touch", "/payments/bank-details")
    await world.hear(wanted.model_copy(update={"version": 2, "waiting": False}))
    assert await world.read(tasks_for, who.id, set()) == []


@pytest.mark.parametrize("what", ["person", "account"])
async def test_pay_10_pay_13_the_first_page_promises_no_day_before_somebody_was_rung(world: World, what: str):
    published = opportunity_created()
    claim = Claim(published, await world.knows())
    who, last = claim.approved.participant, claim.submitted.pay_by
    await world.hear(published, claim.opened, claim.submitted, claim.approved)

    def waits(version: int, waiting: bool) -> BankDetailsToConfirm | PersonToConfirm:
        facts = {"version": version, "participant": who, "waiting": waiting, "confirm_by": last}
        return (
            PersonToConfirm(person_id=who.id, **facts)
            if what == "person"
            else BankDetailsToConfirm(details_id=who.id, **facts)
        )

    await world.hear(waits(1, True))
    [outcome] = await world.read(what_came_of_it, who.id)
    assert (outcome.state, outcome.pay_by) == ("approved", None)
    await world.hear(waits(2, False))
    [outcome] = await world.read(what_came_of_it, who.id)
    assert outcome.pay_by == last
