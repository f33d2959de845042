"""Who corrects a register or helps with a claim does not decide it (PAY-10), and what a helper may not leave
unconfirmed (PAY-06)."""

from uuid import UUID

import pytest

from services.payments.approving.use_cases import approval, withdrawing
from services.payments.claims.domain.claims import LineKind
from services.payments.claims.use_cases import claims
from shared.db import new_id
from shared.reasons import Refused
from tests.payments.approving.support import registered
from tests.payments.support import World, acting, person

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
async def test_pay_10_who_touched_a_claim_while_helping_does_not_decide_it_whoever_sends_it(
    world: World, touch: str
) -> None:
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
    assert (
        held["pay_by"] == "2026-12-07"
        and goes_on["pay_by"] == (await world.claim(claim_id)).pay_by.isoformat() > "2026-12-07"
    )
