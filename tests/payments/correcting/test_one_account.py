"""PAY-12, PAY-14, PAY-16: a line and another look at it are one account, whatever the bank says of the first and the
register of the time."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.payments.approving.domain import Decision
from services.payments.approving.use_cases import approval, withdrawing
from services.payments.bank_statements.use_cases import choosing
from services.payments.claims.domain.claims import LineKind
from services.payments.claims.use_cases import claims, looking_again, undoing
from services.payments.correcting.use_cases import correcting
from services.payments.paying.use_cases import run_files, runs, sending
from shared.db import new_id
from tests.payments.approving.support import Register, registered
from tests.payments.bank_statements.support import payment_of
from tests.payments.paying.support import camt
from tests.payments.support import PAYER, VAULT, World, brought, person


async def with_fare(world: World, pence: int = 1000) -> Register:
    """A claim of no fee and a fare, sent."""
    who = person()
    event = world.attendance(await world.opportunity(paid=False), who)
    await world.hear(event)
    claim_id = (await world.row("SELECT id FROM claims WHERE attendance_id = :id", id=event.attendance_id)).id
    await world.account(who, 0)
    line_id = UUID(await world.do(claims.add_expense, claim_id, LineKind.FARE, "Train", pence, by=who.id))
    await world.receipt(who, claim_id, line_id)
    await world.do(claims.choose_recognition, claim_id, "bank-transfer", by=who.id)
    await world.do(claims.submit_claim, claim_id, by=who.id)
    return Register(world, event, claim_id)


async def reduce(world: World, claim_id: UUID, pence: int) -> None:
    [line] = await world.lines(claim_id)
    await world.do(approval.approve_claim, claim_id, [Decision(line.id, pence, "Less")], by=new_id())


async def look(world: World, register: Register) -> UUID:
    return UUID(
        await world.do(
            looking_again.ask_for_another_look, register.claim_id, "Please", by=register.event.participant.id
        )
    )


async def taken_out_whole(world: World) -> tuple[Register, Any]:
    """Its whole fare was in a file, was taken out, reduced, and is looked at again."""
    register = await with_fare(world)
    await world.approve(register.claim_id)
    run_id = await world.run()
    await world.do(run_files.fetch_bank_file, run_id, PAYER, VAULT, by=world.finance)
    payment = await payment_of(world, run_id)
    await world.do(runs.cancel_run, run_id, by=world.finance)
    await world.do(withdrawing.withdraw_approval, register.claim_id, "A mistake", by=new_id())
    await reduce(world, register.claim_id, 400)
    return register, payment


async def bank_pays(world: World, payment: Any) -> None:
    data = camt((f"{payment.amount_pence / 100:.2f}", "DBIT", payment.end_to_end_id, ""))
    await world.do(brought, data, by=new_id())
    await world.do(correcting.settle_due_corrections)


async def to_come(world: World) -> int:
    sql = "SELECT coalesce(sum(amount_pence), 0) AS pence FROM payables WHERE state IN ('owed', 'in-run', 'returned')"
    return (await world.row(sql)).pence


async def written(world: World) -> int:
    return (await world.row("SELECT coalesce(sum(pence), 0) AS pence FROM overpayments")).pence


async def test_pay_12_a_fare_that_the_bank_paid_whole_is_not_paid_again_through_another_look(world: World) -> None:
    register, payment = await taken_out_whole(world)
    again = await look(world, register)
    await world.approve(again, new_id())
    await bank_pays(world, payment)
    assert (await world.claim(register.claim_id)).state == "paid"
    claim = await world.claim(again)
    assert (claim.state, claim.refused_because) == ("refused", undoing.BANK.elsewhere)
    assert await to_come(world) == 0
    [event] = await world.events("claim-refused", again)
    assert (event["because"], event["bank_paid"]) == ("register", True)


async def test_pay_12_a_fare_that_the_bank_paid_whole_is_not_asked_for_again(world: World) -> None:
    register, payment = await taken_out_whole(world)
    again = await look(world, register)
    await bank_pays(world, payment)
    assert (await world.claim(again)).state == "refused"


async def sent_beside(world: World) -> tuple[Register, Any, UUID, UUID]:
    """Its look was sent, after somebody had said that the bank did not have the whole."""
    register, payment = await taken_out_whole(world)
    again = await look(world, register)
    await world.approve(again, new_id())
    await world.by_hand(payment.run_id, payment.id, "not-paid")
    part = await world.row("SELECT id FROM payables WHERE claim_id = :id", id=again)
    run_id = UUID(await world.do(runs.make_run, [part.id], looked=True, by=world.finance))
    await world.do(sending.mark_sent, run_id, by=world.finance)
    return register, payment, again, run_id


async def said_to_have_left(world: World, payment: Any) -> None:
    await bank_pays(world, payment)
    for entry in await world.rows("SELECT id FROM bank_entries WHERE state = 'near'"):
        await world.do(choosing.choose, entry.id, payment.id, VAULT, by=new_id())
    await world.do(correcting.settle_due_corrections)


async def test_pay_16_a_fare_that_was_paid_whole_and_again_in_part_is_written_off_once_both_are_paid(
    world: World,
) -> None:
    _, payment, _, run_id = await sent_beside(world)
    await said_to_have_left(world, payment)
    assert await written(world) == 0  # not before it was paid
    await world.take(run_id, await world.answer(run_id))
    await world.do(correcting.settle_due_corrections)
    assert (await written(world), await to_come(world)) == (600, 0)


async def test_pay_17_a_look_that_comes_back_after_the_fare_was_paid_whole_does_not_go_again(world: World) -> None:
    _, payment, again, run_id = await sent_beside(world)
    await said_to_have_left(world, payment)
    await world.take(run_id, await world.answer(run_id, rejected={again: "AM04"}))
    await world.do(correcting.settle_due_corrections)
    assert ((await world.claim(again)).state, await to_come(world), await written(world)) == ("refused", 0, 0)


@pytest.mark.parametrize("agreed", [False, True])
@pytest.mark.parametrize("lowered_first", [False, True])
async def test_pay_14_a_fee_looked_at_while_the_register_was_lower_comes_to_the_whole_once_it_is_raised(
    world: World, lowered_first: bool, agreed: bool
) -> None:
    register = await registered(world)
    await reduce(world, register.claim_id, 500)
    if lowered_first:
        await register.says(minutes=40)
    again = await look(world, register)
    if not lowered_first:
        await register.says(minutes=40)
    if agreed:
        await world.approve(again, new_id())
    await register.says(minutes=90)
    more = await world.rows("SELECT id FROM claims WHERE follows_because = 'correction'")
    if agreed:  # what is not decided yet asks for it itself
        assert [line.amount_pence for line in await world.lines(more[0].id)] == [833]
    else:
        assert [line.amount_pence for line in await world.lines(again)] == [1000]
    assert (
        await world.row(
            "SELECT sum(coalesce(approved_pence, amount_pence)) AS pence FROM claim_lines WHERE state <> 'removed'"
        )
    ).pence - 1500 in (0, 1000)
    await register.says(minutes=90, planned_minutes=119)
    again_more = await world.rows("SELECT 1 FROM claims WHERE follows_because = 'correction'")
    assert len(again_more) == len(more) == (1 if agreed else 0)  # it is asked for once


async def test_pay_14_a_look_that_was_refused_is_not_asked_for_again_when_the_register_is_raised(world: World) -> None:
    register = await registered(world)
    await reduce(world, register.claim_id, 500)
    again = await look(world, register)
    await world.do(approval.refuse_claim, again, "No", by=new_id())
    await register.says(minutes=40)
    await register.says(minutes=90)
    assert await world.rows("SELECT 1 FROM claims WHERE follows_because = 'correction'") == []


async def test_pay_16_a_second_overpayment_at_one_version_of_the_register_is_written_down_too(world: World) -> None:
    register = await registered(world)
    await reduce(world, register.claim_id, 700)
    first = await world.sent_run()
    await world.take(first, await world.answer(first))
    await world.approve(await look(world, register), new_id())
    second = await world.sent_run()
    await register.says(minutes=30)
    assert (await world.row("SELECT overpaid_pence FROM corrections")).overpaid_pence == 200
    await world.take(second, await world.answer(second))
    for _ in range(2):
        await world.do(correcting.settle_due_corrections)
    assert await written(world) == 800


async def test_pay_16_of_two_that_are_paid_one_after_the_other_each_is_written_down(world: World) -> None:
    register = await registered(world)
    await reduce(world, register.claim_id, 700)
    first = await world.sent_run()
    await world.approve(await look(world, register), new_id())
    second = await world.sent_run()
    await register.says(minutes=30)
    for run_id, pence in ((first, 200), (second, 1000)):
        await world.take(run_id, await world.answer(run_id))
        await world.do(correcting.settle_due_corrections)
        assert await written(world) == pence


async def test_pay_14_the_page_of_a_claim_looked_at_beside_names_the_fee_that_is_asked_for_there(world: World) -> None:
    """After its approval is taken back: the rest is in the look."""
    register = await registered(world)
    await reduce(world, register.claim_id, 500)
    await look(world, register)
    await world.do(withdrawing.withdraw_approval, register.claim_id, "A mistake", by=new_id())
    owner = register.event.participant.id
    await world.do(claims.choose_recognition, register.claim_id, "vouchers", by=owner)
    [line] = await world.lines(register.claim_id)
    assert line.amount_pence == 500
    assert (await world.row("SELECT sum(amount_pence) AS pence FROM claim_lines WHERE state = 'ready'")).pence == 1500
    assert await world.rows(str(text("SELECT 1 FROM claim_lines WHERE amount_pence > full_pence"))) == []


async def test_pay_16_a_look_that_has_left_is_decided_again_or_written_off_though_the_first_claim_is_undecided(
    world: World,
) -> None:
    """The first claim was taken back and asks for nothing; what is too much is in the file of its look."""
    register = await registered(world, minutes=90)
    await reduce(world, register.claim_id, 1000)
    other = await look(world, register)
    await world.do(withdrawing.withdraw_approval, register.claim_id, "A mistake", by=new_id())
    await world.approve(other)
    run_id = await world.run()
    await world.fetch(run_id)
    await register.says(minutes=20)
    assert (await world.claim(register.claim_id)).state != "approved" and (await world.claim(other)).correction_due
    assert await world.broken() == {}
    await world.do(runs.cancel_run, run_id, by=world.finance)
    payment = await world.row("SELECT * FROM payments")
    await bank_pays(world, payment)
    await world.do(correcting.settle_due_corrections)
    written = (
        "SELECT coalesce(sum(pence), 0) + (SELECT coalesce(max(overpaid_pence), 0) FROM corrections) AS pence "
        "FROM overpayments"
    )
    assert (await world.row(written)).pence == 500 - 334
