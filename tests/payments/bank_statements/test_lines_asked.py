"""PAY-10, PAY-12: who may decide about a line that waits is asked to, and nobody else; where nobody may, everybody of
finance is named as one who may not, so that the administrators hear of it."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.asking.use_cases import what_waits
from services.payments.bank_statements.use_cases import choosing, statement_ends
from shared.db import new_id
from shared.identity import Role
from tests.payments.bank_statements.support import payment_of
from tests.payments.bank_statements.test_bookings import BACK, OUT, message, near, of, on, states
from tests.payments.bank_statements.test_statement_shown import sent
from tests.payments.paying.support import camt, out_of_a_file
from tests.payments.paying.test_nobody_stands_still import holds_finance
from tests.payments.support import VAULT, World, brought, person, seen_on_the_account


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
    """It names a run that was taken back, with another sum; the one of finance who is left brought it."""
    await holds_finance(world, world.second)
    _, run_id, gone = await out_of_a_file(world)
    await world.do(brought, on(24, ("14.00", OUT, gone.end_to_end_id)), by=world.second)
    [line] = await near(world)
    assert line.because == "amount"
    assert world.second in await not_for(world, run_id)
    another = new_id()
    await holds_finance(world, another)
    assert another not in await not_for(world, run_id)
    await world.do(choosing.choose, line.id, None, VAULT, by=another)
    assert await near(world) == []


async def test_pay_12_two_of_two_say_together_that_a_line_is_not_ours(site: World) -> None:
    """One of them made the run, the other brought the line: 7a."""
    vault, url = site.app.state.gateways.vault, "/payments/bank-statement"
    await holds_finance(site, site.finance, site.second)
    _, run_id, gone = await out_of_a_file(site)
    await site.do(brought, on(24, ("14.00", OUT, gone.end_to_end_id)), vault, by=site.second)
    [line] = await near(site)
    assert not {site.finance, site.second} & await not_for(site, run_id)
    visitors = [site.visitor(Role.FINANCE, person_id=who) for who in (site.finance, site.second)]
    assert "two of you say so" in (await visitors[0].get(url)).text
    for _ in range(2):
        assert await site.do(choosing.choose, line.id, None, vault, by=site.finance) == "said"
    assert site.finance in await not_for(site, run_id) and site.second not in await not_for(site, run_id)
    assert "It counts once you say the same" in (await visitors[1].get(url)).text
    assert await site.do(choosing.choose, line.id, None, vault, by=site.second) == "not-ours"
    assert await near(site) == []


async def test_pay_12_a_line_about_what_is_on_its_way_is_a_task_of_its_own(world: World) -> None:
    await holds_finance(world, world.finance, world.second)
    [one] = await sent(world)
    await world.do(brought, on(24, ("14.00", OUT, one.end_to_end_id)), by=world.second)
    told = [event["waiting"] for event in await world.events("payments-perhaps-gone", one.run_id)]
    assert told == [1] and not {world.finance, world.second} & await not_for(world, one.run_id)


async def test_pay_12_administrators_are_told_of_a_line_about_what_is_on_its_way_which_nobody_may_decide(
    world: World,
) -> None:
    await holds_finance(world, world.second)
    [one] = await sent(world)
    await world.do(brought, on(24, ("14.00", OUT, one.end_to_end_id)), by=world.second)
    assert world.second in await not_for(world, one.run_id)


async def test_pay_12_a_part_of_a_file_that_came_back_is_what_was_said_by_hand_to_have_come_back(world: World) -> None:
    """7b: a credit of two of three, before or after somebody said which."""
    await holds_finance(world, world.finance, world.second)
    payments = await sent(world, 3)
    run_id, name = payments[0].run_id, await message(world, payments[0].run_id)
    await world.do(brought, on(24, ("45.00", OUT, name)), by=world.second)
    await world.do(brought, on(26, ("30.00", BACK, name)), by=world.second)
    [line] = await near(world)
    assert line.because == "file"
    assert not {world.finance, world.second} & await not_for(world, run_id)
    for payment in payments[:2]:
        await world.by_hand(run_id, payment.id, "came-back")
    await world.do(statement_ends.settle_what_is_known, VAULT)
    await world.do(statement_ends.settle_what_is_known, VAULT)
    assert await near(world) == [] and await not_for(world, run_id) is None
    assert await states(world, run_id) == ["returned", "returned", "paid"] and await world.broken() == {}


async def test_pay_12_money_that_came_back_is_a_task_of_who_may_say_so_by_hand(world: World) -> None:
    """7c: one brought the credit, the other made the run; who brought it may say so on the payment's own page."""
    await holds_finance(world, world.finance, world.second)
    [one] = await sent(world)
    await world.by_hand(one.run_id, one.id, "paid")
    await world.do(brought, on(26, of(one, BACK)), by=world.second)
    asked = await not_for(world, one.run_id)
    assert (world.second in asked, world.finance in asked) == (False, True)
    await world.by_hand(one.run_id, one.id, "came-back")
    await world.do(statement_ends.settle_what_is_known, VAULT)
    assert await not_for(world, one.run_id) is None and await near(world) == []


@pytest.mark.parametrize("third", [False, True])
async def test_pay_12_who_brought_a_return_confirms_it_where_the_only_other_of_finance_sent_it(
    world: World, third: bool
) -> None:
    """By hand their word would count alone; and whoever says that it came back does not send it again alone."""
    await holds_finance(world, world.finance, world.second, *([new_id()] if third else []))
    await world.approved(person())
    run_id = await world.sent_run()
    payment = await payment_of(world, run_id)
    sum_ = f"{payment.amount_pence / 100:.2f}"
    await world.by_hand(run_id, payment.id, "paid")
    await world.do(brought, camt((sum_, "CRDT", payment.end_to_end_id, "AC04")), by=world.second)
    assert await world.do(seen_on_the_account, by=world.finance) == {"paid": 0, "returned": 0, "stay": 1}
    done = await world.do(seen_on_the_account, by=world.second)
    assert (done["returned"], done["stay"]) == ((0, 1) if third else (1, 0))
