"""PAY-09, PAY-12, PAY-17: "the bank may have this payment" is one rule, and all who ask it hear the same."""

from itertools import product
from typing import Any

import pytest
from sqlalchemy import select

from services.payments import tables
from services.payments.approving.use_cases import withdrawing
from services.payments.claims.use_cases import claims
from services.payments.correcting.use_cases import fees
from services.payments.owing import queries as owing
from services.payments.owing.domain import leaving
from services.payments.paying.use_cases import runs
from services.payments.register import queries as register_queries
from shared.db import Transaction, new_id
from shared.reasons import Refused
from tests.payments.approving.support import registered
from tests.payments.bank_statements.support import payment_of
from tests.payments.support import World, person

STATES = ["made", "sent", "paid", "rejected", "returned", "cancelled"]
STANDS = [
    (state, in_file, settled)
    for state, in_file, settled in product(STATES, [None, 1], [False, True])
    if in_file or not settled
]


async def test_pay_12_the_rule_its_reading_and_all_who_ask_agree(world: World) -> None:
    """Every way in which a payment can stand, asked in all four places."""
    register = await registered(world)
    await world.approve(register.claim_id)
    run_id = await world.run()
    payment = await payment_of(world, run_id)
    attendance = register.event.attendance_id
    heard: dict[Any, tuple[bool, ...]] = {}

    async def ask(tx: Transaction, state: str, in_file: int | None, settled: bool) -> None:
        payments = tables.payments
        values = {"state": state, "in_file": in_file, "settled_at": tx.now if settled else None}
        await tx.execute(payments.update().where(payments.c.id == payment.id).values(**values))
        await tx.execute(
            tables.payment_runs.update().values(fetched_at=tx.now if not in_file else None)
        )  # says nothing of a payment
        row = await tx.one(select(payments, owing.may_have_left().label("read")))
        [payable] = await withdrawing.live_payables(tx, register.claim_id)
        fee = await fees.gone(tx, await register_queries.attendance_of(tx, attendance))
        heard[state, in_file, settled] = (row.read, owing.row_may_have_left(row), payable.has_left, fee > 0)
        raise Refused([])

    for stands in STANDS:
        with pytest.raises(Refused):
            await world.do(ask, *stands)
    for (state, in_file, settled), (read, of_row, withdrawn, corrected) in heard.items():
        rule = leaving.may_have_left(state, in_file, settled=settled)
        assert (read, of_row) == (rule, rule), (state, in_file, settled)
        decided = state == "paid" or (rule and state != "cancelled")
        assert (withdrawn, corrected) == (decided, decided), (state, in_file, settled)


async def test_pay_09_a_file_that_was_made_anew_is_still_at_the_bank_until_somebody_has_looked(world: World) -> None:
    register = await registered(world, minutes=200)
    who = register.event.participant
    await world.approve(register.claim_id)
    run_id = await world.run()
    await world.fetch(run_id)
    await world.do(runs.make_anew, run_id, by=world.finance)
    with pytest.raises(Refused, match="PAY-09"):
        await world.do(claims.hold_payment, register.claim_id, True, by=who.id)
    with pytest.raises(Refused, match="PAY-17"):
        await world.do(withdrawing.withdraw_approval, register.claim_id, "A mistake", by=new_id())
    await register.says(minutes=20)
    claim = await world.claim(register.claim_id)
    assert (claim.state, claim.correction_due) == ("approved", True)


async def test_pay_17_vouchers_in_a_run_whose_file_was_fetched_are_not_at_the_bank(world: World) -> None:
    await world.approved(person())
    vouchers = await world.approved(person(), recognition="vouchers")
    run_id = await world.run()
    await world.fetch(run_id)
    await world.do(withdrawing.withdraw_approval, vouchers, "A mistake", by=new_id())
    assert (await world.claim(vouchers)).state == "submitted"
