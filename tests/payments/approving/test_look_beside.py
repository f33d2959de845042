"""Another look (PAY-14) beside corrections: no more is owed than the register ever said and left (PAY-12)."""

import random
from uuid import UUID

import pytest

from services.payments.approving.domain import Decision
from services.payments.approving.use_cases import approval, withdrawing
from services.payments.claims.use_cases import claims, looking_again
from services.payments.correcting.use_cases import correcting
from shared.db import new_id
from shared.reasons import Refused
from tests.payments.approving.support import owed, registered
from tests.payments.support import World
from tests.support.slices import seeds

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
    look = UUID(
        await world.do(
            looking_again.ask_for_another_look, register.claim_id, "No break", by=register.event.participant.id
        )
    )
    await register.says(minutes=67)
    for claim_id in (register.claim_id, look):
        if (await world.claim(claim_id)).state == "submitted":
            await world.approve(claim_id, new_id())
    assert await owed(world) == 1117


@pytest.mark.parametrize("seed", seeds(16, quick=2))
async def test_pay_12_whatever_order_things_come_in_no_more_is_owed_than_the_register_ever_said_and_left(
    world: World, seed: int
) -> None:
    """Corrections, approvals, looks, runs, withdrawals, and their owner taking nothing and thinking again, at random:
    what can still be paid and what left come to the register's sum at most, or to what had left before. Odd seeds are
    over budget, with few who approve."""
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
            [
                "correct",
                "away",
                "approve",
                "approve",
                "reduce",
                "look",
                "run",
                "answer",
                "withdraw",
                "decline",
                "reopen",
                "reopen",
                "send",
                "send",
                "settle",
            ]
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
        left = (
            await world.row(
                "SELECT coalesce(sum(amount_pence), 0) AS pence FROM payments WHERE state IN ('sent', 'paid')"
            )
        ).pence
        most = -(-minutes * 1000 // 60)
        assert await owed(world) <= max(most, left), (seed, minutes)
        asked = await world.row(
            "SELECT coalesce(sum(amount_pence), 0) AS pence FROM claim_lines JOIN claims ON claims.id = claim_id"
            " WHERE claim_lines.state = 'ready' AND claims.state IN ('open', 'submitted')"
        )
        assert await owed(world) + asked.pence <= max(most, left), (seed, minutes)
        assert await world.broken() == {}
