"""PAY-17: what is approved and not yet paid can be withdrawn, by a correction of the register or by hand; and whoever
corrects or helps does not decide."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.approving.use_cases import withdrawing
from services.payments.claims.use_cases import claims, undoing
from services.payments.correcting.use_cases import correcting
from services.payments.paying.use_cases import answers, runs, sending
from services.payments.policy import use_cases as figures
from shared.db import new_id
from shared.reasons import Refused
from tests.payments.approving.support import Register, owed, registered, text_of
from tests.payments.bank_statements.support import payment_of
from tests.payments.paying.support import camt
from tests.payments.support import SESSION_DATE, World, brought, person

# The register


async def test_pay_17_a_register_put_right_after_approval_is_not_paid_at_the_old_sum(world: World) -> None:
    register = await registered(world, minutes=200)
    await world.approve(register.claim_id)
    assert await owed(world) == 3334
    await register.says(minutes=20)
    claim = await world.claim(register.claim_id)
    assert (claim.state, claim.withdrawn_because) == ("submitted", undoing.REGISTER.again)
    assert await owed(world) == 0
    [event] = await world.events("claim-withdrawn", register.claim_id)
    assert (event["amount_pence"], event["because"]) == (3334, "register")
    assert (
        await world.row("SELECT overpaid_pence FROM corrections")
    ).overpaid_pence == 0  # not before it was paid (PAY-16)
    await world.approve(register.claim_id)
    assert await owed(world) == 334
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id))
    assert (await world.claim(register.claim_id)).state == "paid"
    assert (await world.row("SELECT sum(amount_pence) AS pence FROM payments WHERE state = 'paid'")).pence == 334
    assert [row.what for row in await world.rows("SELECT what FROM journal ORDER BY created_at")] == [
        "approved",
        "reversed",
        "approved",
        "sent",
        "confirmed",
    ]


async def test_pay_17_who_was_not_there_after_all_is_not_paid_for_travel_either(world: World) -> None:
    register = await registered(world, miles=10)
    await world.approve(register.claim_id)
    await register.says(present=False, minutes=0)
    assert (await world.claim(register.claim_id)).state == "refused"
    assert await owed(world) == 0
    assert len(await world.events("claim-refused", register.claim_id)) == 1


async def test_pay_17_a_run_that_was_made_does_not_pay_the_old_sum(world: World) -> None:
    register = await registered(world, minutes=200)
    await world.approve(register.claim_id)
    run_id = await world.run()
    await register.says(minutes=20)
    assert (await world.claim(register.claim_id)).state == "submitted"
    with pytest.raises(Refused, match="PAY-17"):
        await world.do(sending.mark_sent, run_id, by=world.finance)
    await world.do(runs.cancel_run, run_id, by=world.finance)
    await world.approve(register.claim_id)
    assert await owed(world) == 334


# While its file may be at the bank


@pytest.mark.parametrize("how", ["taken back", "made again"])
async def test_pay_17_what_the_bank_may_have_is_taken_back_only_once_finance_has_stopped_it(
    world: World, how: str
) -> None:
    claim_id = await world.approved(person())
    run_id = await world.run()
    await world.fetch(run_id)
    with pytest.raises(Refused) as refused:
        await world.do(withdrawing.withdraw_approval, claim_id, "A mistake", by=new_id())
    assert "Ask finance to stop it" in refused.value.reasons[0].text
    if how == "taken back":
        await world.do(runs.cancel_run, run_id, by=world.finance)
    else:  # the bank may have the earlier file until somebody has looked
        await world.do(runs.make_anew, run_id, by=world.finance)
        with pytest.raises(Refused, match="PAY-17"):
            await world.do(withdrawing.withdraw_approval, claim_id, "A mistake", by=new_id())
        await world.do(answers.confirm_not_gone, run_id, by=world.second)
    await world.do(withdrawing.withdraw_approval, claim_id, "A mistake", by=new_id())
    assert (await world.claim(claim_id)).state == "submitted"


async def at_the_bank(world: World) -> tuple[Register, UUID]:
    """A file that the bank has, and a register that was put right to less since."""
    register = await registered(world, minutes=200)
    await world.approve(register.claim_id)
    run_id = await world.run()
    await world.fetch(run_id)
    await register.says(minutes=20)
    claim = await world.claim(register.claim_id)
    assert (claim.state, claim.correction_due) == ("approved", True)
    with pytest.raises(Refused):
        await world.do(sending.mark_sent, run_id, by=world.finance)
    return register, run_id


@pytest.mark.parametrize("says", ["paid", "AM04", "AC04"])
async def test_pay_17_a_payment_taken_back_while_its_file_is_at_the_bank_is_neither_lost_nor_paid_twice(
    world: World, says: str
) -> None:
    """Paid after all: it is written off. Not paid: it is decided again at what the register says, and goes once."""
    register, run_id = await at_the_bank(world)
    await world.do(sending.mark_sent, run_id, knows_of_changes=True, by=world.finance)
    await world.take(run_id, await world.answer(run_id, rejected={} if says == "paid" else {register.claim_id: says}))
    await world.do(correcting.settle_due_corrections)
    claim = await world.claim(register.claim_id)
    if says == "paid":
        assert claim.state == "paid" and (await world.row("SELECT pence FROM overpayments")).pence == 3000
        with pytest.raises(Refused):
            await world.run()
        return
    assert claim.state == "submitted"
    await world.approve(register.claim_id)
    assert await owed(world) == 334


async def test_pay_17_a_file_that_the_bank_never_got_is_made_anew_without_it(world: World) -> None:
    register, run_id = await at_the_bank(world)
    assert await world.do(runs.make_anew, run_id, by=world.finance) == 1
    await world.do(correcting.settle_due_corrections)
    assert (await world.claim(register.claim_id)).state == "submitted"
    await world.approve(register.claim_id)
    assert await owed(world) == 334


@pytest.mark.parametrize("names", ["the payment", "the file"])
async def test_pay_17_a_statement_that_names_what_was_not_sent_is_shown_to_finance(world: World, names: str) -> None:
    await world.approved(person())
    run_id = await world.run()
    await world.fetch(run_id)
    reference = (
        await world.row("SELECT end_to_end_id, message_id FROM payments JOIN payment_runs ON payment_runs.id = run_id")
    )[names == "the file"]
    done = await world.do(brought, camt(("15.00", "DBIT", reference, "")), by=world.second)
    assert (done["paid"], done["near"], done["others"]) == (0, 1, 0)
    assert (await world.row("SELECT because FROM bank_entries")).because == "state"


# After it was sent


@pytest.mark.parametrize("code", ["AM04", "AC04"])
async def test_pay_17_what_comes_back_from_the_bank_is_decided_again_at_what_the_register_says_now(
    world: World, code: str
) -> None:
    register = await registered(world, minutes=200)
    await world.approve(register.claim_id)
    run_id = await world.sent_run()
    await register.says(minutes=20)
    assert (await world.claim(register.claim_id)).state == "approved"
    assert (await world.row("SELECT overpaid_pence FROM corrections")).overpaid_pence == 0
    await world.take(run_id, await world.answer(run_id, rejected={register.claim_id: code}))
    with pytest.raises(Refused, match=r"PAY-12|PAY-17"):
        await world.run()
    await world.do(correcting.settle_due_corrections)
    assert (await world.claim(register.claim_id)).state == "submitted"
    await world.approve(register.claim_id)
    assert await owed(world) == 334


@pytest.mark.parametrize("how", ["refused", "came back", "came back for its account"])
@pytest.mark.parametrize("left", [{"present": False, "minutes": 0}, {"minutes": 20}])
async def test_pay_17_nobody_is_promised_or_asked_about_what_the_register_took_while_the_bank_had_it(
    world: World, how: str, left: dict[str, Any]
) -> None:
    """What is left of it is decided again. Only then is its owner asked about the account."""
    register = await registered(world, minutes=200)
    await world.approve(register.claim_id)
    run_id = await world.sent_run()
    await register.says(**left)
    if how == "refused":
        await world.take(run_id, await world.answer(run_id, rejected={register.claim_id: "AC04"}))
    else:
        await world.take(run_id, await world.answer(run_id))
        payment = await payment_of(world, run_id)
        await world.by_hand(run_id, payment.id, "came-back" + "-details" * how.endswith("account"))
    for name in ("claim-returned", "claim-owed-again"):
        assert await world.events(name, register.claim_id) == []
    await world.do(correcting.settle_due_corrections)
    claim = await world.claim(register.claim_id)
    assert claim.state == ("submitted" if left.get("present", True) else "refused")
    assert await world.broken() == {}
    told = [await world.events(name, register.claim_id) for name in ("claim-withdrawn", "claim-refused")]
    assert [len(each) for each in told] == ([1, 0] if claim.state == "submitted" else [0, 1]), "one of them is true"
    if claim.state == "submitted":
        assert (told[0][0]["because"], told[0][0]["amount_pence"]) == ("register", 3334)
        await world.approve(register.claim_id)
        asked = await world.events("claim-returned", register.claim_id)
        assert len(asked) == (how != "came back") and await owed(world) == 334


async def test_pay_17_what_was_paid_too_much_is_overpaid_once_it_was_paid(world: World) -> None:
    register = await registered(world, minutes=90)
    await world.approve(register.claim_id)
    run_id = await world.sent_run()
    await register.says(minutes=60)
    await world.do(correcting.settle_due_corrections)
    assert await world.rows("SELECT 1 FROM overpayments") == []
    await world.take(run_id, await world.answer(run_id))
    for _ in range(2):
        await world.do(correcting.settle_due_corrections)
    assert (await world.row("SELECT pence FROM overpayments")).pence == 500


async def test_pay_17_of_a_claim_whose_travel_has_left_only_the_fee_is_taken_back(world: World) -> None:
    await world.do(figures.set_rate, "offers_cash", SESSION_DATE, 1, by=world.finance)
    register = await registered(world, minutes=200, recognition="vouchers", miles=10)
    who = register.event.participant.id
    await world.do(claims.choose_expenses_method, register.claim_id, "cash", by=who)
    await world.approve(register.claim_id)
    [told] = await world.events("claim-approved", register.claim_id)
    assert (told["recognition"], told["rest_pence"], told["rest_recognition"]) == ("vouchers", 450, "cash")
    await world.do(claims.hold_payment, register.claim_id, True, by=who)
    await world.do(claims.hold_payment, register.claim_id, False, by=who)
    [cash] = await world.rows("SELECT id FROM payables WHERE method = 'cash'")
    # Finance pays the cash by itself: the vouchers are out of stock. As a run of one would do it:
    await world.write("UPDATE payables SET state = 'withdrawn' WHERE id <> :id", id=cash.id)
    run_id = await world.sent_run()
    await world.write("UPDATE payables SET state = 'owed' WHERE id <> :id", id=cash.id)
    await register.says(minutes=60)
    claim = await world.claim(register.claim_id)
    assert claim.state == "approved"
    assert [(line.kind, line.approved_pence) for line in await world.lines(register.claim_id)] == [("mileage", 450)]
    more = await world.row("SELECT id, state FROM claims WHERE follows = :id", id=register.claim_id)
    assert [line.amount_pence for line in await world.lines(more.id)] == [1000]
    assert await owed(world) == 450
    payment = await world.row("SELECT id FROM payments WHERE run_id = :id", id=run_id)
    assert payment is not None


async def test_pay_17_money_can_go_up_beside_what_was_approved(world: World) -> None:
    register = await registered(world, minutes=90)
    await world.approve(register.claim_id)
    await register.says(minutes=120)
    assert (await world.claim(register.claim_id)).state == "approved"
    await register.says(minutes=60)
    assert (await world.claim(register.claim_id)).state == "submitted"
    [more] = await world.rows("SELECT id, state FROM claims WHERE follows = :id", id=register.claim_id)
    assert more.state == "refused" and await world.lines(more.id) == []
    await world.approve(register.claim_id)
    assert await owed(world) == 1000


# By hand


async def test_pay_17_an_approved_claim_can_be_withdrawn(world: World) -> None:
    register = await registered(world, miles=10, budget_pence=10_000)
    await world.approve(register.claim_id)
    answer = await world.do(
        withdrawing.withdraw_approval, register.claim_id, "We paid for this by hand already", by=world.finance
    )
    assert answer == {"state": "submitted", "pence": 1950}
    claim = await world.claim(register.claim_id)
    assert (claim.state, claim.withdrawn_because) == ("submitted", "We paid for this by hand already")
    budget = await world.row(
        "SELECT sum(pence) AS pence FROM postings WHERE account IN ('budget-committed', 'budget-spent')"
    )
    assert (budget.pence, await owed(world)) == (0, 0)
    row = await world.row("SELECT because, pence, withdrawn_by FROM withdrawals")
    assert (row.because, row.pence, row.withdrawn_by) == ("mistake", 1950, world.finance)
    await world.approve(register.claim_id)
    claim = await world.claim(register.claim_id)
    assert (claim.state, claim.withdrawn_because, await owed(world)) == ("approved", None, 1950)


async def test_pay_17_a_withdrawal_has_a_reason_and_what_has_left_is_not_withdrawn(world: World) -> None:
    register = await registered(world)
    with pytest.raises(Refused, match="PAY-17"):
        await world.do(withdrawing.withdraw_approval, register.claim_id, "Not approved yet", by=world.finance)
    await world.approve(register.claim_id)
    for who, reason in ((world.finance, " "), (register.event.participant.id, "Mine")):
        with pytest.raises(Refused):
            await world.do(withdrawing.withdraw_approval, register.claim_id, reason, by=who)
    await world.sent_run()
    with pytest.raises(Refused, match="PAY-17"):
        await world.do(withdrawing.withdraw_approval, register.claim_id, "Too late", by=world.finance)


async def test_pay_11_an_approval_is_entered_once_until_it_is_taken_back(world: World) -> None:
    register = await registered(world)
    await world.approve(register.claim_id)
    again = text_of(
        "INSERT INTO journal (id, what, day, claim_id, cause) SELECT gen_random_uuid(), 'approved', day, claim_id, "
        "cause FROM journal"
    )
    with pytest.raises(Exception, match="PAY-11"):
        await world.write(again)


async def test_pay_17_costs_that_came_back_go_again_although_the_fee_was_paid_beyond_the_register(
    world: World,
) -> None:
    """The fee left in vouchers, and is written off; the fare is owed all the same."""
    register = await registered(world, minutes=200, recognition="vouchers", miles=10)
    await world.approve(register.claim_id)
    run_id = await world.sent_run()
    await register.says(minutes=20)
    for payment in await world.rows("SELECT * FROM payments ORDER BY method"):
        how = "not-paid" if payment.method == "bank-transfer" else "handed-over"
        await world.by_hand(run_id, payment.id, how)
    for _ in range(2):
        await world.do(correcting.settle_due_corrections)
    [left] = await world.rows("SELECT amount_pence FROM payables WHERE state = 'owed'")
    assert left.amount_pence == 450
    again = await world.sent_run()
    await world.take(again, await world.answer(again))
    await world.do(correcting.settle_due_corrections)
    assert (await world.claim(register.claim_id)).state == "paid" and await world.broken() == {}
    assert (await world.row("SELECT sum(pence) AS pence FROM overpayments")).pence == 3000
