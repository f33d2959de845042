"""PAY-12, PAY-14, PAY-17: a slip in the register, put right, costs nobody what they asked for or what was theirs."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.approving.domain import Decision
from services.payments.approving.use_cases import approval
from services.payments.claims.use_cases import claims, looking_again, undoing
from services.payments.correcting.use_cases import correcting
from services.payments.paying.use_cases import runs, sending
from shared.db import new_id
from shared.reasons import Refused
from tests.payments.approving.support import Register, owed, registered
from tests.payments.bank_statements.support import payment_of
from tests.payments.claims.test_one_ground import two_fetched
from tests.payments.support import World


async def looked_at(world: World) -> tuple[Register, UUID]:
    """£10.00 of £15.00 agreed, and a look at the rest that was sent."""
    register = await registered(world)
    [fee] = await world.lines(register.claim_id)
    await world.do(approval.approve_claim, register.claim_id, [Decision(fee.id, 1000, "A break")], by=world.approver)
    return register, UUID(
        await world.do(
            looking_again.ask_for_another_look, register.claim_id, "No break", by=register.event.participant.id
        )
    )


async def asked(world: World, claim_id: UUID) -> list[int]:
    return [line.amount_pence for line in await world.lines(claim_id) if line.state == "ready"]


@pytest.mark.parametrize(("slip", "meanwhile"), [(60, []), (72, [200]), (30, [])])
async def test_pay_14_a_look_is_asked_for_again_once_a_slip_in_the_register_is_put_right(
    world: World, slip: int, meanwhile: list[int]
) -> None:
    register, look = await looked_at(world)
    await register.says(minutes=slip)
    assert await asked(world, look) == meanwhile
    await register.says(minutes=90)
    if slip < 60:  # then the first claim is decided again, and asks for all of it
        assert await asked(world, register.claim_id) + await asked(world, look) == [1500]
        return
    assert await asked(world, look) == [500]
    assert (await world.row("SELECT count(*) AS number FROM claims")).number == 2
    if (await world.claim(look)).state == "open":
        await world.do(claims.submit_claim, look, by=register.event.participant.id)
    with pytest.raises(Refused, match="PAY-14"):
        await world.approve(look, world.approver)
    await world.approve(look, new_id())
    assert await owed(world) == 1500


@pytest.mark.parametrize("ends", ["handed over", "on its way"])
async def test_pay_17_costs_that_the_register_refused_are_asked_for_again_beside_a_fee_that_left(
    world: World, ends: str
) -> None:
    register = await registered(world, recognition="vouchers", miles=10)
    await world.approve(register.claim_id)
    fee = await world.row("SELECT id FROM payables WHERE method = 'vouchers'")
    run_id = UUID(await world.do(runs.make_run, [fee.id], looked=True, by=world.finance))
    await world.do(sending.mark_sent, run_id, by=world.finance)
    await register.says(present=False, minutes=0)
    if ends == "handed over":
        await world.by_hand(run_id, (await payment_of(world, run_id)).id, "handed-over")
    await register.says(present=True, minutes=90)
    await world.do(correcting.settle_due_corrections)
    rest = await world.row("SELECT id, state FROM claims WHERE follows IS NOT NULL")
    assert (rest.state, await asked(world, rest.id)) == ("submitted", [450]), "its owner had sent it before"
    await world.approve(rest.id)
    assert await owed(world) == 1950


async def test_pay_17_a_claim_of_which_all_went_by_another_is_over_and_says_so(world: World) -> None:
    register, _, second = await two_fetched(world, "bank-transfer")
    claim: Any = await world.claim(register.claim_id)
    assert (claim.state, claim.refused_because) == ("refused", undoing.IN_ANOTHER)
    assert len(await world.events("claim-refused", register.claim_id)) == 1
    await register.says(minutes=90)
    [more] = await world.rows("SELECT id FROM claims WHERE follows_because = 'correction'")
    assert await asked(world, more.id) == [1000]
    assert (await payment_of(world, second)).amount_pence == 500
