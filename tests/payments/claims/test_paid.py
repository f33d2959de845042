"""From an approved claim to the account of its owner, and back (PAY-10, PAY-11, PAY-12, PAY-13)."""

from datetime import date
from uuid import UUID

import pytest

from services.payments.claims.use_cases import claims
from services.payments.paying.use_cases import answers, runs, sending
from shared.reasons import Refused
from tests.payments.claims.support import rules_of
from tests.payments.support import World, person

# PAY-11, 12


async def test_pay_12_a_claim_is_paid_once_and_the_ledger_says_so(world: World) -> None:
    claim_id = await world.approved(person(), miles=12)
    run_id = await world.sent_run()
    assert await world.take(run_id, await world.answer(run_id)) == {"paid": 1, "rejected": 0, "again": False}
    assert (await world.claim(claim_id)).state == "paid"
    [paid] = await world.events("claim-paid", claim_id)
    assert (paid["amount_pence"], paid["recognition"], paid["payment_run_id"]) == (2040, "bank-transfer", str(run_id))
    assert (await world.row("SELECT state FROM payment_runs")).state == "confirmed"
    balances = {
        row.account: row.pence
        for row in await world.rows("SELECT account, sum(pence)::int AS pence FROM postings GROUP BY account")
    }
    assert balances == {
        "participation-expense": 1500,
        "travel-expense": 540,
        "participant-payable": 0,
        "payments-in-transit": 0,
        "bank": -2040,
        "budget-free": -2040,
        "budget-committed": 0,
        "budget-spent": 2040,
    }


async def test_pay_12_the_same_answer_again_changes_nothing_and_says_so(world: World) -> None:
    await world.approved(person())
    run_id = await world.sent_run()
    answer = await world.answer(run_id)
    await world.take(run_id, answer)
    assert await world.take(run_id, answer) == {"paid": 1, "rejected": 0, "again": True}
    assert await world.take(run_id, answer, b"the same, saved again") == {"paid": 0, "rejected": 0, "again": False}
    assert len(await world.events("claim-paid")) == 1


async def test_pay_12_a_rejected_payment_returns_to_its_claim_and_goes_again(world: World) -> None:
    who = person()
    claim_id = await world.approved(who)
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id, rejected={claim_id: "AC04"}))
    claim = await world.claim(claim_id)
    assert (claim.state, claim.stopped_on) == ("returned", date(2026, 11, 23))
    assert len(await world.events("claim-returned", claim_id)) == 1
    assert (await world.row("SELECT state, reason_code FROM payables")) == ("returned", "AC04")
    with pytest.raises(Refused):
        await world.run()
    world.move(days=2)
    await world.do(claims.answer_return, claim_id, by=who.id)
    assert (await world.claim(claim_id)).pay_by == date(2026, 12, 9)
    again = await world.sent_run()
    await world.take(again, await world.answer(again))
    assert (await world.claim(claim_id)).state == "paid"
    assert len(await world.events("claim-paid", claim_id)) == 1


async def test_pay_12_what_is_ours_to_mend_needs_nothing_of_the_person(world: World) -> None:
    claim_id = await world.approved(person())
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id, rejected={claim_id: "AM04"}))
    assert (await world.claim(claim_id)).state == "approved"
    assert await world.events("claim-returned") == []
    await world.run()


async def test_pay_12_an_answer_before_the_run_was_sent_pays_nothing_and_is_looked_at(world: World) -> None:
    await world.approved(person())
    run_id = await world.run()
    taken = await world.do(answers.apply_answer, run_id, await world.answer(run_id), b"file", by=world.second)
    payment = await world.row("SELECT state, end_to_end_id FROM payments")
    assert (payment.state, taken["paid"], taken["went_out"]) == ("made", 0, [payment.end_to_end_id])


async def test_pay_12_vouchers_end_when_finance_says_that_they_were_sent_once(world: World) -> None:
    claim_id = await world.approved(person(), recognition="vouchers", minutes=75)
    run_id = await world.sent_run()
    payment = await world.row("SELECT id FROM payments")
    await world.by_hand(run_id, payment.id, "handed-over")
    with pytest.raises(Refused):
        await world.by_hand(run_id, payment.id, "handed-over")
    [paid] = await world.events("claim-paid", claim_id)
    assert (paid["amount_pence"], paid["recognition"]) == (1250, "vouchers")


async def test_pay_12_a_run_taken_back_frees_what_was_in_it(world: World) -> None:
    await world.approved(person())
    run_id = await world.run()
    await world.do(runs.cancel_run, run_id, by=world.finance)
    second = await world.sent_run()
    with pytest.raises(Refused):
        await world.do(runs.cancel_run, second, by=world.finance)


async def test_pay_10_nobody_approves_and_releases_one_claim(world: World) -> None:
    await world.approved(person())
    with pytest.raises(Refused):
        await world.run(world.approver)
    run_id = await world.run()
    with pytest.raises(Refused) as refused:
        await world.do(sending.mark_sent, run_id, by=world.approver)
    assert rules_of(refused) == ["PAY-10"]
    await world.do(sending.mark_sent, run_id, by=world.finance)
    with pytest.raises(Refused):
        await world.do(sending.mark_sent, run_id, by=world.finance)


async def test_the_way_of_a_claim_is_told_by_its_steps(world: World) -> None:
    claim_id = await world.approved(person())
    run_id = await world.run()
    await world.fetch(run_id)
    await world.do(sending.mark_sent, run_id, by=world.finance)
    await world.take(run_id, await world.answer(run_id))
    told = [
        row.what for row in await world.rows("SELECT what FROM steps WHERE about = :id ORDER BY at, id", id=claim_id)
    ]
    assert told == [
        "claim-opened",
        "fee-filled-in",
        "recognition-chosen",
        "claim-submitted",
        "ledger-approved",
        "claim-approved",
        "put-into-payment-run",
        "bank-details-read",
        "bank-file-fetched",
        "ledger-sent",
        "payment-sent",
        "ledger-confirmed",
        "claim-paid",
    ]


# PAY-13


async def test_pay_13_a_change_of_bank_details_is_said_so_that_its_owner_is_told_by_another_channel(
    world: World,
) -> None:
    who = person()
    await world.account(who, 0)
    await world.account(who, 0)
    assert await world.events("bank-details-changed") == []
    await world.account(who, 1)
    await world.account(who, 1)
    [changed] = await world.events("bank-details-changed")
    assert set(changed) == {"version", "details_id", "participant", "set_aside", "entered_by", "first"}
    assert (changed["set_aside"], changed["entered_by"]) == (False, None)
    assert changed["participant"]["id"] == str(who.id)
    assert (
        await world.row("SELECT state FROM bank_details WHERE id = :id", id=UUID(changed["details_id"]))
    ).state == "unconfirmed"
