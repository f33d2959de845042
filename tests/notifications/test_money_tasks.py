"""What waits for finance and coordinators, on real PostgreSQL."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.notifications.gateways import task_lines
from services.notifications.queries.needs import tasks_for
from shared.db import new_id
from shared.events import ParticipantRef, network
from shared.events.payments import (
    BankDetailsChanged,
    BankDetailsToConfirm,
    ClaimOverdue,
    ClaimPaid,
    ClaimReturned,
    ClaimWithdrawn,
    MoneyWaits,
    PaymentsPerhapsGone,
    PersonToConfirm,
    StatementAnswered,
    StatementIssued,
)
from shared.messaging.handling import Unfit
from shared.reasons import NotYet
from tests.notifications.changes import words
from tests.notifications.support import Claim, World, feedback_received, listing, opportunity_created, participant
from tests.notifications.test_addressees import seen_by

# --- bank details (PAY-13) ---


@pytest.mark.parametrize(
    "card", [{}, {"channels": ["in-app"]}, {"channels": []}, {"paused": True}, {"opted_out": ["account", "claims"]}]
)
async def test_pay_13_that_bank_details_were_changed_is_told_everywhere_whatever_they_chose(
    world: World, card: dict[str, Any]
):
    person = await world.knows(**card)
    event = BankDetailsChanged(version=1, details_id=new_id(), participant=participant(person))
    event_id = new_id()
    for _ in range(2):
        await world.hear(event, event_id=event_id)
    assert await world.told() == [
        ("Amina", "bank-details-changed", "email"),
        ("Amina", "bank-details-changed", "in-app"),
    ]
    assert "Was it not you?" in (await words(world, "bank-details-changed"))
    assert await world.broken() == {}


# --- what waits for finance and coordinators ---


def statement(statement_id: UUID, to: str = "sun") -> StatementIssued:
    return StatementIssued(version=1, to=to, statement_id=statement_id, month="2026-11", lines=(), total_pence=1500)


def answered(statement_id: UUID, state: Any, version: int, origin: str = "sun") -> network.StatementAnswered:
    return network.StatementAnswered(
        version=version, to="test", statement_id=statement_id, state=state, lines=(), total_pence=1000, origin=origin
    )


async def test_net_03_a_statement_that_the_host_counts_differently_waits_for_finance(world: World):
    statement_id = new_id()
    with pytest.raises(NotYet):
        await world.hear(answered(statement_id, "differs", 2))
    await world.hear(statement(statement_id), statement(statement_id))
    with pytest.raises(Unfit):
        await world.hear(answered(statement_id, "differs", 9, origin="suf"))
    assert await world.open_tasks() == set()
    await world.hear(answered(statement_id, "differs", 2))
    assert await world.open_tasks() == {"look-at-statement"}
    await world.hear(answered(statement_id, "agreed", 3), answered(statement_id, "differs", 2))
    assert await world.open_tasks() == set()
    assert await world.broken() == {}


async def test_net_03_what_we_agreed_to_owe_waits_for_finance_until_it_is_paid(world: World):
    ours = {"to": "viewpoint", "statement_id": new_id(), "lines": (), "total_pence": 1500}
    await world.hear(StatementAnswered(version=1, state="agreed", **ours))
    assert await world.open_tasks() == {"pay-statement"}
    await world.hear(StatementAnswered(version=2, state="settled", **ours))
    assert await world.open_tasks() == set()


async def test_fb_02_a_coordinator_is_not_asked_to_answer_what_the_host_answers_until_it_is_ours(world: World):
    theirs = listing()
    item = feedback_received(theirs, None).model_copy(update={"waiting_for": "provider"})
    with pytest.raises(NotYet):
        await world.hear(item)
    await world.hear(theirs, item)
    assert await world.open_tasks() == set()
    await world.hear(item.model_copy(update={"waiting_for": "us", "version": 2}))
    assert await world.open_tasks() == {"answer-feedback"}


async def test_pay_13_finance_is_asked_to_confirm_details_until_it_is_done(world: World):
    owner, entered_by, confirm_by = await world.knows("Amina"), new_id(), date(2026, 12, 3)
    waits = BankDetailsToConfirm(
        version=1,
        details_id=new_id(),
        participant=ParticipantRef(kind="person", id=owner, home="sun"),
        waiting=True,
        confirm_by=confirm_by,
        not_for=(entered_by,),
    )
    await world.hear(waits, waits)
    [task] = await world.rows("SELECT kind, audience_role, due_on FROM tasks")
    assert (task.kind, task.audience_role, task.due_on) == ("confirm-details", "finance", confirm_by)
    assert await seen_by(world, new_id(), "finance") == [waits.details_id]
    for nobody in (owner, entered_by):
        assert await seen_by(world, nobody, "finance") == []
    await world.hear(waits.model_copy(update={"version": 2, "waiting": False}))
    assert await world.open_tasks() == set()
    assert await world.broken() == {}


async def test_pay_13_approvers_are_asked_where_finance_is_one_person_who_entered_the_details(world: World):
    owner, finance, approver = (
        await world.knows("Amina"),
        await world.knows("Bola", roles=["finance"]),
        await world.knows("Cy", roles=["approver"]),
    )
    participant = ParticipantRef(kind="person", id=owner, home="sun")
    waits = BankDetailsToConfirm(
        version=1,
        details_id=new_id(),
        participant=participant,
        waiting=True,
        confirm_by=date(2026, 12, 3),
        not_for=(finance,),
    )
    await world.hear(waits)
    assert await seen_by(world, approver, "approver") == [waits.details_id]
    await world.hear(waits.model_copy(update={"version": 2, "waiting": False}))
    assert await world.open_tasks() == set()


async def test_pay_13_the_owner_is_asked_for_details_that_were_wrong_and_who_entered_them_hears_of_it(world: World):
    owner, helper = await world.knows("Amina"), await world.knows("Bola", roles=["coordinator"])
    participant = ParticipantRef(kind="person", id=owner, home="sun")
    await world.hear(
        BankDetailsChanged(version=2, details_id=new_id(), participant=participant, set_aside=True, entered_by=helper)
    )
    told = await world.told()
    assert {("Amina", "bank-details-changed", "in-app"), ("Bola", "bank-details-changed", "in-app")} <= set(told)


@pytest.mark.parametrize("finance_is_who_took_them_in", [False, True])
async def test_pay_10_somebody_is_asked_to_ring_a_person_whom_one_of_us_added(
    world: World, finance_is_who_took_them_in: bool
):
    owner, finance, approver = (
        await world.knows("Amina"),
        await world.knows("Bola", roles=["finance"]),
        await world.knows("Cy", roles=["approver"]),
    )
    participant, day = ParticipantRef(kind="person", id=owner, home="sun"), date(2026, 12, 3)
    taker = finance if finance_is_who_took_them_in else new_id()
    waits = PersonToConfirm(
        version=1, person_id=owner, participant=participant, waiting=True, confirm_by=day, not_for=(taker,)
    )
    await world.hear(waits, waits)
    [task] = await world.rows("SELECT kind, audience_role, due_on FROM tasks")
    assert (task.kind, task.audience_role, task.due_on) == ("confirm-person", "finance", day)
    assert await seen_by(world, finance, "finance") == ([] if finance_is_who_took_them_in else [owner])
    assert await seen_by(world, approver, "approver") == ([owner] if finance_is_who_took_them_in else [])
    await world.hear(waits.model_copy(update={"version": 2, "waiting": False}))
    assert await world.open_tasks() == set()
    assert await world.broken() == {}


async def test_pay_10_who_may_not_do_what_waits_does_not_see_it_nor_does_anybody_while_nobody_can(world: World):
    owner, isla, jonas = (
        await world.knows("Amina"),
        await world.knows("Isla", roles=["approver"]),
        await world.knows("Jonas", roles=["finance"]),
    )
    claim = Claim(opportunity_created(), owner)
    await world.hear(opportunity_created(opportunity_id=claim.facts["opportunity_id"]), claim.submitted)
    assert await seen_by(world, isla, "approver") == [claim.id]
    limit = MoneyWaits(version=7, kind="decision", about=claim.id, waiting=True, not_for=(isla,))
    await world.hear(limit, limit.model_copy(update={"version": 6, "not_for": ()}))
    assert await seen_by(world, isla, "approver") == []
    assert await seen_by(world, new_id(), "approver") == [claim.id]
    await world.hear(claim.approved)
    assert await seen_by(world, jonas, "finance") == []  # nobody has said that it can go
    await world.hear(MoneyWaits(version=7, kind="release", about=claim.id, waiting=True, not_for=(isla,)))
    assert await seen_by(world, jonas, "finance") == [claim.id] and await seen_by(world, isla, "finance") == []
    await world.hear(MoneyWaits(version=8, kind="release", about=claim.id, waiting=False))
    assert await seen_by(world, jonas, "finance") == []
    await world.hear(MoneyWaits(version=9, kind="release", about=claim.id, waiting=True))
    assert await seen_by(world, jonas, "finance") == [claim.id]
    assert await world.broken() == {}


async def test_pay_12_a_payment_run_is_a_task_of_finance_until_it_is_sent_and_until_its_payments_ended(world: World):
    run, jonas, sam = (
        new_id(),
        await world.knows("Jonas", roles=["finance"]),
        await world.knows("Sam", roles=["finance"]),
    )
    made = MoneyWaits(version=1, kind="sending", about=run, waiting=True, number=3, due_on=date(2026, 12, 3))
    await world.hear(made, made)
    [task] = await world.read(tasks_for, jonas, {"finance"})
    assert (task_lines.words(task), task.due_on) == ("Payment run 3 is made: send it", date(2026, 12, 3))
    await world.hear(made.model_copy(update={"version": 2, "nothing_leaves": True}))
    [task] = await world.read(tasks_for, jonas, {"finance"})
    assert task_lines.words(task) == "Nothing in payment run 3 can be paid now: take it back"
    await world.hear(made.model_copy(update={"version": 3}))
    assert await world.open_tasks() == {"send-run"}
    await world.hear(made.model_copy(update={"version": 4, "waiting": False}))
    await world.hear(MoneyWaits(version=5, kind="ending", about=run, waiting=True, number=3, not_for=(jonas,)))
    assert await seen_by(world, jonas, "finance") == []
    [task] = await world.read(tasks_for, sam, {"finance"})
    assert task_lines.words(task) == "Payment run 3 was sent: say what was paid"
    await world.hear(MoneyWaits(version=6, kind="ending", about=run, waiting=False, number=3))
    assert await world.open_tasks() == set() and await world.broken() == {}


async def test_pay_17_nobody_decides_what_was_taken_back_in_part_nor_answers_what_is_asked_no_more(world: World):
    """The rest of it stands; one who was asked to check their details has nothing to answer once that part is over."""
    published = opportunity_created()
    claim = Claim(published, await world.knows("Amina"))
    await world.hear(published, claim.opened, claim.submitted, claim.approved, claim.other(ClaimReturned, 4))
    pay_by = claim.submitted.pay_by
    rest = {"amount_pence": 450, "pay_by": pay_by, "because": "register", "in_part": True}
    await world.hear(claim.other(ClaimWithdrawn, 5, **rest, asks_owner=True))
    assert await world.open_tasks() == {"check-payment-details"}
    await world.hear(claim.other(ClaimWithdrawn, 6, **rest))
    assert await world.open_tasks() == set()
    await world.hear(claim.other(ClaimReturned, 7))
    paid = {"amount_pence": 450, "recognition": "bank-transfer", "payment_run_id": new_id()}
    to_come = {"rest_pence": 1500, "rest_recognition": "vouchers"}
    await world.hear(claim.other(ClaimPaid, 8, **paid, **to_come, asks_owner=True))
    assert await world.open_tasks() == {"check-payment-details"}
    await world.hear(claim.other(ClaimPaid, 9, **paid, **to_come))
    assert await world.open_tasks() == set()
    await world.hear(claim.other(ClaimOverdue, 10, pay_by=pay_by))
    await world.hear(claim.other(ClaimWithdrawn, 11, **rest))
    assert await world.open_tasks() == {"chase-claim"}  # somebody still waits for the rest
    await world.hear(claim.other(ClaimWithdrawn, 12, **rest, rest_to_come=False))
    assert await world.open_tasks() == set() and await world.broken() == {}


async def test_pay_12_finance_is_asked_to_look_at_the_account_until_it_is_known_what_the_bank_paid(world: World):
    run_id, look_by = new_id(), date(2026, 12, 3)
    events = [
        PaymentsPerhapsGone(version=version, run_id=run_id, waiting=waiting, look_by=look_by)
        for version, waiting in ((1, 2), (2, 1), (3, 0))
    ]
    await world.hear(events[0], events[0])
    assert await world.open_tasks() == {"look-for-payments"}
    [task] = await world.rows("SELECT audience_role, due_on, about FROM tasks")
    assert (task.audience_role, task.due_on, task.about) == ("finance", look_by, run_id)
    await world.hear(events[2], events[1])
    assert await world.open_tasks() == set()
    assert await world.broken() == {}
