"""What the events say of a claim, so that what its owner reads is true (PAY-08, PAY-09, PAY-12, PAY-14)."""

from uuid import UUID

import pytest

from services.payments.domain.claims import LineKind
from services.payments.gateways.vault import AccountDetails
from services.payments.use_cases import bank_details, claims, records
from shared.db import Transaction, new_id
from shared.events import ParticipantRef
from tests.payments.support import ACCOUNTS, VAULT, World, person
from tests.payments.test_doubts import came_back


async def test_pay_12_the_rest_of_what_the_bank_paid_all_the_same_can_be_opened(world: World) -> None:
    who = person()
    claim_id = await world.approved(who)
    row = await world.claim(claim_id)

    async def work(tx: Transaction) -> None:
        attendance = await records.attendance_of(tx, row.attendance_id)
        await records.open_claim(tx, attendance, follows=claim_id, because="rest", recognition="bank-transfer")

    await world.hear(work)
    opened = (await world.events("claim-opened"))[-1].body
    assert (opened["because"], opened["else_because"]) == ("", "rest")


async def test_pay_08_a_claim_that_was_opened_again_says_so(world: World) -> None:
    who = person()
    claim_id = await world.opened(who)
    await world.do(who.id, lambda tx: claims.decline_claim(tx, claim_id))
    await world.do(who.id, lambda tx: claims.reopen_claim(tx, claim_id))
    assert [event.body["else_because"] for event in await world.events("claim-opened", claim_id)] == ["", "reopened"]


@pytest.mark.parametrize("held", [True, False])
async def test_pay_09_an_approval_says_whether_its_owner_holds_the_payment(world: World, held: bool) -> None:
    who = person()
    claim_id = await world.submitted(who)
    if held:
        await world.do(who.id, lambda tx: claims.hold_payment(tx, claim_id, True))
    await world.approve(claim_id)
    [approved] = await world.events("claim-approved", claim_id)
    assert approved.body["on_hold"] is held


async def vouchers_and_bank(world: World) -> tuple[ParticipantRef, UUID]:
    """Sent: the fee is thanked in vouchers, the fare goes to the bank."""
    who = person()
    claim_id = await world.opened(who)
    await world.account(who)
    line = UUID(await world.do(who.id, lambda tx: claims.add_expense(tx, claim_id, LineKind.FARE, "Bus", 450)))
    await world.receipt(who, claim_id, line)
    await world.do(who.id, lambda tx: claims.choose_recognition(tx, claim_id, "vouchers"))
    await world.do(who.id, lambda tx: claims.submit_claim(tx, claim_id))
    return who, claim_id


async def test_pay_08_a_part_that_is_paid_says_what_is_still_to_come(world: World) -> None:
    _, claim_id = await vouchers_and_bank(world)
    await world.approve(claim_id)
    run_id = await world.sent_run()
    by_way = {row.method: row for row in await world.rows("SELECT * FROM payments WHERE run_id = :id", id=run_id)}
    await world.by_hand(run_id, by_way["vouchers"].id, "handed-over")
    await world.by_hand(run_id, by_way["bank-transfer"].id, "paid")
    said = [event.body for event in await world.events("claim-paid", claim_id)]
    assert [(each["recognition"], each["rest_pence"], each["rest_recognition"]) for each in said] == [
        ("vouchers", 450, "bank-transfer"),
        ("bank-transfer", 0, None),
    ]


async def test_pay_07_a_new_account_after_a_return_is_their_answer_and_the_clock_runs_while_we_owe_the_ringing(world: World) -> None:
    register = await came_back(world)
    who = register.event.participant
    assert (await world.claim(register.claim_id)).stopped_on is not None
    await world.do(who.id, lambda tx: bank_details.give_details(tx, who, AccountDetails("Alex Example", *ACCOUNTS[-1]), VAULT))
    claim = await world.claim(register.claim_id)
    assert (claim.state, claim.stopped_on) == ("approved", None)
    assert [event.body["because"] for event in await world.events("claim-owed-again", claim.id)] == ["put-right"]
    with pytest.raises(Exception, match="PAY-12"):
        await world.run()  # nothing leaves before it is confirmed
    details = await world.row("SELECT id FROM bank_details WHERE participant_id = :id AND state = 'unconfirmed'", id=who.id)
    await world.do(new_id(), lambda tx: bank_details.confirm_details(tx, details.id, "in-person"))
    await world.sent_run()
    assert await world.broken() == {}
