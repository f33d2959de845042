"""Claims from the register to the person's account, on real PostgreSQL."""

from datetime import date
from uuid import UUID

import pytest

from services.payments.claims.domain.claims import LineKind
from services.payments.claims.use_cases import chasing, claims, looking_again, receipts
from services.payments.policy.use_cases import set_rate
from shared.db import new_id
from shared.reasons import Missing, NotYet, Refused
from tests.payments.claims.support import rules_of
from tests.payments.support import World, acting, person

# PAY-06, PAY-01


@pytest.mark.parametrize(("minutes", "pence"), [(90, 1500), (75, 1250), (1, 17)])
async def test_pay_06_a_claim_opens_by_itself_filled_in_as_pay_01_says(world: World, minutes: int, pence: int) -> None:
    who = person()
    claim_id = await world.opened(who, minutes=minutes)
    [line] = await world.lines(claim_id)
    assert (line.kind, line.minutes, line.rate_pence, line.amount_pence, line.state) == (
        "participation",
        minutes,
        1000,
        pence,
        "ready",
    )
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


# PAY-02, 03, 05


async def test_pay_02_miles_in_many_lines_need_a_route_as_in_one(world: World) -> None:
    who = person()
    claim_id = await world.opened(who)
    for _ in range(2):
        await world.do(claims.add_miles, claim_id, 120, "", False, by=who.id)
    with pytest.raises(Refused) as refused:
        await world.do(claims.add_miles, claim_id, 61, "", False, by=who.id)
    assert "with the miles that you added before" in refused.value.reasons[0].text
    await world.do(claims.add_miles, claim_id, 61, "By Ely", False, by=who.id)


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
    payables = await world.rows(
        "SELECT method, amount_pence FROM payables WHERE claim_id = :id ORDER BY method", id=claim_id
    )
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
