"""PAY-12: what counts as not paid, was paid again and went out all the same is told at once, and lost by the word of
two; what came back by a statement went out, and is nothing new."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.bank_statements.use_cases import choosing, statement_ends
from services.payments.paying.use_cases import answers, run_files, runs
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.bank_statements.support import payment_of
from tests.payments.paying.support import camt, out_of_a_file
from tests.payments.site import followed, post, step
from tests.payments.support import PAYER, VAULT, World, brought, person

LOST = "SELECT coalesce(sum(pence), 0) AS pence FROM postings WHERE account = 'losses'"


def debit(payment: Any, *others: tuple[str, str, str, str]) -> bytes:
    return camt((f"{payment.amount_pence / 100:.2f}", "DBIT", payment.end_to_end_id, ""), *others)


async def said_and_paid_again(world: World) -> tuple[Any, Any]:
    """Taken out of a file that was fetched, said not to be paid, and sent again. Returns both payments."""
    _, run_id, gone = await out_of_a_file(world)
    await world.do(answers.end_by_hand, run_id, gone.id, "not-paid", by=world.second)
    return gone, await payment_of(world, await world.sent_run())


async def told(world: World, run_id: UUID) -> list[int]:
    return [event["waiting"] for event in await world.events("payments-perhaps-gone", run_id)]


async def near(world: World) -> list[Any]:
    return await world.rows("SELECT id, because FROM bank_entries WHERE state = 'near' ORDER BY id")


async def test_pay_12_what_was_said_not_to_be_paid_and_went_out_too_is_told_at_once_and_lost(world: World) -> None:
    gone, again = await said_and_paid_again(world)
    who, line = new_id(), ("15.00", "DBIT", again.end_to_end_id, "")
    done = await world.do(brought, debit(gone, line), by=who)
    assert (done["paid"], done["went_out"], (await told(world, gone.run_id))[-1]) == (1, 1, 1)
    await world.do(brought, debit(gone, ("1.00", "DBIT", "X", "")), by=who)  # the same line, on another statement
    [first] = await near(world)
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(choosing.choose, first.id, gone.id, VAULT, asked=False, by=world.second)
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(choosing.choose, first.id, gone.id, VAULT, by=who)
    assert await world.do(choosing.choose, first.id, gone.id, VAULT, by=world.second) == "paid-twice"
    assert (await world.row(LOST)).pence == 1500
    await world.do(statement_ends.settle_what_is_known, VAULT)
    assert (await near(world), (await told(world, gone.run_id))[-1]) == ([], 0)
    later = await world.do(brought, debit(gone, ("2.00", "DBIT", "X", "")), by=who)
    assert (later["known"], later["near"], (await world.row(LOST)).pence) == (1, 0, 1500)
    assert await world.broken() == {}


async def test_pay_12_who_made_the_run_may_be_the_second_who_says_that_it_was_paid_twice(site: World) -> None:
    gone, _ = await said_and_paid_again(site)
    url = "/payments/bank-statement"
    brings, made = site.visitor(Role.FINANCE, person_id=site.second), site.visitor(Role.FINANCE, person_id=site.finance)
    await step(
        brings,
        (await post(brings, url, url, files={"statement": ("s.xml", debit(gone), "text/xml")})).headers["location"],
    )
    assert "That it was paid twice is said by somebody else. A second person decides." in (await brings.get(url)).text
    [line] = await near(site)
    page = f"{url}/lines/{line.id}"
    assert "Was this paid all the same?" in (await post(made, page, url, payment=str(gone.id))).text
    assert (await post(made, page, url, payment=str(gone.id), asked="true")).status_code == 303
    assert (await site.row(LOST)).pence == 1500


async def test_pay_12_a_list_that_was_handed_over_after_all_and_given_again_is_lost_by_the_word_of_two(
    site: World,
) -> None:
    await site.approved(person(), recognition="vouchers")
    first = await site.run()
    await site.do(run_files.fetch_list, first, PAYER, VAULT, by=site.finance)
    await site.do(runs.cancel_run, first, by=site.finance)
    gone = await payment_of(site, first)
    await site.by_hand(first, gone.id, "not-paid")
    again = await payment_of(site, await site.sent_run())
    await site.by_hand(again.run_id, again.id, "handed-over")
    made = site.visitor(Role.FINANCE, person_id=site.finance)
    page = f"/payments/runs/{first}/payments/{gone.id}"
    assert page in (await made.get(f"/payments/runs/{first}")).text
    assert "Two of you say so" in (await made.get(page)).text
    await followed(made, await post(made, page, page, how="handed-over"))
    assert (await site.row(LOST)).pence == 0
    assert await site.by_hand(first, gone.id, "handed-over") == "paid-twice"
    assert (await site.row(LOST)).pence == 1500
    stock = await site.row("SELECT sum(pence) AS pence FROM postings WHERE account = 'voucher-stock'")
    assert stock.pence == -3000


@pytest.mark.parametrize("seen", [True, False])
async def test_pay_12_a_statement_in_two_halves_says_nothing_new(world: World, seen: bool) -> None:
    """seen: a statement showed it going out before."""
    await world.approved(person())
    sent = await payment_of(world, await world.sent_run())
    back = ("15.00", "CRDT", sent.end_to_end_id, "")
    if seen:
        assert (await world.do(brought, debit(sent, back), by=world.second))["returned"] == 1
    else:
        await world.do(brought, camt(back), by=world.second)
        [line] = await near(world)
        await world.do(choosing.choose, line.id, sent.id, VAULT, by=new_id())
    half = await world.do(brought, debit(sent, ("1.00", "DBIT", "X", "")), by=world.second)
    assert (half["known"], half["near"], await told(world, sent.run_id)) == (1, 0, [])
    await world.run()
    once_more = debit(sent).replace(b"2026-11-24", b"2026-11-26")
    assert (await world.do(brought, once_more, by=world.second))["went_out"] == 1
