"""PAY-05, PAY-14: another look at what was refused for want of a receipt may carry the receipt; and nobody is told that
they are paid where nothing is."""

import re
from uuid import UUID

import pytest
from sqlalchemy import text

from services.payments.approving.domain import Decision
from services.payments.approving.use_cases import approval
from services.payments.claims.domain.claims import DAYS_FOR_A_LATE_RECEIPT, LineKind
from services.payments.claims.use_cases import claims, looking_again, receipts
from shared.events import ParticipantRef
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.support import World, person


async def _late_fare(world: World, *, paid: bool = False) -> tuple[ParticipantRef, UUID]:
    """A fare whose receipt never came; its last day is over."""
    who = person()
    claim_id = await world.opened(who, opportunity=await world.opportunity(paid=paid))
    await world.do(claims.add_expense, claim_id, LineKind.FARE, "Bus", 420, by=who.id)
    await world.do(claims.choose_recognition, claim_id, "bank-transfer", by=who.id)
    await world.account(who)
    return who, claim_id


async def _look(world: World, who: ParticipantRef, claim_id: UUID) -> UUID:
    return UUID(await world.do(looking_again.ask_for_another_look, claim_id, "I found it", by=who.id))


async def test_pay_05_pay_14_another_look_at_a_fare_whose_day_passed_waits_for_its_receipt_and_is_paid_with_it(
    site: World,
) -> None:
    who, claim_id = await _late_fare(site)
    site.move(days=100)
    await site.do(receipts.refuse_late_lines)
    assert (await site.claim(claim_id)).state == "refused"
    owner = site.visitor(Role.PARTICIPANT, person_id=who.id)
    page = (await owner.get(f"/payments/claims/{claim_id}/another-look")).text
    assert f"{DAYS_FOR_A_LATE_RECEIPT} days" in page
    answer = await owner.post(f"/payments/claims/{claim_id}/another-look", data={"wish": "I found it"})
    assert "Add the receipt" in (await owner.get(answer.headers["location"])).text

    claim = await site.claim(claim_id)
    [line] = await site.lines(claim_id)
    assert (claim.state, line.state) == ("open", "waiting")
    await site.do(receipts.refuse_late_lines)
    assert [line.state for line in await site.lines(claim_id)] == ["waiting"], "its owner has new days"
    await site.receipt(who, claim_id, line.id)
    await site.do(claims.submit_claim, claim_id, by=who.id)
    assert await site.approve(claim_id) == {"state": "approved", "pence": 420}


async def test_pay_05_pay_14_a_receipt_that_does_not_come_to_the_look_ends_it_after_the_new_days(world: World) -> None:
    who, claim_id = await _late_fare(world)
    world.move(days=100)
    await world.do(receipts.refuse_late_lines)
    assert await _look(world, who, claim_id) == claim_id
    world.move(days=DAYS_FOR_A_LATE_RECEIPT)
    await world.do(receipts.refuse_late_lines)
    assert (await world.claim(claim_id)).state == "open", "it is the last day"
    world.move(days=1)
    await world.do(receipts.refuse_late_lines)
    claim = await world.claim(claim_id)
    [line] = await world.lines(claim_id)
    last_day = world.now.date()
    assert (claim.state, line.state) == ("refused", "refused")
    assert "none came by" in line.reason and str(last_day.year) in line.reason
    with pytest.raises(Refused, match="PAY-14"):
        await _look(world, who, claim_id)


async def test_pay_05_pay_14_a_look_beside_what_was_paid_waits_for_the_receipt_in_a_claim_of_its_own(
    world: World,
) -> None:
    who, claim_id = await _late_fare(world, paid=True)
    await world.do(claims.submit_claim, claim_id, by=who.id)
    world.move(days=100)
    await world.do(receipts.refuse_late_lines)
    await world.approve(claim_id)
    look_id = await _look(world, who, claim_id)
    look = await world.claim(look_id)
    [line] = await world.lines(look_id)
    assert (look.state, line.state, line.amount_pence) == ("open", "waiting", 420)
    opened = [event for event in await world.events("claim-opened") if event["claim_id"] == str(look_id)]
    assert [(event["because"], event["waiting_pence"]) for event in opened] == [("receipt", 420)]
    await world.receipt(who, look_id, line.id)
    await world.do(claims.submit_claim, look_id, by=who.id)
    with pytest.raises(Refused, match="PAY-14"):  # who decided the rest of it decided what is looked at
        await world.approve(look_id)
    assert (await world.approve(look_id, world.second))["pence"] == 420


async def test_pay_05_the_part_of_a_look_that_waits_keeps_its_days_when_the_rest_is_decided(world: World) -> None:
    who, claim_id = await _late_fare(world, paid=True)
    await world.do(claims.submit_claim, claim_id, by=who.id)
    world.move(days=100)
    await world.do(receipts.refuse_late_lines)
    await world.do(approval.refuse_claim, claim_id, "No", by=world.approver)
    assert await _look(world, who, claim_id) == claim_id
    assert (await world.claim(claim_id)).state == "submitted"
    await world.approve(claim_id, world.second)
    more = await world.row("SELECT id FROM claims WHERE follows = :id", id=claim_id)
    await world.do(receipts.refuse_late_lines)
    assert [line.state for line in await world.lines(more.id)] == ["waiting"]


async def test_pay_14_a_claim_in_which_there_is_no_amount_to_decide_is_not_approved(site: World) -> None:
    """As a program before this one sent such claims to approvers."""
    who, claim_id = await _late_fare(site, paid=True)
    await site.do(claims.submit_claim, claim_id, by=who.id)
    await site.write(
        text("UPDATE claim_lines SET state = 'refused', reason = 'No' WHERE claim_id = :id").bindparams(id=claim_id)
    )
    with pytest.raises(Refused, match="PAY-14") as refused:
        await site.do(approval.approve_claim, claim_id, list[Decision](), by=site.approver)
    assert "no amount to decide" in refused.value.reasons[0].text
    approver = site.visitor(Role.APPROVER, person_id=site.approver)
    page = (await approver.get(f"/payments/approve/{claim_id}")).text
    assert "There is no amount to decide in this claim" in page
    assert "Leave the amounts as they are" not in page and "Refuse the claim" in page


async def test_pay_05_nobody_refuses_a_claim_that_waits_for_a_receipt_alone(site: World) -> None:
    """Its owner or its last day ends the wait."""
    who, claim_id = await _late_fare(site, paid=True)
    await site.do(claims.submit_claim, claim_id, by=who.id)
    waits = "UPDATE claim_lines SET state = 'waiting', receipt_id = NULL, reason = NULL WHERE kind = 'fare'"
    await site.write(text(waits))
    await site.write(text("UPDATE claim_lines SET state = 'removed', reason = NULL WHERE kind <> 'fare'"))
    approver = site.visitor(Role.APPROVER, person_id=site.approver)
    page = (await approver.get(f"/payments/approve/{claim_id}")).text
    assert "It waits for a receipt, and goes on once that is there." in page
    assert "Refuse" not in page and "refuse it" not in page
    with pytest.raises(Refused, match="PAY-14"):
        await site.do(approval.refuse_claim, claim_id, "No", by=site.approver)
    assert (await site.claim(claim_id)).state == "submitted"


async def test_pay_14_a_claim_of_which_nothing_was_paid_never_says_paid(site: World) -> None:
    """As one ended that a program before this one approved with nothing in it."""
    who, claim_id = await _late_fare(site)
    for sql in (
        "UPDATE claim_lines SET state = 'refused', reason = 'No receipt' WHERE claim_id = :id",
        "UPDATE claims SET state = 'paid', pay_by = '2026-12-01' WHERE id = :id",
    ):
        await site.write(text(sql).bindparams(id=claim_id))
    owner = site.visitor(Role.PARTICIPANT, person_id=who.id)
    for address in (f"/payments/claims/{claim_id}", "/payments/claims"):
        page = (await owner.get(address)).text
        assert not re.search(r">\s*Paid\b|Paid: ", page), address
        assert "Not agreed" in page
