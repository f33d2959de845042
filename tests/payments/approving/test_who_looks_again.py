"""PAY-10, PAY-14, PAY-17: another look is somebody else's than who decided what it looks at; and of nobody else's but
theirs."""

from uuid import UUID

import pytest

from services.payments.approving.domain import Decision
from services.payments.approving.use_cases import approval, withdrawing
from services.payments.claims.use_cases import looking_again
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.approving.support import Register, owed, registered
from tests.payments.support import World

GRACE, OWEN = new_id(), new_id()
"""Who approves here: these two, and nobody else."""


async def _take_back(world: World, claim_id: UUID, who: UUID) -> None:
    await world.do(withdrawing.withdraw_approval, claim_id, "A mistake", by=who)


async def _decide(world: World, claim_id: UUID, who: UUID, pence: int) -> None:
    lines = [Decision(line.id, pence, "A break") for line in await world.lines(claim_id) if line.state == "ready"]
    await world.do(approval.approve_claim, claim_id, lines, by=who)


async def _look(world: World, register: Register) -> UUID:
    return UUID(
        await world.do(
            looking_again.ask_for_another_look, register.claim_id, "Please", by=register.event.participant.id
        )
    )


async def _may_not(world: World, claim_id: UUID, who: UUID, rule: str = "PAY-14") -> None:
    with pytest.raises(Refused, match=rule):
        await world.approve(claim_id, who)


async def test_pay_14_who_looked_again_at_what_another_refused_decides_it_again_once_it_is_taken_back(
    world: World,
) -> None:
    register = await registered(world, recognition="vouchers")
    await world.do(approval.refuse_claim, register.claim_id, "No", by=GRACE)
    assert await _look(world, register) == register.claim_id
    await world.approve(register.claim_id, OWEN)
    await _take_back(world, register.claim_id, GRACE)
    await _may_not(world, register.claim_id, GRACE)
    await world.approve(register.claim_id, OWEN)
    assert await owed(world) == 1500


async def test_pay_14_a_look_beside_is_decided_again_by_who_decided_it_once_the_register_was_put_right(
    world: World,
) -> None:
    register = await registered(world)
    await _decide(world, register.claim_id, GRACE, 500)
    look = await _look(world, register)
    await world.approve(look, OWEN)
    await register.says(minutes=60)
    await _may_not(world, look, GRACE)
    await world.approve(look, OWEN)
    assert await owed(world) == 1000


async def test_pay_17_what_is_looked_at_beside_is_decided_again_by_anybody_once_it_is_taken_back(world: World) -> None:
    """The first claim is no look; and the look stays one at what was decided when it was asked for."""
    register = await registered(world)
    await _decide(world, register.claim_id, GRACE, 500)
    look = await _look(world, register)
    await _take_back(world, register.claim_id, OWEN)
    await world.approve(register.claim_id, OWEN)
    await _take_back(world, register.claim_id, OWEN)
    await world.approve(register.claim_id, GRACE)
    await _may_not(world, look, GRACE)
    await world.approve(look, OWEN)
    assert await owed(world) == 1500


async def test_pay_14_a_decision_that_was_taken_back_before_is_none_that_is_looked_at(world: World) -> None:
    register = await registered(world)
    await world.approve(register.claim_id, OWEN)
    await _take_back(world, register.claim_id, GRACE)
    await world.do(approval.refuse_claim, register.claim_id, "No", by=GRACE)
    await _look(world, register)
    await _may_not(world, register.claim_id, GRACE)
    await world.approve(register.claim_id, OWEN)
    assert await owed(world) == 1500


async def test_pay_14_who_refused_a_line_that_stays_refused_does_not_look_at_it_again(world: World) -> None:
    """The register takes the approval of the rest back, and somebody else decides that: what was refused was the first
    one's."""
    register = await registered(world, miles=10)
    lines = await world.lines(register.claim_id)
    no_miles = [Decision(line.id, 0 if line.kind == "mileage" else line.amount_pence, "By train") for line in lines]
    await world.do(approval.approve_claim, register.claim_id, no_miles, by=GRACE)
    await register.says(minutes=60)
    await world.approve(register.claim_id, OWEN)
    look = await _look(world, register)
    await _may_not(world, look, GRACE)
    await _may_not(world, look, OWEN)
    await world.approve(look, new_id())
    assert await owed(world) == 1450


async def test_pay_14_of_what_two_decided_both_are_who_decided_it(world: World) -> None:
    register = await registered(world, budget_pence=300)
    await _decide(world, register.claim_id, OWEN, 500)
    await world.do(approval.approve_claim, register.claim_id, [], 200, by=GRACE)
    look = await _look(world, register)
    await _may_not(world, look, OWEN)
    await _may_not(world, look, GRACE)
    await world.approve(look, new_id())
    assert (await world.claim(look)).state == "second-approver"


async def test_pay_14_who_may_not_decide_reads_why_and_what_to_do_before_they_try(site: World) -> None:
    world = site
    register = await registered(world, budget_pence=300)
    await _decide(world, register.claim_id, OWEN, 500)
    page = f"/payments/approve/{register.claim_id}"
    owen = site.visitor(Role.APPROVER, person_id=OWEN)
    assert "You approved this claim already" in (await owen.get(page)).text
    await world.do(approval.approve_claim, register.claim_id, [], 200, by=GRACE)
    look = f"/payments/approve/{await _look(world, register)}"
    for who in (OWEN, GRACE):
        shown = (await site.visitor(Role.APPROVER, person_id=who).get(look)).text
        assert "You decided this before" in shown
        assert "ask an administrator for one more person with the approver role" in shown
        assert '<form method="post" action="/payments/approve' not in shown
    shown = (await site.visitor(Role.APPROVER, person_id=new_id()).get(look)).text
    assert "You decided this before" not in shown and "Approve</button>" in shown.replace("\n", "").replace("  ", "")
