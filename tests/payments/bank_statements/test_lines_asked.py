"""PAY-10, PAY-12: who may decide about a line that waits is asked to, and nobody else; where nobody may, everybody of
finance is named as one who may not, so that the administrators hear of it."""

from typing import Any
from uuid import UUID

from services.payments.asking.use_cases import what_waits
from services.payments.bank_statements.use_cases import choosing
from shared.db import new_id
from tests.payments.bank_statements.test_bookings import OUT, near, of, on
from tests.payments.bank_statements.test_statement_shown import sent
from tests.payments.paying.support import out_of_a_file
from tests.payments.paying.test_nobody_stands_still import holds_finance
from tests.payments.support import VAULT, World, brought


async def not_for(world: World, run_id: UUID) -> Any:
    waits = [each for each in await world.read(what_waits) if each.about == run_id and each.kind == "perhaps-gone"]
    return waits[0].not_for if waits else None


async def test_pay_12_what_may_have_been_paid_twice_is_a_task_of_who_may_say_so(world: World) -> None:
    [one] = await sent(world)
    for day in (24, 25):
        await world.do(brought, on(day, of(one, OUT)), by=world.second)
    told = [event["waiting"] for event in await world.events("payments-perhaps-gone", one.run_id)]
    asked = await not_for(world, one.run_id)
    assert (told, world.second in asked, world.finance in asked) == ([1], True, False)
    [line] = await near(world)
    await world.do(choosing.choose, line.id, one.id, VAULT, by=world.finance)
    told = [event["waiting"] for event in await world.events("payments-perhaps-gone", one.run_id)]
    assert (told, await not_for(world, one.run_id)) == ([1, 0], None)


async def test_pay_12_a_line_that_was_brought_by_who_sent_it_is_a_task_of_another(world: World) -> None:
    [one] = await sent(world)
    await world.by_hand(one.run_id, one.id, "not-paid")
    await world.do(brought, on(24, of(one, OUT)), by=world.second)
    asked = await not_for(world, one.run_id)
    assert (world.finance in asked, world.second in asked) == (True, False)


async def test_pay_12_administrators_are_told_of_a_line_that_is_not_ours_which_nobody_may_say(world: World) -> None:
    """It names a run that was taken back, with another sum: one brought it, the other made the run."""
    await holds_finance(world, world.finance, world.second)
    _, run_id, gone = await out_of_a_file(world)
    await world.do(brought, on(24, ("14.00", OUT, gone.end_to_end_id)), by=world.second)
    [line] = await near(world)
    assert line.because == "amount"
    assert {world.finance, world.second} <= await not_for(world, run_id)
    another = new_id()
    await holds_finance(world, another)
    assert another not in await not_for(world, run_id)
    await world.do(choosing.choose, line.id, None, VAULT, by=another)
    assert await near(world) == []
