"""PAY-08, PAY-12: a transfer of fee and costs went out after all, and one of the two was sent again since. It counts as
paid for the other one, which nobody sends any more; what was sent again is the loss, and no more than that."""

from typing import Any
from uuid import UUID

from services.payments.approving.use_cases import withdrawing
from services.payments.bank_statements.use_cases import choosing
from services.payments.claims.use_cases import claims
from services.payments.paying.use_cases import runs, sending
from shared.db import new_id
from tests.payments.bank_statements.test_bookings import OUT, lost, of, on
from tests.payments.bank_statements.test_paid_twice import near
from tests.payments.paying.support import payment
from tests.payments.support import VAULT, World, brought, person

TRANSFER, VOUCHERS = "bank-transfer", "vouchers"
FEE, COSTS = 1500, 450
WAY = {"fee": TRANSFER, "costs": VOUCHERS}


async def said_not_paid(world: World) -> Any:
    """Fee and costs in one transfer, in a file that was fetched; taken out, said not to be paid, and approved again
    with the costs in vouchers. Returns that transfer."""
    who = person()
    claim_id = await world.opened(who)
    await world.do(claims.add_miles, claim_id, 100, "", False, by=who.id)
    await world.do(claims.choose_recognition, claim_id, TRANSFER, by=who.id)
    await world.account(who)
    await world.do(claims.submit_claim, claim_id, by=who.id)
    await world.approve(claim_id)
    run_id = await world.run()
    await world.fetch(run_id)
    await world.do(runs.cancel_run, run_id, by=world.finance)
    gone = await payment(world, run_id=run_id)
    await world.by_hand(run_id, gone.id, "not-paid")
    await world.do(withdrawing.withdraw_approval, claim_id, "A mistake", by=new_id())
    await world.do(claims.choose_expenses_method, claim_id, VOUCHERS, by=who.id)
    await world.approve(claim_id)
    return gone


async def made(world: World, part: str) -> UUID:
    owed = await world.row("SELECT id FROM payables WHERE state = 'owed' AND method = :way", way=WAY[part])
    return UUID(await world.do(runs.make_run, [owed.id], by=world.finance))


async def sent(world: World, part: str) -> Any:
    run_id = await made(world, part)
    await world.do(sending.mark_sent, run_id, by=world.finance)
    return await payment(world, run_id=run_id)


async def shown(world: World, gone: Any, day: int = 24) -> str:
    """The account shows that it went out; whoever looks at the line says that this is it."""
    await world.do(brought, on(day, of(gone, OUT)), by=new_id())
    [line] = await near(world)
    return await world.do(choosing.choose, line.id, gone.id, VAULT, by=world.second)


async def test_pay_12_a_fee_sent_twice_is_lost_and_the_costs_paid_with_it_are_not_sent_again(world: World) -> None:
    gone = await said_not_paid(world)
    fee = await sent(world, "fee")
    await world.by_hand(fee.run_id, fee.id, "paid")
    await shown(world, gone)
    assert await lost(world) == FEE
    assert await world.rows("SELECT id FROM payables WHERE state IN ('owed', 'returned', 'in-run')") == []
    assert (await payment(world, id=gone.id)).state == "paid"
    assert await world.broken() == {}
