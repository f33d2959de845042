"""PAY-12, PAY-14, PAY-17: what is owed, at the bank perhaps, paid and came back is kept for an attendance, over all its
claims. A correction or another look makes a new claim, and no new money."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.approving.domain import Decision
from services.payments.approving.use_cases import approval, withdrawing
from services.payments.bank_statements.use_cases import choosing
from services.payments.claims.use_cases import claims, looking_again
from services.payments.correcting.use_cases import correcting
from services.payments.paying.use_cases import answers, looked_at, run_files, runs, sending
from shared.db import new_id
from shared.reasons import Refused
from tests.payments.approving.support import Register, owed, registered
from tests.payments.bank_statements.support import payment_of
from tests.payments.paying.support import by_hand, by_statement, camt, out_of_a_file
from tests.payments.support import PAYER, VAULT, World, brought


async def beside(world: World, register: Register) -> UUID:
    """The claim that a correction opened, sent and agreed."""
    more = await world.row("SELECT id FROM claims WHERE follows_because = 'correction' AND state = 'open'")
    await world.do(claims.submit_claim, more.id, by=register.event.participant.id)
    await world.approve(more.id)
    return more.id


async def lowered_and_raised(world: World, register: Register) -> UUID:
    """90 minutes become 20, and 90 again: what was one sum is two, in two claims."""
    await register.says(minutes=20)
    await world.approve(register.claim_id)
    await register.says(minutes=90)
    return await beside(world, register)


async def reduced_and_looked_at(world: World, register: Register) -> UUID:
    """£15.00 become £5.00, and £10.00 at another look."""
    await world.do(withdrawing.withdraw_approval, register.claim_id, "A mistake", by=new_id())
    [fee] = await world.lines(register.claim_id)
    await world.do(approval.approve_claim, register.claim_id, [Decision(fee.id, 500, "A break")], by=new_id())
    look = UUID(
        await world.do(
            looking_again.ask_for_another_look, register.claim_id, "No break", by=register.event.participant.id
        )
    )
    await world.approve(look, new_id())
    return look


SPLIT = pytest.mark.parametrize("split", [lowered_and_raised, reduced_and_looked_at])


# What the bank may have


@SPLIT
async def test_pay_12_what_the_bank_may_have_goes_through_no_other_claim_of_its_attendance(
    world: World, split: Any
) -> None:
    register, _, payment = await out_of_a_file(world)
    await split(world, register)
    waiting = await world.rows("SELECT id FROM payables WHERE state = 'owed'")
    assert (len(waiting), await owed(world)) == (2, 1500)
    for payable in waiting:
        with pytest.raises(Refused, match="PAY-12"):
            await world.do(runs.make_run, [payable.id], looked=True, by=world.finance)
    with pytest.raises(Refused, match="PAY-12"):
        await world.run()
    await by_hand(world, world.second, payment, "not paid")
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id))
    assert (await world.row("SELECT sum(amount_pence) AS pence FROM payments WHERE state = 'paid'")).pence == 1500


@SPLIT
async def test_pay_12_what_the_bank_paid_all_the_same_is_owed_through_no_other_claim(world: World, split: Any) -> None:
    register, _, payment = await out_of_a_file(world)
    more = await split(world, register)
    await by_statement(world, world.second, payment, "paid")
    await world.do(correcting.settle_due_corrections)
    assert (await world.claim(register.claim_id)).state == "paid"
    assert (await world.claim(more)).state == "refused"
    assert await owed(world) == 1500
    with pytest.raises(Refused):
        await world.run()


async def test_pay_12_before_another_claim_pays_a_part_again_somebody_looks_at_our_account(world: World) -> None:
    register, _, payment = await out_of_a_file(world)
    more = await lowered_and_raised(world, register)
    await by_hand(world, world.second, payment, "not paid")
    part = await world.row("SELECT id FROM payables WHERE claim_id = :id", id=more)
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(runs.make_run, [part.id], by=world.finance)
    assert await world.do(runs.make_run, [part.id], looked=True, by=world.finance)


async def sent_again(world: World, split: Any) -> tuple[Register, Any, UUID]:
    """Said not to be paid, split, and its second part alone sent again. Returns its register, the first payment and the
    run of the second part."""
    register, _, payment = await out_of_a_file(world)
    more = await split(world, register)
    await by_hand(world, world.second, payment, "not paid")
    part = await world.row("SELECT id FROM payables WHERE claim_id = :id", id=more)
    again = UUID(await world.do(runs.make_run, [part.id], looked=True, by=world.finance))
    await world.do(sending.mark_sent, again, by=world.finance)
    return register, payment, again


@SPLIT
async def test_pay_12_a_statement_that_says_both_went_out_is_not_read_without_a_doubt(world: World, split: Any) -> None:
    _, payment, again = await sent_again(world, split)
    part = await payment_of(world, again)
    data = camt(
        ("15.00", "DBIT", payment.end_to_end_id, ""), (f"{part.amount_pence / 100:.2f}", "DBIT", part.end_to_end_id, "")
    )
    done = await world.do(brought, data, by=new_id())
    assert (done["paid"], done["near"]) == (1, 1)
    assert (await world.row("SELECT because FROM bank_entries WHERE state = 'near'")).because == "went-out"


@SPLIT
async def test_pay_16_once_somebody_says_that_it_went_out_too_what_was_too_much_is_written_down(
    world: World, split: Any
) -> None:
    register, payment, again = await sent_again(world, split)
    part = await payment_of(world, again)
    await world.take(again, await world.answer(again))
    await by_statement(world, new_id(), payment, "paid")
    entry = await world.row("SELECT id FROM bank_entries WHERE state = 'near'")
    await world.do(choosing.choose, entry.id, payment.id, VAULT, by=new_id())
    await world.do(correcting.settle_due_corrections)
    assert (await world.claim(register.claim_id)).state == "paid"
    assert await world.rows("SELECT 1 FROM payables WHERE state IN ('owed', 'in-run', 'returned')") == []
    over = await world.row(
        "SELECT (SELECT coalesce(sum(pence), 0) FROM overpayments) + (SELECT coalesce(sum(overpaid_pence), 0) FROM "
        "corrections) AS pence"
    )
    assert over.pence == part.amount_pence


async def test_pay_17_more_time_that_was_paid_beside_it_does_not_stand_in_its_place(world: World) -> None:
    """The bank's word of it is taken at once."""
    register, _, payment = await out_of_a_file(world)
    await by_hand(world, world.second, payment, "not paid")
    await register.says(minutes=120)
    more = await beside(world, register)
    part = await world.row("SELECT id FROM payables WHERE claim_id = :id", id=more)
    again = UUID(await world.do(runs.make_run, [part.id], looked=True, by=world.finance))
    await world.do(sending.mark_sent, again, by=world.finance)
    await world.take(again, await world.answer(again))
    assert (await by_statement(world, new_id(), payment, "paid"))["paid"] == 1
    assert (await world.row("SELECT sum(amount_pence) AS pence FROM payments WHERE state = 'paid'")).pence == 2000


# In two runs at once


async def two_fetched(world: World, recognition: str) -> tuple[Register, UUID, UUID]:
    """£10.00 and another look's £5.00 in two runs, both fetched; the first is taken back, and its approval with the
    register. Returns both runs."""
    register = await registered(world, recognition=recognition)
    [fee] = await world.lines(register.claim_id)
    await world.do(approval.approve_claim, register.claim_id, [Decision(fee.id, 1000, "A break")], by=world.approver)
    first = await world.run()
    look = UUID(
        await world.do(
            looking_again.ask_for_another_look, register.claim_id, "No break", by=register.event.participant.id
        )
    )
    await world.approve(look, new_id())
    second = await world.run()
    fetch = (run_files.fetch_bank_file if recognition == "bank-transfer" else run_files.fetch_list), PAYER, VAULT
    for run_id in (first, second):
        await world.do(fetch[0], run_id, *fetch[1:], by=world.finance)
    await world.do(runs.cancel_run, first, by=world.finance)
    await register.says(minutes=30)
    return register, first, second


@pytest.mark.parametrize("recognition", ["bank-transfer", "vouchers"])
async def test_pay_12_a_run_that_was_fetched_waits_while_the_bank_may_have_what_another_run_held(
    world: World, recognition: str
) -> None:
    register, first, second = await two_fetched(world, recognition)
    [seen] = (await world.read(looked_at.look_at, second, "sent")).stays
    assert seen[1] == "perhaps-gone"
    for knows in (False, True):
        with pytest.raises(Refused, match="PAY-12") as refused:
            await world.do(sending.mark_sent, second, knows_of_changes=knows, by=world.finance)
        assert "payment run 1 held it" in refused.value.reasons[0].text
    with pytest.raises(Refused, match="PAY-13"):
        await world.do(run_files.fetch_list, second, PAYER, VAULT, by=world.finance)
    gone = await payment_of(world, first)
    await world.do(answers.end_by_hand, first, gone.id, "not-paid", by=world.second)
    await world.do(sending.mark_sent, second, by=world.finance)
    assert (await world.claim(register.claim_id)).state == "refused"
    assert (await world.row("SELECT sum(amount_pence) AS pence FROM payments WHERE state = 'sent'")).pence == 500


async def test_pay_12_what_is_made_anew_leaves_behind_what_may_have_gone_by_another_run(world: World) -> None:
    _, _, second = await two_fetched(world, "bank-transfer")
    assert await world.do(runs.make_anew, second, by=world.finance) == 1
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(sending.mark_sent, second, by=world.finance)


# What counts as not paid, and went out


async def test_pay_12_a_line_that_says_it_went_out_stops_the_other_claims_of_its_attendance(world: World) -> None:
    register = await registered(world)
    await world.approve(register.claim_id)
    run_id = await world.sent_run()
    payment = await payment_of(world, run_id)
    await world.by_hand(run_id, payment.id, "not-paid")
    more = await lowered_and_raised(world, register)
    part = await world.row("SELECT id FROM payables WHERE claim_id = :id", id=more)
    again = UUID(await world.do(runs.make_run, [part.id], looked=True, by=world.finance))
    data = camt(("15.00", "DBIT", payment.end_to_end_id, ""))
    await world.do(brought, data, by=new_id())
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(sending.mark_sent, again, by=world.finance)


async def test_pay_12_who_said_that_it_came_back_does_not_send_it_through_another_claim(world: World) -> None:
    register = await registered(world)
    await world.approve(register.claim_id)
    run_id = await world.sent_run()
    payment = await payment_of(world, run_id)
    await world.by_hand(run_id, payment.id, "paid")
    await world.by_hand(run_id, payment.id, "came-back")  # untrue
    register.event = register.event.model_copy(update={"recorded_by": world.second})
    await register.says(minutes=1)
    await world.approve(register.claim_id)
    await register.says(minutes=90)
    more = await beside(world, register)
    part = await world.row("SELECT id FROM payables WHERE claim_id = :id", id=more)
    again = UUID(await world.do(runs.make_run, [part.id], looked=True, by=world.second))
    await world.do(run_files.fetch_bank_file, again, PAYER, VAULT, by=world.second)
    with pytest.raises(Refused) as refused:
        await world.do(sending.mark_sent, again, by=world.second)
    assert "somebody else must send it again" in refused.value.reasons[0].text
    await world.do(sending.mark_sent, again, by=world.finance)


# Another look


async def what_goes(world: World) -> int:
    """Pence that are paid once everything is sent."""
    await world.do(correcting.settle_due_corrections)
    run_id = await world.sent_run()
    await world.do(answers.confirm_rest_by_hand, run_id, transfers=True, by=world.second)
    return (await world.row("SELECT sum(amount_pence) AS pence FROM payments WHERE state = 'paid'")).pence


@pytest.mark.parametrize(("minutes", "fee"), [(20, 334), (90, 1500)])
async def test_pay_14_a_refused_claim_is_looked_at_again_at_what_the_register_says_now(
    world: World, minutes: int, fee: int
) -> None:
    register = await registered(world)
    await world.do(approval.refuse_claim, register.claim_id, "No", by=world.approver)
    await register.says(minutes=minutes)
    await world.do(looking_again.ask_for_another_look, register.claim_id, "Please", by=register.event.participant.id)
    [line] = await world.lines(register.claim_id)
    assert (line.minutes, line.amount_pence) == (minutes, fee)
    await world.approve(register.claim_id, new_id())
    assert await what_goes(world) == fee


@pytest.mark.parametrize(("fee", "minutes", "miles"), [(500, 40, 0), (0, 40, 10), (0, 20, 10), (500, 60, 10)])
async def test_pay_14_what_was_reduced_is_looked_at_again_at_what_the_register_says_now(
    world: World, fee: int, minutes: int, miles: int
) -> None:
    register = await registered(world, miles=miles)
    lines = await world.lines(register.claim_id)
    less = [
        Decision(line.id, fee, "A break") if line.kind == "participation" else Decision(line.id, line.amount_pence)
        for line in lines
    ]
    await world.do(approval.approve_claim, register.claim_id, less, by=world.approver)
    await register.says(minutes=minutes)
    look = UUID(
        await world.do(
            looking_again.ask_for_another_look, register.claim_id, "Please", by=register.event.participant.id
        )
    )
    await world.approve(look, new_id())
    assert await what_goes(world) == -(-minutes * 1000 // 60) + miles * 45


async def test_pay_14_nothing_is_looked_at_again_where_the_register_gives_no_more(world: World) -> None:
    register = await registered(world)
    [line] = await world.lines(register.claim_id)
    await world.do(approval.approve_claim, register.claim_id, [Decision(line.id, 500, "A break")], by=world.approver)
    await register.says(minutes=30)
    with pytest.raises(Refused, match="PAY-14") as refused:
        await world.do(
            looking_again.ask_for_another_look, register.claim_id, "Please", by=register.event.participant.id
        )
    assert "What we wrote down was put right" in refused.value.reasons[0].text
    assert not (await world.claim(register.claim_id)).looked_again


async def test_pay_17_no_more_is_agreed_than_the_register_gives_over_all_claims(world: World) -> None:
    """As a look stands that was asked for before this rule: at the old sum."""
    register = await registered(world)
    [line] = await world.lines(register.claim_id)
    await world.do(approval.approve_claim, register.claim_id, [Decision(line.id, 500, "A break")], by=world.approver)
    look = UUID(
        await world.do(
            looking_again.ask_for_another_look, register.claim_id, "Please", by=register.event.participant.id
        )
    )
    await world.write("UPDATE attendances SET minutes = 40")
    with pytest.raises(Refused, match="PAY-17") as refused:
        await world.approve(look, new_id())
    assert "£1.67" in refused.value.reasons[0].text
    [asked] = await world.lines(look)
    await world.do(approval.approve_claim, look, [Decision(asked.id, 167, "The register says 40 minutes")], by=new_id())
    assert await owed(world) == 667


async def test_pay_17_an_approval_that_is_taken_back_asks_for_no_more_than_the_register_gives_now(world: World) -> None:
    register = await registered(world)
    [line] = await world.lines(register.claim_id)
    await world.do(approval.approve_claim, register.claim_id, [Decision(line.id, 500, "A break")], by=world.approver)
    await register.says(minutes=40)
    await world.do(withdrawing.withdraw_approval, register.claim_id, "A mistake", by=new_id())
    [asked] = await world.lines(register.claim_id)
    assert (asked.minutes, asked.amount_pence) == (40, 667)
