"""PAY-12: what was agreed together with something that the bank turns out to have paid before stays agreed, and nobody
is asked to send again what they had sent."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.approving.use_cases import withdrawing
from services.payments.claims.use_cases import claims
from services.payments.paying.use_cases import runs, sending
from shared.db import new_id
from shared.reasons import Refused
from tests.payments.approving.support import Register, registered
from tests.payments.bank_statements.support import payment_of
from tests.payments.paying.support import by_statement
from tests.payments.support import World


async def fee_in_vouchers_and_miles_perhaps_gone(world: World) -> tuple[Register, Any]:
    register = await registered(world, recognition="vouchers", miles=10)
    await world.approve(register.claim_id)
    bank = await world.row("SELECT id FROM payables WHERE method = 'bank-transfer'")
    run_id = UUID(await world.do(runs.make_run, [bank.id], by=world.finance))
    await world.fetch(run_id)
    await world.do(runs.cancel_run, run_id, by=world.finance)
    await world.do(withdrawing.withdraw_approval, register.claim_id, "A mistake", by=new_id())
    owner = register.event.participant.id
    await world.do(claims.choose_recognition, register.claim_id, "bank-transfer", by=owner)
    return register, await payment_of(world, run_id)


async def rest_of(world: World, register: Register) -> Any:
    return await world.row("SELECT * FROM claims WHERE follows = :id", id=register.claim_id)


async def test_pay_12_agreed_money_stays_agreed_when_the_bank_had_paid_a_part_of_it(world: World) -> None:
    register, payment = await fee_in_vouchers_and_miles_perhaps_gone(world)
    await world.approve(register.claim_id)
    clock = (await world.claim(register.claim_id)).pay_by
    await by_statement(world, world.second, payment, "paid")
    rest = await rest_of(world, register)
    assert (await world.claim(register.claim_id)).state == "paid"
    assert (rest.state, rest.follows_because, rest.pay_by) == ("approved", "rest", clock)
    owed = await world.rows("SELECT amount_pence, method FROM payables WHERE state = 'owed'")
    assert [(row.amount_pence, row.method) for row in owed] == [(1500, "bank-transfer")]
    [opened], [agreed] = await world.events("claim-opened", rest.id), await world.events("claim-approved", rest.id)
    assert (opened["agreed"], agreed["stands"], agreed["amount_pence"]) == (True, True, 1500)
    with pytest.raises(Refused):  # who approved it releases it no more than before (PAY-10)
        await world.run(world.approver)
    run_id = await world.run()
    await world.do(sending.mark_sent, run_id, by=world.finance)
    await world.by_hand(run_id, (await payment_of(world, run_id)).id, "paid", world.second)
    assert (await world.claim(rest.id)).state == "paid"
    assert await world.broken() == {}


async def test_pay_12_what_was_undecided_beside_it_need_not_be_sent_again(world: World) -> None:
    register, payment = await fee_in_vouchers_and_miles_perhaps_gone(world)
    clock = (await world.claim(register.claim_id)).pay_by
    await by_statement(world, world.second, payment, "paid")
    rest = await rest_of(world, register)
    assert (rest.state, rest.pay_by) == ("submitted", clock)
    [opened], [sent] = await world.events("claim-opened", rest.id), await world.events("claim-submitted", rest.id)
    assert (opened["sent"], opened["agreed"], sent["amount_pence"]) == (True, False, 1500)
    await world.approve(rest.id)
    assert await world.broken() == {}
