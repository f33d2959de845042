"""NET-03: the month's statement between two organisations: compared line by line, paid once, confirmed once."""

import asyncio
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from services.payments.recharging.domain import statements as rules
from services.payments.recharging.use_cases import statements
from shared.db import Command, new_id
from shared.events import network
from shared.events.payments import StatementLine
from shared.reasons import Missing, Refused
from tests.payments.network import HOME, HOST, Guest, Region
from tests.payments.support import acting
from tests.support.plans import asked_of

ISSUED = "payments.statement-issued.v1"
ANSWERED = "payments.statement-answered.v1"


async def guests_paid(region: Region, count: int, **facts: Any) -> list[Guest]:
    """So many guests at one session, paid at home, and their recharges accepted."""
    opportunity = await region.shared()
    found = [await region.attended(opportunity, **facts) for _ in range(count)]
    for guest in found:
        await region.paid(guest)
    await region.carry()
    return found


async def both(region: Region) -> tuple[Any, Any]:
    return await region.statement(region.home), await region.statement(region.host)


async def pay(region: Region) -> None:
    received = await region.statement(region.host)
    await region.host.do(statements.mark_paid, received.id, by=region.host.finance)


async def confirm(region: Region) -> None:
    issued = await region.statement(region.home)
    await region.home.do(statements.confirm_money, issued.id, by=region.home.finance)


async def states(region: Region) -> tuple[str, str]:
    issued, received = await both(region)
    return issued.state, received.state


async def test_net_03_a_month_is_settled_by_a_statement_that_both_agree_to(region: Region) -> None:
    await guests_paid(region, 3)
    await region.month_ends()
    issued, received = await both(region)
    assert (issued.state, received.state, issued.month, issued.pence, received.pence) == ("agreed", "agreed", "2026-11", 5400, 5400)
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
    for recharge_id, moment in ((first, "2027-03-31T22:59:59Z"), (second, "2027-03-31T23:00:00Z")):  # British Summer Time
        await region.home.do(lambda tx, r=recharge_id, m=moment: tx.execute(text(str(moved).replace(":moment", f"'{m}'")), {"id": r}))
    for world in (region.home, region.host):
        world.move(days=135)
    assert region.home.clock.today().isoformat() == "2027-04-07"
    await region.jobs()
    lines = await region.home.rows("SELECT recharge_id FROM statement_lines")
    assert [line.recharge_id for line in lines] == [first]


async def test_net_03_each_host_gets_its_own_statement_and_a_long_month_several(region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
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


async def test_net_03_a_register_put_right_after_acceptance_shows_line_by_line_and_mends_itself_when_home_hears(region: Region) -> None:
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
    assert (issued.state, received.state, issued.version, issued.pence, received.pence) == ("agreed", "agreed", 2, 3000, 3000)
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
        "SELECT month, state, ours_pence, theirs_pence FROM statements AS s JOIN statement_lines AS l ON l.statement_id = s.id ORDER BY month"
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
    clicks = [region.host.database.run(key, lambda tx: statements.mark_paid(tx, received.id), once=True) for _ in range(10)]
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
    ids = {"recharge_id": row.id, "guest_id": guest.guest_id, "opportunity_id": guest.host_opportunity_id, "attendance_id": guest.host_attendance_id}
    lower = network.RechargeRaised(version=9, to=HOST, origin=HOME, fee_pence=100, expenses_pence=0, **ids)
    await region.hear(HOST, "payments.recharge-raised.v1", lower)
    with pytest.raises(Refused):
        await pay(region)
    await region.jobs()
    assert (await region.statement(region.host)).state == "differs"


async def test_net_03_what_the_host_has_paid_stands_though_home_changed_the_statement_meanwhile(region: Region) -> None:
    """A cut: the host agreed and paid; before home heard of it, a receipt raised the recharge and the statement with it."""
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
    assert [row.pence for row in await region.home.rows("SELECT ours_pence AS pence FROM statement_lines ORDER BY pence")] == [600, 1800]


# Another organisation's input


def forged(*lines: tuple[Any, int], total: int | None = None, **facts: Any) -> network.StatementIssued:
    made = tuple(StatementLine(recharge_id=key, pence=pence) for key, pence in lines)
    whose = {"version": 1, "to": HOST, "origin": HOME, "statement_id": new_id(), "month": "2026-11", **facts}
    return network.StatementIssued(**whose, lines=made, total_pence=sum(line.pence for line in made) if total is None else total)


async def test_net_03_a_statement_of_recharges_that_we_do_not_know_is_owed_nothing(region: Region) -> None:
    await region.hear(HOST, ISSUED, forged((new_id(), 500), (new_id(), 0)))
    [answer] = await region.host.events("statement-answered")
    assert (answer["state"], answer["total_pence"], len(answer["lines"])) == ("differs", 0, 2)


async def test_net_03_a_line_twice_in_one_statement_or_on_two_is_owed_once(region: Region) -> None:
    await guests_paid(region, 1)
    recharge = await region.recharge(region.home)
    await region.hear(HOST, ISSUED, forged((recharge.id, 1800), (recharge.id, 1800)))
    await region.hear(HOST, ISSUED, forged((recharge.id, 1800)))
    owed = [(row["state"], row["total_pence"]) for row in await region.host.events("statement-answered")]
    assert owed == [("differs", 1800), ("differs", 0)]


async def test_net_03_another_organisations_statement_cannot_name_a_homes_recharge(region: Region) -> None:
    await guests_paid(region, 1)
    recharge = await region.recharge(region.home)
    await region.hear(HOST, ISSUED, forged((recharge.id, 1800), origin="suffolk"))
    [answer] = await region.host.events("statement-answered")
    assert (answer["to"], answer["state"], answer["total_pence"]) == ("suffolk", "differs", 0)


async def test_net_03_a_total_is_worked_out_and_never_taken(region: Region) -> None:
    await guests_paid(region, 1)
    recharge = await region.recharge(region.home)
    await region.hear(HOST, ISSUED, forged((recharge.id, 1800), total=99_999))
    await pay(region)
    assert await region.balance(region.host, "bank") == -1800


async def test_net_03_a_replayed_statement_is_answered_once_and_a_paid_one_stays_paid(region: Region) -> None:
    await guests_paid(region, 1)
    await region.month_ends()
    row = await region.statement(region.home)
    again = network.StatementIssued(
        version=1, to=HOST, origin=HOME, statement_id=row.id, month="2026-11", lines=(StatementLine(recharge_id=new_id(), pence=5),), total_pence=5
    )
    await region.hear(HOST, ISSUED, again)
    assert len(await region.host.events("statement-answered")) == 1
    await pay(region)
    await region.hear(HOST, ISSUED, again.model_copy(update={"version": 2}))
    said = [(event["state"], event["total_pence"]) for event in await region.host.events("statement-answered")]
    assert said == [("agreed", 1800), ("settled", 1800), ("settled", 1800)]
    assert (await region.statement(region.host)).pence == 1800


async def test_net_03_an_answer_of_another_organisation_or_an_older_one_is_left(region: Region) -> None:
    await guests_paid(region, 1)
    await region.month_ends()
    row = await region.statement(region.home)
    answer = network.StatementAnswered(version=1, to=HOME, origin=HOST, statement_id=row.id, state="settled", lines=(), total_pence=0)
    for change in ({"origin": "suffolk", "version": 9}, {"version": 1}, {"statement_id": new_id(), "version": 9}):
        await region.hear(HOME, ANSWERED, answer.model_copy(update=change))
    assert (await region.statement(region.home)).state == "agreed"
    assert len(await region.home.rows("SELECT 1 FROM steps WHERE what = 'statement-answer-left'")) == 3


async def test_net_03_an_answer_with_lines_of_its_own_is_shown_and_pays_nothing(region: Region) -> None:
    await guests_paid(region, 1)
    await region.month_ends()
    row = await region.statement(region.home)
    strange = (StatementLine(recharge_id=new_id(), pence=70_000),)
    answer = network.StatementAnswered(version=2, to=HOME, origin=HOST, statement_id=row.id, state="differs", lines=strange, total_pence=70_000)
    await region.hear(HOME, ANSWERED, answer)
    shown = await region.home.rows("SELECT ours_pence, theirs_pence FROM statement_lines ORDER BY ours_pence")
    assert [tuple(line) for line in shown] == [(0, 70_000), (1800, 0)]
    for _ in range(3):
        await region.jobs()
    assert len(await region.home.events("statement-issued")) == 1
    await region.host.write("UPDATE statements SET answer_version = 2")
    await region.home.do(statements.ask_again, row.id, by=region.home.finance)
    await region.carry()
    assert (await region.statement(region.home)).state == "agreed"


async def test_net_03_after_it_was_paid_no_word_of_the_host_changes_a_statement(region: Region) -> None:
    await guests_paid(region, 1)
    await region.month_ends()
    await pay(region)
    await region.carry()
    row = await region.statement(region.home)
    strange = (StatementLine(recharge_id=new_id(), pence=7),)
    answer = network.StatementAnswered(version=7, to=HOME, origin=HOST, statement_id=row.id, state="differs", lines=strange, total_pence=7)
    for change in ({}, {"version": 8, "state": "settled"}, {"version": 9, "state": "agreed"}):
        await region.hear(HOME, ANSWERED, answer.model_copy(update=change))
    assert await region.statement(region.home) == row
    await confirm(region)
    assert await region.totals() == (0, 0)


async def test_a_statement_is_paid_by_its_host_and_confirmed_by_its_home_alone(region: Region) -> None:
    await guests_paid(region, 1)
    await region.month_ends()
    issued, received = await both(region)
    for world, statement_id, works in (
        (region.home, issued.id, (statements.mark_paid,)),
        (region.host, received.id, (statements.confirm_money, statements.take_their_figures, statements.ask_again)),
    ):
        for work in works:
            with pytest.raises(Missing):
                await world.do(lambda tx, work=work, s=statement_id: work(tx, s), by=world.finance)


async def test_pay_12_a_crash_while_a_statement_is_paid_leaves_it_to_be_paid_once(region: Region) -> None:
    await guests_paid(region, 1)
    await region.month_ends()
    received = await region.statement(region.host)

    async def crashes(tx: Any) -> None:
        await statements.mark_paid(tx, received.id)
        raise ConnectionError("killed before the commit")

    with pytest.raises(ConnectionError):
        await region.host.do(crashes, by=region.host.finance)
    assert await region.balance(region.host, "bank") == 0
    await pay(region)
    assert await region.balance(region.host, "bank") == -1800


async def test_pay_12_statements_are_issued_once_though_the_job_runs_many_times_at_once(region: Region) -> None:
    await guests_paid(region, 2)
    region.home.move(days=14)
    await asyncio.gather(*(region.home.do(statements.issue_statements) for _ in range(5)))
    assert len(await region.home.events("statement-issued")) == 1
    assert (await region.home.row("SELECT count(*) AS n FROM statement_lines")).n == 2


async def test_net_03_only_recharges_that_can_have_changed_are_looked_at_for_a_statement(region: Region) -> None:
    """What stands on statements is read no more, however old an organisation is; what is raised anew is."""
    await guests_paid(region, 3)
    await region.month_ends()
    home = region.home

    async def to_look_at() -> int:
        return (await home.row("SELECT count(*) AS number FROM recharges WHERE direction = 'raised' AND stated_version < version")).number

    await region.jobs()
    assert await to_look_at() == 0
    with asked_of(home.database) as asked:
        await home.do(statements.issue_statements)
    assert "ix_recharges_to_state" in await asked.in_order_of(home.database)
    assert not await asked.read_whole(home.database) & {"recharges", "statements", "statement_lines"}
    await guests_paid(region, 2)
    assert await to_look_at() == 2
