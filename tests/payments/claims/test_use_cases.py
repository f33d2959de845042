"""Claims from the register to the person's account, on real PostgreSQL."""

from datetime import date
from uuid import UUID

import pytest

from services.payments.approving.domain import Decision
from services.payments.approving.use_cases import approval
from services.payments.claims.domain.claims import LineKind
from services.payments.claims.use_cases import chasing, claims, looking_again, receipts
from services.payments.ledger.use_cases.budgets import set_budget
from services.payments.paying.use_cases import runs, sending
from services.payments.policy.use_cases import set_rate
from shared.db import new_id
from shared.reasons import Missing, NotYet, Refused
from tests.payments.support import World, acting, person


def rules_of(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [reason.rule for reason in refused.value.reasons]


# PAY-06, PAY-01


@pytest.mark.parametrize(("minutes", "pence"), [(90, 1500), (75, 1250), (1, 17)])
async def test_pay_06_a_claim_opens_by_itself_filled_in_as_pay_01_says(world: World, minutes: int, pence: int) -> None:
    who = person()
    claim_id = await world.opened(who, minutes=minutes)
    [line] = await world.lines(claim_id)
    assert (line.kind, line.minutes, line.rate_pence, line.amount_pence, line.state) == ("participation", minutes, 1000, pence, "ready")
    claim = await world.claim(claim_id)
    assert (claim.state, claim.participant_id, claim.actor_kind) == ("open", who.id, "system")
    [opened] = await world.events("claim-opened", claim_id)
    assert opened["participant"]["id"] == str(who.id)


async def test_pay_06_who_was_not_there_gets_no_claim_but_a_reason(world: World) -> None:
    event = world.attendance(await world.opportunity(), person(), present=False, minutes=0)
    await world.hear(event)
    assert (await world.row("SELECT no_claim_because FROM attendances")).no_claim_because == "not-present"
    assert await world.rows("SELECT 1 FROM claims") == []


async def test_pay_06_one_claim_for_an_attendance_however_often_it_is_heard(world: World) -> None:
    event = world.attendance(await world.opportunity(), person())
    for _ in range(3):
        await world.hear(event)
    assert len(await world.rows("SELECT 1 FROM claims")) == 1
    assert len(await world.events("claim-opened")) == 1


async def test_an_attendance_of_an_unknown_opportunity_waits(world: World) -> None:
    opportunity = await world.opportunity()
    event = world.attendance(opportunity.model_copy(update={"opportunity_id": new_id()}), person())
    with pytest.raises(NotYet):
        await world.hear(event)


async def test_an_unpaid_opportunity_opens_a_claim_for_costs_alone(world: World) -> None:
    claim_id = await world.opened(person(), opportunity=await world.opportunity(paid=False))
    assert await world.lines(claim_id) == []


async def test_pay_01_the_rate_is_that_of_the_session_date(world: World) -> None:
    await world.do(set_rate, "participation", date(2026, 1, 1), 1200, by=world.finance)
    await world.do(set_rate, "participation", date(2026, 11, 19), 2000, by=world.finance)
    claim_id = await world.opened(person(), minutes=60)
    [line] = await world.lines(claim_id)
    assert line.amount_pence == 1200


# OPP-11 corrections


async def corrected(world: World, event, **facts) -> None:
    later = event.model_copy(update={"version": event.version + 1, **facts})
    await world.hear(later)


async def test_opp_11_a_correction_before_approval_replaces_the_line(world: World) -> None:
    who = person()
    event = world.attendance(await world.opportunity(), who)
    await world.hear(event)
    claim_id = (await world.row("SELECT id FROM claims")).id
    await world.do(claims.lower_fee, claim_id, 1300, by=who.id)
    await corrected(world, event, minutes=60)
    [line] = await world.lines(claim_id)
    assert (line.full_pence, line.amount_pence) == (1000, 1000)
    assert len(await world.rows("SELECT 1 FROM claim_lines WHERE state = 'removed'")) == 1


async def test_opp_11_an_older_version_changes_nothing(world: World) -> None:
    event = world.attendance(await world.opportunity(), person(), version=3)
    await world.hear(event)
    await world.hear(event.model_copy(update={"version": 2, "minutes": 10}))
    assert (await world.row("SELECT minutes FROM claim_lines")).minutes == 90


async def test_opp_11_not_there_after_all_refuses_the_claim_with_a_reason_and_back_again_opens_it(world: World) -> None:
    who = person()
    event = world.attendance(await world.opportunity(), who)
    await world.hear(event)
    claim_id = (await world.row("SELECT id FROM claims")).id
    await world.do(claims.add_miles, claim_id, 120, "", False, by=who.id)
    await world.do(claims.add_expense, claim_id, LineKind.FARE, "Bus", 320, by=who.id)
    await corrected(world, event, present=False, minutes=0)
    assert (await world.claim(claim_id)).state == "refused"
    assert {line.state for line in await world.lines(claim_id)} == {"refused"}
    assert len(await world.events("claim-refused", claim_id)) == 1
    await corrected(world, event.model_copy(update={"version": 2}), minutes=30)
    assert (await world.claim(claim_id)).state == "open"
    assert {(line.kind, line.state) for line in await world.lines(claim_id)} == {("mileage", "ready"), ("fare", "waiting"), ("participation", "ready")}


@pytest.mark.parametrize(("minutes", "owed", "overpaid"), [(120, 500, 0), (90, 0, 0)])
async def test_opp_11_a_correction_after_approval_is_kept_beside_and_what_is_owed_becomes_a_claim(world: World, minutes: int, owed: int, overpaid: int) -> None:
    who = person()
    event = world.attendance(await world.opportunity(), who)
    await world.hear(event)
    claim_id = (await world.row("SELECT id FROM claims")).id
    await world.account(who)
    await world.do(claims.choose_recognition, claim_id, "bank-transfer", by=who.id)
    await world.do(claims.submit_claim, claim_id, by=who.id)
    await world.approve(claim_id)
    await corrected(world, event, minutes=minutes)
    correction = await world.row("SELECT * FROM corrections")
    assert (correction.was_minutes, correction.now_minutes, correction.owed_pence, correction.overpaid_pence) == (90, minutes, owed, overpaid)
    assert [line.amount_pence for line in await world.lines(claim_id)] == [1500]
    more = await world.rows("SELECT id FROM claims WHERE follows = :id", id=claim_id)
    assert [line.amount_pence for row in more for line in await world.lines(row.id)] == ([owed] if owed else [])
    await corrected(world, event.model_copy(update={"version": 2}), minutes=minutes)
    assert len(await world.rows("SELECT 1 FROM claims")) == (2 if owed else 1)


# PAY-02, 03, 05


async def test_pay_02_twelve_miles_are_five_pounds_forty(world: World) -> None:
    who = person()
    claim_id = await world.opened(who)
    await world.do(claims.add_miles, claim_id, 120, "", True, by=who.id)
    line = (await world.lines(claim_id))[1]
    assert (line.amount_pence, line.rate_pence, line.passed_10000_miles) == (540, 45, True)
    with pytest.raises(Refused) as refused:
        await world.do(claims.add_miles, claim_id, 301, " ", False, by=who.id)
    assert rules_of(refused) == ["PAY-02"]


async def test_pay_05_a_fare_waits_for_its_receipt_and_is_ready_with_it(world: World) -> None:
    who = person()
    claim_id = await world.opened(who)
    line_id = UUID(await world.do(claims.add_expense, claim_id, LineKind.FARE, "Bus", 320, by=who.id))
    assert (await world.lines(claim_id))[1].state == "waiting"
    await world.receipt(who, claim_id, line_id)
    line = (await world.lines(claim_id))[1]
    assert (line.state, line.receipt_id is not None) == ("ready", True)


async def test_pay_05_no_receipt_no_reimbursement_when_its_owner_says_so_until_one_turns_up(world: World) -> None:
    who = person()
    claim_id = await world.opened(who)
    line_id = UUID(await world.do(claims.add_expense, claim_id, LineKind.FARE, "Bus", 320, by=who.id))
    await world.do(receipts.say_there_is_no_receipt, claim_id, line_id, by=who.id)
    line = (await world.lines(claim_id))[1]
    assert (line.state, line.says_no_receipt) == ("refused", True)
    assert "without a receipt" in line.reason or "with a receipt" in line.reason
    await world.receipt(who, claim_id, line_id)
    assert (await world.lines(claim_id))[1].state == "ready"


async def test_pay_05_the_waiting_line_goes_on_in_a_claim_of_its_own_and_is_paid_later(world: World) -> None:
    who = person()
    claim_id = await world.opened(who)
    line_id = UUID(await world.do(claims.add_expense, claim_id, LineKind.FARE, "Bus", 320, by=who.id))
    await world.account(who)
    await world.do(claims.choose_recognition, claim_id, "bank-transfer", by=who.id)
    await world.do(claims.submit_claim, claim_id, by=who.id)
    assert (await world.approve(claim_id)) == {"state": "approved", "pence": 1500}
    [told] = await world.events("claim-approved", claim_id)
    assert (told["not_agreed_lines"], told["waiting_lines"], told["waiting_pence"]) == (0, 1, 320)
    follow_on = await world.row("SELECT * FROM claims WHERE follows = :id", id=claim_id)
    assert (follow_on.state, follow_on.follows_because, follow_on.recognition) == ("open", "receipt", "bank-transfer")
    [opened] = await world.events("claim-opened", follow_on.id)
    assert (opened["because"], opened["waiting_lines"], opened["waiting_pence"]) == ("receipt", 1, 320)
    with pytest.raises(Refused) as refused:
        await world.do(claims.submit_claim, follow_on.id, by=who.id)
    assert rules_of(refused) == ["PAY-05"]
    await world.receipt(who, follow_on.id, line_id)
    await world.do(claims.submit_claim, follow_on.id, by=who.id)
    assert (await world.approve(follow_on.id)) == {"state": "approved", "pence": 320}
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id))
    assert {(await world.claim(each)).state for each in (claim_id, follow_on.id)} == {"paid"}


async def test_pay_05_a_line_whose_day_has_passed_is_refused_by_the_job(world: World) -> None:
    who = person()
    claim_id = await world.opened(who, opportunity=await world.opportunity(paid=False))
    await world.do(claims.add_expense, claim_id, LineKind.FARE, "Bus", 320, by=who.id)
    world.at(world.now.replace(year=2027, month=2, day=16))
    await world.do(receipts.refuse_late_lines)
    assert (await world.lines(claim_id))[0].state == "waiting"
    world.move(days=1)
    await world.do(receipts.refuse_late_lines)
    await world.do(receipts.refuse_late_lines)
    assert (await world.lines(claim_id))[0].state == "refused"
    assert (await world.claim(claim_id)).state == "refused"
    assert len(await world.events("claim-refused", claim_id)) == 1


# Whose claim it is


async def test_someone_elses_claim_is_missing_whatever_is_tried(world: World) -> None:
    claim_id = await world.opened(person())
    stranger = new_id()
    line_id = (await world.lines(claim_id))[0].id
    for work in (
        lambda tx: claims.add_miles(tx, claim_id, 120, "", False),
        lambda tx: claims.add_expense(tx, claim_id, LineKind.FARE, "Bus", 320),
        lambda tx: claims.remove_line(tx, claim_id, line_id),
        lambda tx: claims.choose_recognition(tx, claim_id, "none"),
        lambda tx: claims.lower_fee(tx, claim_id, 0),
        lambda tx: claims.decline_claim(tx, claim_id),
        lambda tx: claims.submit_claim(tx, claim_id),
        lambda tx: claims.hold_payment(tx, claim_id, True),
        lambda tx: looking_again.ask_for_another_look(tx, claim_id, ""),
        lambda tx: receipts.say_there_is_no_receipt(tx, claim_id, line_id),
    ):
        with pytest.raises(Missing):
            await world.do(work, by=stranger)


async def test_a_line_of_another_claim_is_missing(world: World) -> None:
    who = person()
    mine, other = await world.opened(who), await world.opened(who)
    line_id = UUID(await world.do(claims.add_expense, other, LineKind.FARE, "Bus", 320, by=who.id))
    with pytest.raises(Missing):
        await world.do(claims.remove_line, mine, line_id, by=who.id)


# PAY-08


async def test_pay_08_vouchers_for_the_fee_and_travel_kept(world: World) -> None:
    who = person()
    await world.account(who)
    claim_id = await world.submitted(who, recognition="vouchers", miles=12)
    await world.approve(claim_id)
    payables = await world.rows("SELECT method, amount_pence FROM payables WHERE claim_id = :id ORDER BY method", id=claim_id)
    assert [tuple(row) for row in payables] == [("bank-transfer", 540), ("vouchers", 1500)]


async def test_pay_08_none_is_one_click_and_can_be_thought_over(world: World) -> None:
    who = person()
    claim_id = await world.opened(who)
    assert await world.do(claims.choose_recognition, claim_id, "none", by=who.id) == "declined"
    assert len(await world.events("claim-declined", claim_id)) == 1
    await world.do(claims.reopen_claim, claim_id, by=who.id)
    await world.do(claims.choose_recognition, claim_id, "vouchers", by=who.id)
    assert (await world.lines(claim_id))[0].amount_pence == 1500


async def test_pay_08_none_keeps_expenses(world: World) -> None:
    who = person()
    await world.account(who)
    claim_id = await world.submitted(who, recognition="none", miles=12)
    assert (await world.approve(claim_id)) == {"state": "approved", "pence": 540}


async def test_pay_08_the_fee_is_lowered_and_never_raised(world: World) -> None:
    who = person()
    claim_id = await world.opened(who)
    await world.do(claims.lower_fee, claim_id, 1000, by=who.id)
    assert (await world.lines(claim_id))[0].amount_pence == 1000
    with pytest.raises(Refused):
        await world.do(claims.lower_fee, claim_id, 1501, by=who.id)


async def test_pay_08_training_is_thanks_that_somebody_must_confirm(world: World) -> None:
    who = person()
    claim_id = await world.submitted(who, recognition="training")
    await world.approve(claim_id)
    run_id = await world.sent_run()
    payment = await world.row("SELECT * FROM payments")
    assert (payment.method, payment.amount_pence) == ("training", 0)
    await world.by_hand(run_id, payment.id, "handed-over")
    [paid] = await world.events("claim-paid", claim_id)
    assert (paid["amount_pence"], paid["recognition"]) == (0, "training")


# PAY-07


async def test_pay_07_both_clocks_start_when_the_form_is_returned(world: World) -> None:
    claim = await world.claim(await world.submitted(person()))
    assert (claim.target_day, claim.pay_by) == (date(2026, 11, 30), date(2026, 12, 7))
    [submitted] = await world.events("claim-submitted", claim.id)
    assert (submitted["amount_pence"], submitted["pay_by"]) == (1500, "2026-12-07")


async def test_pay_07_a_claim_past_its_limit_is_told_once(world: World) -> None:
    claim_id = await world.submitted(person())
    world.move(days=14)
    await world.do(chasing.tell_of_overdue_claims)
    assert await world.events("claim-overdue") == []
    world.move(days=1)
    for _ in range(3):
        await world.do(chasing.tell_of_overdue_claims)
    assert len(await world.events("claim-overdue", claim_id)) == 1


async def test_pay_07_the_clock_stops_while_the_person_holds_the_payment(world: World) -> None:
    who = person()
    claim_id = await world.approved(who)
    await world.do(claims.hold_payment, claim_id, True, by=who.id)
    world.move(days=30)
    await world.do(chasing.tell_of_overdue_claims)
    assert await world.events("claim-overdue") == []
    with pytest.raises(Refused):
        await world.run()
    await world.do(claims.hold_payment, claim_id, False, by=who.id)
    assert (await world.claim(claim_id)).pay_by == date(2027, 1, 6)
    await world.sent_run()
    with pytest.raises(Refused):
        await world.do(claims.hold_payment, claim_id, True, by=who.id)


# PAY-06 help


async def test_pay_06_a_helper_says_how_the_person_confirmed_and_never_decides_it(world: World) -> None:
    who, helper = person(), new_id()
    claim_id = await world.opened(who)
    helping = acting(helper, who.id)
    await world.do(claims.choose_recognition, claim_id, "vouchers", by=helping)
    with pytest.raises(Refused) as refused:
        await world.do(claims.submit_claim, claim_id, by=helping)
    assert rules_of(refused) == ["PAY-06"]
    await world.do(claims.submit_claim, claim_id, "Read it to them on the phone", by=helping)
    claim = await world.claim(claim_id)
    assert (claim.helped_by, claim.confirmation) == (helper, "Read it to them on the phone")
    with pytest.raises(Refused) as refused:
        await world.approve(claim_id, helper)
    assert rules_of(refused) == ["PAY-10"]


# PAY-10, 11, 14


async def test_pay_10_never_the_claimant_and_a_second_approver_is_told(world: World) -> None:
    who = person()
    claim_id = await world.submitted(who)
    with pytest.raises(Refused) as refused:
        await world.approve(claim_id, who.id)
    assert rules_of(refused) == ["PAY-10"]
    assert (await world.claim(claim_id)).state == "submitted"
    await world.approve(claim_id)
    with pytest.raises(Refused) as refused:
        await world.approve(claim_id, new_id())
    assert "already decided" in refused.value.reasons[0].text
    assert len(await world.events("claim-approved", claim_id)) == 1


async def test_pay_10_who_recorded_the_attendance_may_approve_up_to_the_limit_alone(world: World) -> None:
    small, large = await world.submitted(person(), minutes=300), await world.submitted(person(), minutes=301)
    assert (await world.approve(small, world.coordinator))["pence"] == 5000
    with pytest.raises(Refused) as refused:
        await world.approve(large, world.coordinator)
    assert rules_of(refused) == ["PAY-10"]


async def test_pay_11_over_budget_needs_a_second_approver_who_is_somebody_else(world: World) -> None:
    opportunity = await world.opportunity(budget_pence=2000)
    first = await world.submitted(person(), opportunity=opportunity)
    second = await world.submitted(person(), opportunity=opportunity)
    assert (await world.approve(first))["state"] == "approved"
    assert (await world.approve(second))["state"] == "second-approver"
    assert (await world.claim(second)).over_budget_pence == 1000
    with pytest.raises(Refused) as refused:
        await world.approve(second)
    assert rules_of(refused) == ["PAY-11"]
    assert await world.approve(second, new_id()) == {"state": "approved", "pence": 1500}


async def test_pay_11_the_commissioners_budget_counts_too(world: World) -> None:
    await world.do(set_budget, "Fenland Council", date(2026, 11, 1), date(2026, 11, 30), 1499, by=world.finance)
    assert (await world.approve(await world.submitted(person())))["state"] == "second-approver"
    other = await world.opportunity(commissioner="The Trust")
    assert (await world.approve(await world.submitted(person(), opportunity=other)))["state"] == "approved"


async def test_pay_14_a_reduced_or_refused_line_carries_a_reason_and_gets_another_look(world: World) -> None:
    who = person()
    claim_id = await world.submitted(who, miles=12)
    fee, miles = [line.id for line in await world.lines(claim_id)]
    with pytest.raises(Refused) as refused:
        await world.do(approval.approve_claim, claim_id, [Decision(fee, 1500), Decision(miles, 100)], by=world.approver)
    assert rules_of(refused) == ["PAY-14"]
    decided = [Decision(fee, 1500), Decision(miles, 450, "The shortest way is ten miles.")]
    assert (await world.do(approval.approve_claim, claim_id, decided, by=world.approver))["pence"] == 1950
    again = UUID(await world.do(looking_again.ask_for_another_look, claim_id, "The road was closed", by=who.id))
    assert [(line.kind, line.amount_pence) for line in await world.lines(again)] == [("mileage", 90)]
    with pytest.raises(Refused) as refused:
        await world.approve(again)
    assert rules_of(refused) == ["PAY-14"]
    assert (await world.approve(again, new_id())) == {"state": "approved", "pence": 90}
    for each in (claim_id, again):
        with pytest.raises(Refused):
            await world.do(looking_again.ask_for_another_look, each, "", by=who.id)


async def test_pay_14_a_refused_claim_has_reasons_and_goes_back_into_the_queue_once(world: World) -> None:
    who = person()
    claim_id = await world.submitted(who)
    await world.do(approval.refuse_claim, claim_id, "The register says you left before it began.", by=world.approver)
    assert len(await world.events("claim-refused", claim_id)) == 1
    assert await world.do(looking_again.ask_for_another_look, claim_id, "I was there", by=who.id) == str(claim_id)
    with pytest.raises(Refused):
        await world.approve(claim_id)
    assert (await world.approve(claim_id, new_id()))["pence"] == 1500


# PAY-11, 12


async def test_pay_12_a_claim_is_paid_once_and_the_ledger_says_so(world: World) -> None:
    claim_id = await world.approved(person(), miles=12)
    run_id = await world.sent_run()
    assert await world.take(run_id, await world.answer(run_id)) == {"paid": 1, "rejected": 0, "again": False}
    assert (await world.claim(claim_id)).state == "paid"
    [paid] = await world.events("claim-paid", claim_id)
    assert (paid["amount_pence"], paid["recognition"], paid["payment_run_id"]) == (2040, "bank-transfer", str(run_id))
    assert (await world.row("SELECT state FROM payment_runs")).state == "confirmed"
    balances = {row.account: row.pence for row in await world.rows("SELECT account, sum(pence)::int AS pence FROM postings GROUP BY account")}
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
    assert await world.take(run_id, answer, b"the same, saved anew") == {"paid": 0, "rejected": 0, "again": False}
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


async def test_pay_12_an_answer_before_the_run_was_sent_is_refused(world: World) -> None:
    await world.approved(person())
    run_id = await world.run()
    with pytest.raises(Refused):
        await world.take(run_id, await world.answer(run_id))


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
    told = [row.what for row in await world.rows("SELECT what FROM steps WHERE about = :id ORDER BY at, id", id=claim_id)]
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


async def test_pay_13_a_change_of_bank_details_is_said_so_that_its_owner_is_told_by_another_channel(world: World) -> None:
    who = person()
    await world.account(who, 0)
    await world.account(who, 0)
    assert await world.events("bank-details-changed") == []
    await world.account(who, 1)
    await world.account(who, 1)
    [changed] = await world.events("bank-details-changed")
    assert set(changed) == {"version", "details_id", "participant", "set_aside", "entered_by"}
    assert (changed["set_aside"], changed["entered_by"]) == (False, None)
    assert changed["participant"]["id"] == str(who.id)
    assert (await world.row("SELECT state FROM bank_details WHERE id = :id", id=UUID(changed["details_id"]))).state == "unconfirmed"
