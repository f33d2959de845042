"""PAY-17: what is approved and not yet paid can be withdrawn, by a correction of the register or by hand; and whoever corrects or helps does not decide."""

import random
from typing import Any
from uuid import UUID

import pytest

from services.payments.approving.domain import Decision
from services.payments.approving.use_cases import approval, withdrawing
from services.payments.claims.domain.claims import LineKind
from services.payments.claims.use_cases import claims, looking_again, undoing
from services.payments.correcting.use_cases import correcting
from services.payments.paying.use_cases import answers, runs, sending
from services.payments.policy import use_cases as figures
from shared.db import new_id
from shared.events.opportunities import AttendanceRecorded
from shared.reasons import Refused
from tests.payments.paying.test_runs import camt
from tests.payments.support import SESSION_DATE, World, acting, brought, person
from tests.support.slices import seeds


class Register:
    """An attendance that is put right again and again."""

    def __init__(self, world: World, event: AttendanceRecorded, claim_id: UUID) -> None:
        self.world, self.event, self.claim_id = world, event, claim_id

    async def says(self, **facts: Any) -> None:
        self.event = self.event.model_copy(update={"version": self.event.version + 1, **facts})
        await self.world.hear(self.event)


async def registered(world: World, *, minutes: int = 90, recognition: str = "bank-transfer", miles: int = 0, **facts: Any) -> Register:
    """A claim that was sent."""
    who = person()
    event = world.attendance(await world.opportunity(budget_pence=facts.pop("budget_pence", None)), who, minutes=minutes, **facts)
    await world.hear(event)
    claim_id = (await world.row("SELECT id FROM claims WHERE attendance_id = :id", id=event.attendance_id)).id
    await world.account(who, 0)
    if miles:
        await world.do(claims.add_miles, claim_id, miles * 10, "", False, by=who.id)
    await world.do(claims.choose_recognition, claim_id, recognition, by=who.id)
    await world.do(claims.submit_claim, claim_id, by=who.id)
    return Register(world, event, claim_id)


async def owed(world: World) -> int:
    return (await world.row("SELECT coalesce(sum(amount_pence), 0) AS pence FROM payables WHERE state <> 'withdrawn'")).pence


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
    assert (await world.row("SELECT overpaid_pence FROM corrections")).overpaid_pence == 0  # not before it was paid (PAY-16)
    await world.approve(register.claim_id)
    assert await owed(world) == 334
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id))
    assert (await world.claim(register.claim_id)).state == "paid"
    assert (await world.row("SELECT sum(amount_pence) AS pence FROM payments WHERE state = 'paid'")).pence == 334
    assert [row.what for row in await world.rows("SELECT what FROM journal ORDER BY created_at")] == ["approved", "reversed", "approved", "sent", "confirmed"]


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


@pytest.mark.parametrize("how", ["taken back", "made anew"])
async def test_pay_17_what_the_bank_may_have_is_taken_back_only_once_finance_has_stopped_it(world: World, how: str) -> None:
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
async def test_pay_17_a_payment_taken_back_while_its_file_is_at_the_bank_is_neither_lost_nor_paid_twice(world: World, says: str) -> None:
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
    reference = (await world.row("SELECT end_to_end_id, message_id FROM payments JOIN payment_runs ON payment_runs.id = run_id"))[names == "the file"]
    done = await world.do(brought, camt(("15.00", "DBIT", reference, "")), by=world.second)
    assert (done["paid"], done["near"], done["others"]) == (0, 1, 0)
    assert (await world.row("SELECT because FROM bank_entries")).because == "state"


# After it was sent


@pytest.mark.parametrize("code", ["AM04", "AC04"])
async def test_pay_17_what_comes_back_from_the_bank_is_decided_again_at_what_the_register_says_now(world: World, code: str) -> None:
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


def _text(sql: str, **values: Any) -> Any:
    from sqlalchemy import text

    return text(sql).bindparams(**values)


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


# Another look (PAY-14)


async def test_pay_14_a_claim_that_a_second_approver_looks_at_is_not_looked_at_beside_it(world: World) -> None:
    register = await registered(world, minutes=90, budget_pence=1000)
    [line] = await world.lines(register.claim_id)
    reduced = [Decision(line.id, 1200, "Ten minutes late")]
    await world.do(approval.approve_claim, register.claim_id, reduced, by=world.approver)
    assert (await world.claim(register.claim_id)).state == "second-approver"
    with pytest.raises(Refused, match="PAY-14"):
        await world.do(looking_again.ask_for_another_look, register.claim_id, "", by=register.event.participant.id)


async def test_pay_12_a_correction_while_a_second_look_is_open_does_not_pay_twice(world: World) -> None:
    """17.19 pounds could be had for 11.19: the first claim asked for all of it again beside what was looked at."""
    register = await registered(world, minutes=103)
    [line] = await world.lines(register.claim_id)
    await world.do(approval.approve_claim, register.claim_id, [Decision(line.id, 1117, "A break")], by=world.approver)
    look = UUID(await world.do(looking_again.ask_for_another_look, register.claim_id, "No break", by=register.event.participant.id))
    await register.says(minutes=67)
    for claim_id in (register.claim_id, look):
        if (await world.claim(claim_id)).state == "submitted":
            await world.approve(claim_id, new_id())
    assert await owed(world) == 1117


@pytest.mark.parametrize("seed", seeds(16, quick=4))
async def test_pay_12_whatever_order_things_come_in_no_more_is_owed_than_the_register_ever_said_and_left(world: World, seed: int) -> None:
    """Corrections, approvals, looks, runs, withdrawals, and their owner taking nothing and thinking again, at random: what can still be paid and what
    left come to the register's sum at most, or to what had left before. Odd seeds are over budget, with few who approve."""
    chance = random.Random(seed)
    register = await registered(world, minutes=90, budget_pence=1000 if seed % 2 else None)
    who = register.event.participant.id
    minutes, sent = 90, []
    few = [new_id() for _ in range(3)]

    def approver() -> UUID:
        return chance.choice(few) if seed % 2 else new_id()

    async def step() -> None:
        nonlocal minutes
        mine = await world.rows("SELECT id, state, follows FROM claims ORDER BY id")
        claim = chance.choice(mine)
        what = chance.choice(
            ["correct", "away", "approve", "approve", "reduce", "look", "run", "answer", "withdraw", "decline", "reopen", "reopen", "send", "send", "settle"]
        )
        if what == "correct":
            minutes = chance.choice([20, 45, 60, 90, 120])
            await register.says(minutes=minutes, present=True)
        elif what == "away":
            minutes = 0
            await register.says(minutes=0, present=False)
        elif what == "approve":
            await world.approve(claim.id, approver())
        elif what == "decline":
            await world.do(claims.decline_claim, claim.id, by=who)
        elif what == "reopen":
            await world.do(claims.reopen_claim, claim.id, by=who)
        elif what == "reduce":
            lines = [line for line in await world.lines(claim.id) if line.state == "ready"]
            less = [Decision(line.id, line.amount_pence // 2, "A break") for line in lines]
            by = approver()
            await world.do(approval.approve_claim, claim.id, less, by=by)
        elif what == "look":
            await world.do(looking_again.ask_for_another_look, claim.id, "", by=who)
        elif what == "run":
            sent.append(await world.sent_run())
        elif what == "answer" and sent:
            run_id = sent.pop()
            rejected = {claim.id: "AM04"} if chance.random() < 0.5 else {}
            await world.take(run_id, await world.answer(run_id, rejected=rejected))
        elif what == "withdraw":
            await world.do(withdrawing.withdraw_approval, claim.id, "A mistake", by=new_id())
        elif what == "send":
            await world.do(claims.submit_claim, claim.id, by=who)
        else:
            await world.do(correcting.settle_due_corrections)

    for _ in range(30):
        try:
            await step()
        except Refused:
            continue
        await world.do(correcting.settle_due_corrections)
        left = (await world.row("SELECT coalesce(sum(amount_pence), 0) AS pence FROM payments WHERE state IN ('sent', 'paid')")).pence
        most = -(-minutes * 1000 // 60)
        assert await owed(world) <= max(most, left), (seed, minutes)
        asked = await world.row(
            "SELECT coalesce(sum(amount_pence), 0) AS pence FROM claim_lines JOIN claims ON claims.id = claim_id"
            " WHERE claim_lines.state = 'ready' AND claims.state IN ('open', 'submitted')"
        )
        assert await owed(world) + asked.pence <= max(most, left), (seed, minutes)
        assert await world.broken() == {}


# By hand


async def test_pay_17_an_approved_claim_can_be_withdrawn(world: World) -> None:
    register = await registered(world, miles=10, budget_pence=10_000)
    await world.approve(register.claim_id)
    answer = await world.do(withdrawing.withdraw_approval, register.claim_id, "We paid for this by hand already", by=world.finance)
    assert answer == {"state": "submitted", "pence": 1950}
    claim = await world.claim(register.claim_id)
    assert (claim.state, claim.withdrawn_because) == ("submitted", "We paid for this by hand already")
    budget = await world.row("SELECT sum(pence) AS pence FROM postings WHERE account IN ('budget-committed', 'budget-spent')")
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
    again = _text("INSERT INTO journal (id, what, day, claim_id, cause) SELECT gen_random_uuid(), 'approved', day, claim_id, cause FROM journal")
    with pytest.raises(Exception, match="PAY-11"):
        await world.write(again)


# PAY-10: who corrects, who helps


async def test_pay_10_who_corrects_a_register_counts_as_who_recorded_it(world: World) -> None:
    """PAY-17: one hour recorded by another, ten hours by the corrector, who would have approved it alone."""
    corrector = new_id()
    register = await registered(world, minutes=60)
    await register.says(minutes=600, recorded_by=corrector)
    with pytest.raises(Refused, match="PAY-10"):
        await world.approve(register.claim_id, corrector)
    await register.says(minutes=540)
    for somebody in (corrector, world.coordinator):
        with pytest.raises(Refused, match="PAY-10"):
            await world.approve(register.claim_id, somebody)
    await world.approve(register.claim_id)


@pytest.mark.parametrize("touch", ["line", "thanks", "fee"])
async def test_pay_10_who_touched_a_claim_while_helping_does_not_decide_it_whoever_sends_it(world: World, touch: str) -> None:
    who, helper = person(), new_id()
    claim_id = await world.opened(who)
    await world.account(who, 0)
    helping = acting(helper, who.id)
    touches = {
        "line": lambda tx: claims.add_miles(tx, claim_id, 100, "", False),
        "thanks": lambda tx: claims.choose_recognition(tx, claim_id, "vouchers"),
        "fee": lambda tx: claims.lower_fee(tx, claim_id, 1400),
    }
    await world.do(touches[touch], by=helping)
    await world.do(claims.choose_recognition, claim_id, "bank-transfer", by=who.id)
    line_id = UUID(await world.do(claims.add_expense, claim_id, LineKind.FARE, "Bus", 320, by=who.id))
    await world.do(claims.submit_claim, claim_id, by=who.id)
    with pytest.raises(Refused, match="PAY-10"):
        await world.approve(claim_id, helper)
    await world.approve(claim_id)
    with pytest.raises(Refused, match="PAY-10"):
        await world.do(withdrawing.withdraw_approval, claim_id, "I helped", by=helper)
    [more] = await world.rows("SELECT id FROM claims WHERE follows = :id", id=claim_id)
    await world.receipt(who, more.id, line_id)
    await world.do(claims.submit_claim, more.id, by=who.id)
    with pytest.raises(Refused, match="PAY-10"):
        await world.approve(more.id, helper)


async def test_pay_10_helping_one_person_does_not_make_one_a_helper_of_another(world: World) -> None:
    claim_id = await world.submitted(person())
    decided = await world.decisions(claim_id)
    await world.do(approval.approve_claim, claim_id, decided, by=acting(world.approver, new_id()))
    assert await world.rows("SELECT 1 FROM claim_helpers") == []


# PAY-06: a helper's changes that nobody confirms later


async def test_pay_06_a_helper_cannot_decline_for_somebody_without_saying_how_they_confirmed_it(world: World) -> None:
    who, helper = person(), new_id()
    claim_id = await world.opened(who)
    helping = acting(helper, who.id)
    with pytest.raises(Refused, match="PAY-06"):
        await world.do(claims.decline_claim, claim_id, by=helping)
    await world.do(claims.choose_recognition, claim_id, "none", by=helping)
    assert (await world.claim(claim_id)).state == "open"
    await world.do(claims.decline_claim, claim_id, "Said so on the phone", by=helping)
    claim = await world.claim(claim_id)
    assert (claim.state, claim.confirmation) == ("declined", "Said so on the phone")


async def test_pay_06_a_helper_changes_nothing_that_was_sent_without_saying_how_it_was_confirmed(world: World) -> None:
    who, helper = person(), new_id()
    claim_id = await world.submitted(who, miles=10)
    helping = acting(helper, who.id)
    for change in (
        lambda tx: claims.choose_recognition(tx, claim_id, "none"),
        lambda tx: claims.lower_fee(tx, claim_id, 0),
        lambda tx: claims.choose_expenses_method(tx, claim_id, "bank-transfer"),
        lambda tx: claims.decline_claim(tx, claim_id),
    ):
        with pytest.raises(Refused, match="PAY-06"):
            await world.do(change, by=helping)
    await world.do(claims.lower_fee, claim_id, 0, "By phone", by=helping)
    with pytest.raises(Refused, match="PAY-10"):
        await world.approve(claim_id, helper)


async def test_pay_09_a_hold_and_its_end_are_said_to_the_others(world: World) -> None:
    """PAY-07: the clock stood still on the claim's page alone."""
    who = person()
    claim_id = await world.submitted(who)
    await world.do(claims.hold_payment, claim_id, True, by=who.id)
    world.move(days=3)
    await world.do(claims.hold_payment, claim_id, False, by=who.id)
    held, goes_on = await world.events("claim-clock-changed", claim_id)
    assert (held["stopped"], goes_on["stopped"]) == (True, False)
    assert held["pay_by"] == "2026-12-07" and goes_on["pay_by"] == (await world.claim(claim_id)).pay_by.isoformat() > "2026-12-07"
