"""PAY-12: while a line that names a payment of ours waits for somebody, nobody says that it is not gone, and nothing of
its attendance leaves; a line that names one is that one or none."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.bank_statements.use_cases import choosing, statement_ends
from services.payments.paying.use_cases import answers, run_files, runs, sending
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.bank_statements.support import entry, payment_of
from tests.payments.bank_statements.test_paid_twice import debit, said_and_paid_again
from tests.payments.paying.support import camt
from tests.payments.support import PAYER, VAULT, World, brought, person, seen_on_the_account


async def fetched(world: World) -> Any:
    await world.approved(person())
    run_id = await world.run()
    await world.fetch(run_id)
    return await payment_of(world, run_id)


async def refused(world: World, what: Any, *args: Any, by: UUID) -> str:
    with pytest.raises(Refused) as said:
        await world.do(what, *args, by=by)
    return said.value.reasons[0].text


async def told(world: World, run_id: UUID) -> list[int]:
    return [event["waiting"] for event in await world.events("payments-perhaps-gone", run_id)]


async def test_pay_12_what_went_out_by_a_line_that_waits_is_not_said_not_to_be_gone(world: World) -> None:
    """The file was fetched and not sent; the bank's debit is there, and the run is taken back."""
    made = await fetched(world)
    assert (await world.do(brought, debit(made), by=world.second))["near"] == 1
    assert (await told(world, made.run_id))[-1] == 1
    for again in (runs.make_anew, run_files.fetch_bank_file):
        more = (PAYER, VAULT) if again is run_files.fetch_bank_file else ()
        assert "do not give it another" in await refused(world, again, made.run_id, *more, by=world.finance)
    await world.do(runs.cancel_run, made.run_id, by=world.finance)
    assert "look at that line first" in await refused(world, answers.confirm_not_gone, made.run_id, by=new_id())
    with pytest.raises(Refused, match="PAY-12"):
        await world.run()
    assert (await told(world, made.run_id))[-1] == 1
    assert await world.do(choosing.choose, (await entry(world)).id, made.id, VAULT, by=world.second) == "paid"
    assert (await told(world, made.run_id))[-1] == 0 and await world.broken() == {}


async def test_pay_12_a_file_that_the_bank_has_is_said_to_be_sent(world: World) -> None:
    made = await fetched(world)
    await world.do(brought, debit(made), by=world.second)
    await world.do(sending.mark_sent, made.run_id, by=world.finance)
    assert await world.do(choosing.choose, (await entry(world)).id, made.id, VAULT, by=world.second) == "paid"


async def test_pay_12_an_earlier_file_of_which_the_bank_has_booked_something_is_not_said_not_to_be_there(
    world: World,
) -> None:
    made = await fetched(world)
    await world.do(runs.make_anew, made.run_id, by=world.finance)
    await world.do(brought, debit(made), by=world.second)
    assert "look at that line first" in await refused(world, answers.confirm_not_gone, made.run_id, by=new_id())


async def test_pay_12_a_line_that_waits_for_a_second_person_stops_the_word_that_it_was_not_paid(world: World) -> None:
    """Who made the run brings the line, so that it waits."""
    made = await fetched(world)
    await world.do(runs.cancel_run, made.run_id, by=world.finance)
    await world.do(brought, debit(made), by=world.finance)
    assert (await entry(world)).because == "own"
    assert "look at that line first" in await refused(world, answers.confirm_not_gone, made.run_id, by=new_id())
    assert "look at that line first" in await refused(
        world, answers.end_by_hand, made.run_id, made.id, "not-paid", by=new_id()
    )
    assert (await world.do(seen_on_the_account, by=world.second))["paid"] == 1


async def test_pay_12_a_line_that_a_program_before_this_kept_stops_money_too(world: World) -> None:
    made = await fetched(world)
    await world.do(brought, debit(made), by=world.second)
    await world.write("DELETE FROM bank_bookings")
    await world.write("UPDATE bank_entries SET bookings_kept = false")
    await world.do(statement_ends.settle_what_is_known, VAULT)
    await world.do(runs.cancel_run, made.run_id, by=world.finance)
    assert "look at that line first" in await refused(world, answers.confirm_not_gone, made.run_id, by=new_id())


# A line that names one of ours


async def test_pay_12_a_line_that_names_a_payment_is_chosen_for_that_one_alone(world: World) -> None:
    gone, _ = await said_and_paid_again(world)
    await world.approved(person())
    other = await payment_of(world, await world.sent_run())
    bringer = new_id()
    await world.do(brought, debit(gone), by=bringer)
    line = await entry(world)
    for who in (bringer, world.second):
        assert "cannot be that line" in await refused(world, choosing.choose, line.id, other.id, VAULT, by=who)
    assert "a second person must say that it is not about it" in await refused(
        world, choosing.choose, line.id, None, VAULT, by=bringer
    )
    assert await world.do(choosing.choose, line.id, None, VAULT, by=world.second) == "not-ours"
    assert (await world.row("SELECT state FROM bank_bookings")).state == "not-ours"


async def test_pay_12_the_page_offers_a_line_that_names_a_payment_that_one_alone(site: World) -> None:
    gone, _ = await said_and_paid_again(site)
    await site.approved(person())
    other = await payment_of(site, await site.sent_run())
    vault = site.app.state.gateways.vault
    bringer = new_id()
    await site.do(brought, debit(gone), vault, by=bringer)
    url = "/payments/bank-statement"
    theirs = (await site.visitor(Role.FINANCE, person_id=bringer).get(url)).text
    others = (await site.visitor(Role.FINANCE, person_id=site.second).get(url)).text
    assert "A second person decides." in theirs and "not-ours" not in theirs
    assert str(gone.id) in others and "not-ours" in others and str(other.id) not in others + theirs


async def test_pay_12_a_line_that_names_none_is_chosen_for_one_of_its_sum_as_before(world: World) -> None:
    await world.approved(person())
    sent = await payment_of(world, await world.sent_run())
    await world.do(brought, camt(("15.00", "DBIT", "A EXAMPLE", "")), by=world.second)
    assert await world.do(choosing.choose, (await entry(world)).id, sent.id, VAULT, by=world.second) == "paid"


async def test_pay_12_what_may_be_a_line_that_names_none_is_not_said_not_to_be_gone(world: World) -> None:
    made = await fetched(world)
    await world.do(runs.cancel_run, made.run_id, by=world.finance)
    assert (await world.do(brought, camt(("15.00", "DBIT", "FASTER PAYMENT", "")), by=world.second))["near"] == 1
    assert "look at that line first" in await refused(world, answers.confirm_not_gone, made.run_id, by=new_id())
    assert await world.do(choosing.choose, (await entry(world)).id, None, VAULT, by=world.second) == "not-ours"
    await world.do(answers.confirm_not_gone, made.run_id, by=new_id())
