"""NET-03: the month's statement between two organisations: compared line by line, paid once, confirmed once."""

import asyncio
from functools import partial

import pytest
from sqlalchemy import text

from services.payments.recharging.domain import statements as rules
from services.payments.recharging.use_cases import statements
from shared.db import Command, new_id
from shared.events import network
from shared.reasons import Refused
from tests.payments.network import HOME, HOST, Region
from tests.payments.recharging.support import both, confirm, guests_paid, pay, states
from tests.payments.support import acting


async def test_net_03_a_month_is_settled_by_a_statement_that_both_agree_to(region: Region) -> None:
    await guests_paid(region, 3)
    await region.month_ends()
    issued, received = await both(region)
    assert (issued.state, received.state, issued.month, issued.pence, received.pence) == (
        "agreed",
        "agreed",
        "2026-11",
        5400,
        5400,
    )
    await pay(region)
    assert await region.totals() == (5400, 0)
    await region.carry()
    assert await states(region) == ("settled", "settled")
    await confirm(region)
    assert await region.totals() == (0, 0)
    assert await region.balance(region.host, "bank") == -5400
    assert await region.balance(region.home, "bank") == 5400
    assert await states(region) == ("received", "settled")


async def test_net_03_no_statement_before_the_month_is_over_and_one_alone_after_it(region: Region) -> None:
    await guests_paid(region, 1)
    await region.jobs()
    assert await region.home.events("statement-issued") == []
    for _ in range(3):
        await region.month_ends(14 if not await region.home.rows("SELECT 1 FROM statements") else 0)
    assert len(await region.home.events("statement-issued")) == 1


async def test_net_03_a_month_begins_at_midnight_in_london(region: Region) -> None:
    """A recharge of the last minute of a month belongs to it, one of the next minute to the next."""
    await guests_paid(region, 2)
    first, second = [row.id for row in await region.home.rows("SELECT id FROM recharges ORDER BY id")]
    moved = text("UPDATE recharges SET raised_at = :moment WHERE id = :id")
    for recharge_id, moment in (
        (first, "2027-03-31T22:59:59Z"),
        (second, "2027-03-31T23:00:00Z"),
    ):  # British Summer Time
        await region.home.do(
            lambda tx, r=recharge_id, m=moment: tx.execute(text(str(moved).replace(":moment", f"'{m}'")), {"id": r})
        )
    for world in (region.home, region.host):
        world.move(days=135)
    assert region.home.clock.today().isoformat() == "2027-04-07"
    await region.jobs()
    lines = await region.home.rows("SELECT recharge_id FROM statement_lines")
    assert [line.recharge_id for line in lines] == [first]


async def test_net_03_each_host_gets_its_own_statement_and_a_long_month_several(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "in_statements", partial(rules.in_statements, most=2))
    await guests_paid(region, 5)
    await region.month_ends()
    sizes = await region.home.rows("SELECT count(*) AS n FROM statement_lines GROUP BY statement_id ORDER BY n")
    assert [row.n for row in sizes] == [1, 2, 2]
    assert {row.state for row in await region.host.rows("SELECT state FROM statements")} == {"agreed"}
    assert (await region.host.row("SELECT sum(ours_pence)::int AS pence FROM statement_lines")).pence == 9000


async def test_net_03_what_was_not_answered_yet_is_on_the_statement_and_what_was_refused_is_not(region: Region) -> None:
    opportunity = await region.shared()
    refused, unanswered = [await region.attended(opportunity) for _ in range(2)]
    await region.corrected(refused, home=False, minutes=30)
    await region.paid(refused)
    await region.carry()
    await region.paid(unanswered)
    await region.month_ends()
    issued, received = await both(region)
    assert (issued.state, received.state, issued.pence) == ("agreed", "agreed", 1800)


async def test_net_03_a_statement_that_overtakes_its_recharge_differs_until_it_has_come(region: Region) -> None:
    opportunity = await region.shared()
    await region.paid(await region.attended(opportunity))
    [(subject, recharge)] = await region.waiting(HOME)
    await region.month_ends()
    assert await states(region) == ("differs", "differs")
    await region.hear(HOST, subject, recharge)
    await region.jobs()
    await region.carry()
    assert await states(region) == ("agreed", "agreed")
    assert await region.totals() == (1800, 1800)


async def test_net_03_a_register_put_right_after_acceptance_shows_line_by_line_and_mends_itself_when_home_hears(
    region: Region,
) -> None:
    _, second = await guests_paid(region, 2)
    await region.corrected(second, home=False, minutes=60)
    await region.month_ends()
    lines = await region.home.rows("SELECT ours_pence, theirs_pence FROM statement_lines ORDER BY theirs_pence")
    assert [tuple(line) for line in lines] == [(1800, 1200), (1800, 1800)]
    assert await states(region) == ("differs", "differs")
    await region.corrected(second, host=False, minutes=60)
    await region.jobs()
    await region.carry()
    issued, received = await both(region)
    assert (issued.state, received.state, issued.version, issued.pence, received.pence) == (
        "agreed",
        "agreed",
        2,
        3000,
        3000,
    )
    assert await region.totals() == (3000, 3000)


async def test_net_03_finance_takes_their_figures_and_both_ledgers_follow(region: Region) -> None:
    _, second = await guests_paid(region, 2)
    await region.corrected(second, home=False, minutes=60)
    await region.month_ends()
    issued = await region.statement(region.home)
    await region.home.do(statements.take_their_figures, issued.id, by=region.home.finance)
    await region.carry()
    assert await states(region) == ("agreed", "agreed")
    assert await region.totals() == (3000, 3000)
    with pytest.raises(Refused):
        await region.home.do(statements.take_their_figures, issued.id, by=region.home.finance)


async def test_net_03_asked_again_the_host_compares_with_what_it_has_put_right(region: Region) -> None:
    [guest] = await guests_paid(region, 1)
    await region.corrected(guest, home=False, minutes=60)
    await region.month_ends()
    await region.corrected(guest, home=False, version=3, minutes=90)
    issued = await region.statement(region.home)
    await region.home.do(statements.ask_again, issued.id, by=region.home.finance)
    await region.carry()
    assert await states(region) == ("agreed", "agreed")
    with pytest.raises(Refused):
        await region.home.do(statements.ask_again, issued.id, by=region.home.finance)


async def test_net_03_what_is_agreed_stands_when_the_register_is_put_right_afterwards(region: Region) -> None:
    [guest] = await guests_paid(region, 1)
    await region.month_ends()
    await region.corrected(guest, minutes=60)
    await region.jobs()
    await region.carry()
    assert await states(region) == ("agreed", "agreed")
    await pay(region)
    await region.carry()
    await confirm(region)
    assert await region.totals() == (0, 0)


async def test_net_03_what_is_added_after_a_statement_comes_on_the_next(region: Region) -> None:
    [guest] = await guests_paid(region, 1)
    await region.month_ends()
    await region.corrected(guest, minutes=120)
    more = (await region.home.row("SELECT id FROM claims WHERE follows_because = 'correction'")).id
    await region.send(guest, more)
    await region.pay()
    await region.carry()
    await region.month_ends(28)
    rows = await region.home.rows(
        "SELECT month, state, ours_pence, theirs_pence FROM statements AS s JOIN statement_lines AS l ON "
        "l.statement_id = s.id ORDER BY month"
    )
    assert [tuple(row) for row in rows] == [("2026-11", "agreed", 1800, 1800), ("2026-12", "agreed", 600, 600)]
    for row in await region.host.rows("SELECT id FROM statements"):
        await region.host.do(statements.mark_paid, row.id, by=region.host.finance)
    await region.carry()
    for row in await region.home.rows("SELECT id FROM statements"):
        await region.home.do(statements.confirm_money, row.id, by=region.home.finance)
    assert await region.totals() == (0, 0)


# Paying it, once


async def test_net_03_twenty_clicks_pay_a_statement_once(region: Region) -> None:
    await guests_paid(region, 1)
    await region.month_ends()
    issued, received = await both(region)
    key = Command("pay-statement", acting(region.host.finance), new_id())
    clicks = [
        region.host.database.run(key, lambda tx: statements.mark_paid(tx, received.id), once=True) for _ in range(10)
    ]
    assert await asyncio.gather(*clicks) == ["settled"] * 10
    others = [region.host.do(statements.mark_paid, received.id, by=new_id()) for _ in range(10)]
    results = await asyncio.gather(*others, return_exceptions=True)
    assert [type(result) for result in results] == [Refused] * 10
    confirming = [region.home.do(statements.confirm_money, issued.id, by=new_id()) for _ in range(10)]
    results = await asyncio.gather(*confirming, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Refused"] * 9 + ["str"]
    assert await region.totals() == (0, 0)
    assert len([row for row in await region.host.events("statement-answered") if row["state"] == "settled"]) == 1


async def test_net_03_the_money_may_come_in_before_word_of_it(region: Region) -> None:
    await guests_paid(region, 1)
    await region.month_ends()
    await pay(region)
    await confirm(region)
    await region.carry()
    assert await states(region) == ("received", "settled")
    assert await region.totals() == (0, 0)


async def test_net_03_what_differs_is_neither_paid_nor_confirmed(region: Region) -> None:
    [guest] = await guests_paid(region, 1)
    await region.corrected(guest, home=False, minutes=60)
    await region.month_ends()
    with pytest.raises(Refused):
        await pay(region)
    with pytest.raises(Refused):
        await confirm(region)
    assert await region.balance(region.host, "bank") == 0


async def test_net_03_a_recharge_lowered_after_we_agreed_stops_the_payment(region: Region) -> None:
    """An organisation that lowers a recharge and leaves its statement as it was."""
    await guests_paid(region, 1)
    await region.month_ends()
    row = await region.recharge(region.home)
    guest = await region.home.row("SELECT * FROM attendances")
    ids = {
        "recharge_id": row.id,
        "guest_id": guest.guest_id,
        "opportunity_id": guest.host_opportunity_id,
        "attendance_id": guest.host_attendance_id,
    }
    lower = network.RechargeRaised(version=9, to=HOST, origin=HOME, fee_pence=100, expenses_pence=0, **ids)
    await region.hear(HOST, "payments.recharge-raised.v1", lower)
    with pytest.raises(Refused):
        await pay(region)
    await region.jobs()
    assert (await region.statement(region.host)).state == "differs"


async def test_net_03_what_the_host_has_paid_stands_though_home_changed_the_statement_meanwhile(region: Region) -> None:
    """A cut: the host agreed and paid; before home heard of it, a receipt raised the recharge and the statement with
    it."""
    [guest] = await guests_paid(region, 1)
    for world in (region.home, region.host):
        world.move(days=14)
    await region.jobs()
    [(subject, statement)] = await region.waiting(HOME)
    await region.hear(HOST, subject, statement)
    await pay(region)
    from_host = await region.waiting(HOST)
    await region.corrected(guest, minutes=120)
    more = (await region.home.row("SELECT id FROM claims WHERE follows_because = 'correction'")).id
    await region.send(guest, more)
    await region.pay()
    await region.jobs()
    assert (await region.statement(region.home)).pence == 2400
    for said in from_host:
        await region.hear(HOME, *said)
    await region.carry()
    issued, received = await both(region)
    assert (issued.state, received.state, issued.pence, received.pence) == ("settled", "settled", 1800, 1800)
    await confirm(region)
    assert await region.totals() == (600, 600)
    await region.month_ends(28)
    assert [
        row.pence for row in await region.home.rows("SELECT ours_pence AS pence FROM statement_lines ORDER BY pence")
    ] == [600, 1800]
