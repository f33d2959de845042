"""What the events of claims and feedback lead to, in whatever order they come, on real PostgreSQL."""

import random
from datetime import date
from itertools import permutations

import pytest

from services.notifications.queries.needs import tasks_for
from shared.db import new_id
from shared.events.payments import (
    ClaimApproved,
    ClaimClockChanged,
    ClaimDeclined,
    ClaimOverdue,
    ClaimOwedAgain,
    ClaimPaid,
    ClaimRefused,
    ClaimReturned,
    ClaimSubmitted,
)
from shared.web.filters import day
from tests.notifications.changes import words
from tests.notifications.support import (
    Claim,
    World,
    feedback_closed,
    feedback_received,
    listing,
    opportunity_created,
)

# --- claims ---


async def test_pay_06_a_claim_is_told_at_each_step(world: World):
    person = await world.knows()
    published = opportunity_created()
    claim = Claim(published, person)
    await world.hear(published, claim.opened)
    assert await world.open_tasks() == {"confirm-claim"}
    await world.hear(claim.submitted)
    assert await world.open_tasks() == {"approve-claim"}
    await world.hear(claim.approved)
    assert await world.open_tasks() == {"pay-claim"}
    await world.hear(claim.paid)
    assert await world.open_tasks() == set()
    assert [template for _, template, _ in await world.told()] == [
        "claim-approved",
        "claim-opened",
        "claim-paid",
        "opportunity-created",
    ]
    assert await world.broken() == {}


async def test_pay_16_whose_session_was_cancelled_late_reads_of_which_day(world: World):
    person = await world.knows()
    published = opportunity_created()
    claim = Claim(published, person)
    await world.hear(published, claim.opened.model_copy(update={"ground": "cancelled-session"}))
    assert f"on {day(claim.opened.session_date)} so late" in await words(world, "claim-opened")


async def test_pay_16_a_host_that_cancelled_late_is_named_in_the_mail_of_the_claim(world: World):
    person = await world.knows()
    published = listing()
    claim = Claim(published, person)
    await world.hear(published, claim.opened.model_copy(update={"ground": "cancelled-session"}))
    said = await words(world, "claim-opened")
    assert f"We are sorry that SUN cancelled “{published.title}”" in said and "we cancelled" not in said


async def test_pay_12_a_claim_that_the_bank_sent_back_needs_its_owner_again(world: World):
    person = await world.knows()
    published = opportunity_created()
    claim = Claim(published, person)
    await world.hear(published, claim.opened, claim.submitted, claim.approved, claim.other(ClaimReturned, 4))
    assert await world.open_tasks() == {"check-payment-details"}
    await world.hear(claim.approved.model_copy(update={"version": 5}))
    assert await world.open_tasks() == {"pay-claim"}
    await world.hear(claim.can_be_paid)
    [shown] = await world.read(tasks_for, new_id(), {"finance", "approver"})
    assert (shown.kind, shown.about, shown.due_on) == ("pay-claim", claim.id, claim.submitted.pay_by)
    assert [template for _, template, _ in await world.told()].count("claim-approved") == 2


async def test_pay_12_money_that_is_owed_again_is_finances_to_send_and_no_longer_the_payees_to_check(world: World):
    person = await world.knows()
    published = opportunity_created()
    claim = Claim(published, person)
    await world.hear(published, claim.opened, claim.submitted, claim.approved, claim.other(ClaimReturned, 4))
    assert await world.open_tasks() == {"check-payment-details"}
    await world.hear(claim.other(ClaimOwedAgain, 5, amount_pence=2090, because="put-right"))
    assert await world.open_tasks() == {"pay-claim"}


@pytest.mark.parametrize(("kind", "template"), [(ClaimRefused, "claim-refused"), (ClaimDeclined, "claim-declined")])
async def test_pay_08_and_14_a_claim_that_ends_otherwise_is_told_and_settles_every_task(
    world: World, kind: type, template: str
):
    person = await world.knows(channels=["email", "in-app"], opted_out=["claims"])
    published = opportunity_created()
    claim = Claim(published, person)
    await world.hear(published, claim.opened, claim.submitted, claim.other(kind, 3))
    assert await world.open_tasks() == set()
    told = await world.told()
    assert ("Amina", template, "email") in told and ("Amina", template, "in-app") in told


async def test_peo_05_whatever_order_a_claim_s_events_come_in_its_tasks_end_the_same(world: World):
    person = await world.knows()
    published = opportunity_created()
    await world.hear(published)
    orders = list(permutations(range(4)))
    random.Random(5).shuffle(orders)
    for order in orders[:12]:
        claim = Claim(published, person)
        events = [claim.opened, claim.submitted, claim.approved, claim.paid]
        for place in order:
            await world.hear(events[place])
        [row] = await world.rows("SELECT * FROM claims WHERE claim_id = :id", id=claim.id)
        assert (row.state, row.version, row.amount_pence, row.pay_by) == ("paid", 4, 2090, claim.submitted.pay_by), (
            order
        )
        assert await world.open_tasks() == set(), order
        told = await world.rows("SELECT template FROM messages WHERE about = :id", id=claim.id)
        assert "claim-paid" in {row.template for row in told}
        assert len(told) == len({row.template for row in told})
    assert await world.broken() == {}


async def test_pay_07_approvers_hear_of_a_claim_that_is_late(world: World):
    person = await world.knows("Amina")
    await world.knows("Bola", roles=["approver", "coordinator"], channels=["email"])
    published = opportunity_created()
    claim = Claim(published, person)
    await world.hear(published, claim.opened, claim.submitted, claim.overdue)
    assert [told for told in await world.told() if told[1] == "claim-overdue"] == [("Bola", "claim-overdue", "email")]
    assert [(row.overdue, row.state) for row in await world.rows("SELECT overdue, state FROM claims")] == [
        (True, "submitted")
    ]


async def test_pay_07_a_claim_that_was_paid_meanwhile_is_not_called_late(world: World):
    person = await world.knows("Amina")
    await world.knows("Bola", roles=["approver"])
    published = opportunity_created()
    claim = Claim(published, person)
    await world.hear(published, claim.paid, claim.overdue)
    assert [told for told in await world.told() if told[1] == "claim-overdue"] == []


async def test_pay_07_a_claim_may_be_late_before_we_heard_of_it(world: World):
    person = await world.knows("Amina")
    published = opportunity_created()
    claim = Claim(published, person)
    await world.hear(published, claim.overdue, claim.submitted)
    assert await world.open_tasks() == {"approve-claim"}
    [row] = await world.rows("SELECT * FROM claims")
    assert (row.overdue, row.state, row.version, row.amount_pence) == (True, "submitted", 2, 2090)


# --- feedback ---


async def test_fb_02_feedback_is_a_task_until_it_is_answered_and_its_giver_hears(world: World):
    person = await world.knows()
    published = opportunity_created()
    item = feedback_received(published, person)
    await world.hear(published, item)
    assert await world.open_tasks() == {"answer-feedback"}
    await world.hear(feedback_closed(item, "not-used"))
    assert await world.open_tasks() == set()
    assert ("Amina", "feedback-closed", "email") in await world.told()


async def test_fb_02_feedback_answered_before_we_heard_of_it_is_no_task(world: World):
    person = await world.knows()
    item = feedback_received(None, person)
    await world.hear(feedback_closed(item), item)
    assert await world.open_tasks() == set()
    assert await world.told() == [("Amina", "feedback-closed", "email")]


@pytest.mark.parametrize("ending", ["withdrawn", "spam"])
async def test_fb_04_not_every_ending_is_told(world: World, ending: str):
    person = await world.knows()
    item = feedback_received(None, person)
    await world.hear(item, feedback_closed(item, ending))
    assert await world.told() == [] and await world.open_tasks() == set()


@pytest.mark.parametrize(
    ("hear_by", "channels"),
    [("email", ["email"]), ("in-app", ["in-app"]), ("none", []), ("code", []), (None, ["in-app"])],
)
async def test_fb_04_the_answer_comes_in_the_channel_chosen_for_it(
    world: World, hear_by: str | None, channels: list[str]
):
    person = await world.knows(channels=["in-app"])
    item = feedback_received(None, person)
    await world.hear(item, feedback_closed(item, hear_by=hear_by))
    assert [channel for _, _, channel in await world.told()] == channels


async def test_fb_07_feedback_that_is_opened_again_is_a_task_again(world: World):
    item = feedback_received(None, await world.knows())
    again = item.model_copy(update={"version": 3})
    await world.hear(item, feedback_closed(item), again)
    assert await world.open_tasks() == {"answer-feedback"}
    await world.hear(feedback_closed(item, version=4))
    assert await world.open_tasks() == set()
    assert len(await world.told()) == 2


async def test_fb_04_an_anonymous_giver_is_told_by_code_and_not_by_us(world: World):
    item = feedback_received(None, None)
    await world.hear(item, feedback_closed(item))
    assert await world.told() == [] and await world.open_tasks() == set()


async def test_peo_05_a_task_is_settled_by_the_event_that_does_it_and_by_no_other(world: World):
    item, another = feedback_received(None, None), feedback_received(None, None)
    await world.hear(item, another, feedback_closed(another))
    assert [row.about for row in await world.rows("SELECT about FROM tasks WHERE settled_version IS NULL")] == [
        item.item_id
    ]
    await world.hear(feedback_closed(item))
    assert await world.open_tasks() == set()


async def test_pay_12_who_has_heard_that_a_sum_is_paid_does_not_hear_it_again_of_another_payment_of_it(world: World):
    """One of two payments of the same money came back, and the other stands in its place."""
    person = await world.knows("Amina")
    published = opportunity_created()
    claim = Claim(published, person)
    other = {"amount_pence": 2090, "recognition": "bank-transfer", "payment_run_id": new_id(), "heard_before": True}
    await world.hear(published, claim.opened, claim.submitted, claim.approved, claim.paid)
    await world.hear(claim.other(ClaimPaid, 6, **other))
    assert [told[1] for told in await world.told()].count("claim-paid") == 1
    assert [row.state for row in await world.rows("SELECT state FROM claims")] == ["paid"]


# --- what is late (PAY-07) ---


async def part_paid(world: World) -> Claim:
    """Vouchers for the fee are sent; the fare into the bank is still to come."""
    person = await world.knows("Amina")
    await world.knows("Bola", roles=["approver"], channels=["email"])
    published = opportunity_created()
    claim = Claim(published, person)
    rest = {"payment_run_id": new_id(), "rest_pence": 450, "rest_recognition": "bank-transfer"}
    part = claim.other(ClaimPaid, 4, amount_pence=1640, recognition="vouchers", **rest)
    await world.hear(published, claim.opened, claim.submitted, claim.approved, part)
    return claim


async def test_pay_07_approvers_hear_that_the_rest_of_a_claim_that_is_paid_in_part_is_late(world: World):
    claim = await part_paid(world)
    assert [row.state for row in await world.rows("SELECT state FROM claims")] == ["part-paid"]
    await world.hear(claim.other(ClaimOverdue, 5, pay_by=date(2027, 1, 14)))
    assert [told for told in await world.told() if told[1] == "claim-overdue"] == [("Bola", "claim-overdue", "email")]
    assert "chase-claim" in await world.open_tasks()
    await world.hear(claim.other(ClaimPaid, 6, amount_pence=450, recognition="bank-transfer", payment_run_id=new_id()))
    assert "chase-claim" not in await world.open_tasks()


async def test_pay_07_what_is_sent_anew_is_not_late_before_its_new_last_day(world: World):
    person = await world.knows("Amina")
    await world.knows("Bola", roles=["approver"], channels=["email"])
    published = opportunity_created()
    claim = Claim(published, person)
    refused = claim.other(ClaimRefused, 4)
    again = claim.other(ClaimSubmitted, 5, amount_pence=2090, pay_by=date(2027, 2, 14))
    await world.hear(published, claim.opened, claim.submitted, claim.overdue, refused, again)
    assert [(row.overdue, row.pay_by) for row in await world.rows("SELECT overdue, pay_by FROM claims")] == [
        (False, date(2027, 2, 14))
    ]
    await world.hear(claim.other(ClaimOverdue, 6, pay_by=date(2027, 2, 14)))
    assert [told for told in await world.told() if told[1] == "claim-overdue"] == [
        ("Bola", "claim-overdue", "email")
    ] * 2


async def test_pay_07_nor_is_a_part_payment_the_end_of_what_is_late(world: World):
    """As a program before this one kept it: "paid"; and a claim that was late before it was agreed."""
    claim = await part_paid(world)
    await world.write("UPDATE claims SET state = 'paid'")
    await world.hear(claim.other(ClaimOverdue, 5, pay_by=date(2027, 1, 14)))
    assert "chase-claim" in await world.open_tasks()
    await world.hear(claim.other(ClaimClockChanged, 6, stopped=True, pay_by=date(2027, 1, 14)))
    assert "chase-claim" not in await world.open_tasks()


async def test_pay_07_what_was_late_when_it_was_agreed_is_followed_until_it_is_paid(world: World):
    person = await world.knows("Amina")
    published = opportunity_created()
    claim = Claim(published, person)
    late = claim.other(ClaimOverdue, 3, pay_by=date(2027, 1, 14))
    await world.hear(published, claim.opened, claim.submitted, late)
    assert await world.open_tasks() == {"approve-claim"}
    await world.hear(claim.other(ClaimApproved, 4, amount_pence=2090))
    assert await world.open_tasks() == {"pay-claim", "chase-claim"}
