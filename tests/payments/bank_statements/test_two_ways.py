"""PAY-08, PAY-12: a claim that leaves in two ways: what pays its costs does not stand in the place of its fee."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.approving.use_cases import withdrawing
from services.payments.bank_statements.use_cases import choosing
from services.payments.claims.use_cases import claims
from services.payments.paying.use_cases import runs, sending
from shared.db import new_id
from tests.payments.bank_statements.test_bookings import BACK, OUT, lost, of, on
from tests.payments.bank_statements.test_paid_twice import near
from tests.payments.paying.support import payment
from tests.payments.support import VAULT, World, brought, person

TRANSFER, VOUCHERS = "bank-transfer", "vouchers"


async def fee_and_vouchers(world: World) -> UUID:
    """Approved: the fee into the bank, the costs in vouchers."""
    who = person()
    claim_id = await world.opened(who)
    await world.do(claims.add_miles, claim_id, 100, "", False, by=who.id)
    await world.do(claims.choose_recognition, claim_id, TRANSFER, by=who.id)
    await world.do(claims.choose_expenses_method, claim_id, VOUCHERS, by=who.id)
    await world.account(who)
    await world.do(claims.submit_claim, claim_id, by=who.id)
    await world.approve(claim_id)
    return claim_id


async def approved_again(world: World) -> Any:
    """Its transfer was in a file that was fetched, was said not to be paid, and all of it was approved again. Returns
    that transfer."""
    claim_id = await fee_and_vouchers(world)
    run_id = await world.run()
    await world.fetch(run_id)
    await world.do(runs.cancel_run, run_id, by=world.finance)
    gone = await payment(world, run_id=run_id, method=TRANSFER)
    await world.by_hand(run_id, gone.id, "not-paid")
    await world.do(withdrawing.withdraw_approval, claim_id, "A mistake", by=new_id())
    await world.approve(claim_id)
    return gone


async def sent_of(world: World, *methods: str) -> dict[str, Any]:
    """What is owed in these ways is sent in one run: its payments, by way."""
    owed = await world.rows("SELECT id FROM payables WHERE state = 'owed' AND method = ANY(:ways)", ways=list(methods))
    run_id = UUID(await world.do(runs.make_run, [row.id for row in owed], looked=True, by=world.finance))
    await world.do(sending.mark_sent, run_id, by=world.finance)
    return {method: await payment(world, run_id=run_id, method=method) for method in methods}


async def live(world: World) -> dict[str, str]:
    """What is owed of all claims, on its way or paid, by way."""
    rows = await world.rows("SELECT method, state FROM payables WHERE state <> 'withdrawn'")
    return {row.method: row.state for row in rows}


async def test_pay_12_a_fee_that_went_out_after_all_is_paid_though_the_costs_were_paid_since(world: World) -> None:
    gone = await approved_again(world)
    await sent_of(world, VOUCHERS)
    await world.do(brought, on(24, of(gone, OUT)), by=world.second)
    assert (await near(world), await lost(world)) == ([], 0)
    assert await live(world) == {TRANSFER: "paid", VOUCHERS: "in-run"}  # and the fee is not owed besides
    assert await world.broken() == {}


@pytest.mark.parametrize("of_vouchers", ["sent", "given", "lost"])
async def test_pay_12_a_fee_that_came_back_is_kept_by_the_lost_one_whatever_became_of_the_costs(
    world: World, of_vouchers: str
) -> None:
    gone = await approved_again(world)
    again = await sent_of(world, TRANSFER, VOUCHERS)
    fee, costs = again[TRANSFER], again[VOUCHERS]
    await world.do(brought, on(24, of(gone, OUT), of(fee, OUT)), by=new_id())
    [line] = await near(world)
    assert await world.do(choosing.choose, line.id, gone.id, VAULT, by=world.second) == "paid-twice"
    if of_vouchers == "given":
        await world.by_hand(costs.run_id, costs.id, "handed-over")
    elif of_vouchers == "lost":  # what was lost of the fee does not pay them
        assert await world.by_hand(costs.run_id, costs.id, "lost") == "rejected"
    costs_are = {"sent": "in-run", "given": "paid", "lost": "owed"}[of_vouchers]
    assert (await live(world), await lost(world)) == (
        {TRANSFER: "paid", VOUCHERS: costs_are},
        1500 + 450 * (of_vouchers == "lost"),
    )
    done = await world.do(brought, on(26, of(fee, BACK)), by=world.second)
    assert (done["returned"], done["stay_paid"]) == (1, 1)
    assert await live(world) == {TRANSFER: "paid", VOUCHERS: costs_are}
    assert (await payment(world, id=gone.id)).state == "paid"
    assert await world.events("claim-owed-again", fee.claim_id) == [] or of_vouchers == "lost"
    assert await world.broken() == {}
