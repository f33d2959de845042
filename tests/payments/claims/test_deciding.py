"""Who approves what, over budget too, and another look (PAY-10, PAY-11, PAY-14)."""

from datetime import date
from uuid import UUID

import pytest

from services.payments.approving.domain import Decision
from services.payments.approving.use_cases import approval
from services.payments.claims.use_cases import looking_again
from services.payments.ledger.use_cases.budgets import set_budget
from shared.db import new_id
from shared.reasons import Refused
from tests.payments.claims.support import rules_of
from tests.payments.support import World, person

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
