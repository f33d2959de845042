"""PAY-08, PAY-12: thanks other than money are owed once for an attendance, however many claims it becomes."""

from uuid import UUID

import pytest

from services.payments.claims.domain.claims import LineKind
from services.payments.claims.domain.thanks import THANKS_WITHOUT_MONEY
from services.payments.claims.use_cases import claims
from shared.identity import Role
from tests.payments.approving.support import registered
from tests.payments.support import World, person

OWED = "SELECT method, amount_pence FROM payables WHERE state <> 'withdrawn' ORDER BY amount_pence, method"


@pytest.mark.parametrize("given", [each for each in THANKS_WITHOUT_MONEY if each != "none"])
async def test_pay_08_a_receipt_that_comes_after_the_thanks_were_agreed_owes_no_second_thanks(
    world: World, given: str
) -> None:
    who = person()
    claim_id = await world.opened(who)
    line_id = UUID(await world.do(claims.add_expense, claim_id, LineKind.FARE, "Bus", 450, by=who.id))
    await world.account(who)
    await world.do(claims.choose_recognition, claim_id, given, by=who.id)
    await world.do(claims.submit_claim, claim_id, by=who.id)
    await world.approve(claim_id)
    assert [tuple(row) for row in await world.rows(OWED)] == [(given, 0)]
    more = await world.row("SELECT id FROM claims WHERE follows = :id", id=claim_id)
    await world.receipt(who, more.id, line_id)
    await world.do(claims.submit_claim, more.id, by=who.id)
    await world.approve(more.id)
    assert [tuple(row) for row in await world.rows(OWED)] == [(given, 0), ("bank-transfer", 450)]
    assert await world.broken() == {}


@pytest.mark.parametrize("first", ["bank-transfer", "training"])
async def test_pay_08_thanks_chosen_for_a_late_receipt_are_not_given_beside_those_that_were_agreed(
    site: World, first: str
) -> None:
    """The fee, or other thanks, went with the first claim: what its receipt adds is the fare."""
    who = person()
    claim_id = await site.opened(who)
    line_id = UUID(await site.do(claims.add_expense, claim_id, LineKind.FARE, "Bus", 450, by=who.id))
    await site.account(who)
    await site.do(claims.choose_recognition, claim_id, first, by=who.id)
    await site.do(claims.submit_claim, claim_id, by=who.id)
    await site.approve(claim_id)
    more = await site.row("SELECT id FROM claims WHERE follows = :id", id=claim_id)
    await site.do(claims.choose_recognition, more.id, "award", by=who.id)
    await site.receipt(who, more.id, line_id)
    page = (await site.visitor(Role.PARTICIPANT, person_id=who.id).get(f"/payments/claims/{more.id}/check")).text
    assert "£4.50" in page and "Your thanks" not in page
    await site.do(claims.submit_claim, more.id, by=who.id)
    await site.approve(more.id)
    agreed = ("bank-transfer", 1500) if first == "bank-transfer" else ("training", 0)
    found = [tuple(row) for row in await site.rows(OWED)]
    assert sorted(found) == sorted([agreed, ("bank-transfer", 450)])
    assert await site.broken() == {}


async def test_pay_08_a_corrected_register_opens_no_second_claim_of_nothing_where_thanks_are_no_money(
    world: World,
) -> None:
    register = await registered(world, minutes=60, recognition="training", planned_minutes=60)
    await world.approve(register.claim_id)
    await register.says(minutes=120)
    assert await world.rows("SELECT id FROM claims WHERE follows IS NOT NULL") == []
    assert [tuple(row) for row in await world.rows(OWED)] == [("training", 0)]
