"""NET-03: what another organisation may say of a statement, and what it cannot change."""

import asyncio
from typing import Any

import pytest

from services.payments.recharging.use_cases import statements
from shared.db import new_id
from shared.events import network
from shared.events.lines import StatementLine
from shared.reasons import Missing
from tests.payments.network import HOME, HOST, Region
from tests.payments.recharging.support import both, confirm, guests_paid, pay
from tests.support.plans import asked_of

ISSUED = "payments.statement-issued.v1"
ANSWERED = "payments.statement-answered.v1"


# Another organisation's input


def forged(*lines: tuple[Any, int], total: int | None = None, **facts: Any) -> network.StatementIssued:
    made = tuple(StatementLine(recharge_id=key, pence=pence) for key, pence in lines)
    whose: dict[str, Any] = {"version": 1, "to": HOST, "origin": HOME, "statement_id": new_id(), "month": "2026-11"}
    return network.StatementIssued(
        **whose | facts, lines=made, total_pence=sum(line.pence for line in made) if total is None else total
    )


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
        version=1,
        to=HOST,
        origin=HOME,
        statement_id=row.id,
        month="2026-11",
        lines=(StatementLine(recharge_id=new_id(), pence=5),),
        total_pence=5,
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
    answer = network.StatementAnswered(
        version=1, to=HOME, origin=HOST, statement_id=row.id, state="settled", lines=(), total_pence=0
    )
    for change in ({"origin": "suffolk", "version": 9}, {"version": 1}, {"statement_id": new_id(), "version": 9}):
        await region.hear(HOME, ANSWERED, answer.model_copy(update=change))
    assert (await region.statement(region.home)).state == "agreed"
    assert len(await region.home.rows("SELECT 1 FROM steps WHERE what = 'statement-answer-left'")) == 3


async def test_net_03_an_answer_with_lines_of_its_own_is_shown_and_pays_nothing(region: Region) -> None:
    await guests_paid(region, 1)
    await region.month_ends()
    row = await region.statement(region.home)
    strange = (StatementLine(recharge_id=new_id(), pence=70_000),)
    answer = network.StatementAnswered(
        version=2, to=HOME, origin=HOST, statement_id=row.id, state="differs", lines=strange, total_pence=70_000
    )
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
    answer = network.StatementAnswered(
        version=7, to=HOME, origin=HOST, statement_id=row.id, state="differs", lines=strange, total_pence=7
    )
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
    """What stands on statements is read no more, however old an organisation is; what is raised again is."""
    await guests_paid(region, 3)
    await region.month_ends()
    home = region.home

    async def to_look_at() -> int:
        return (
            await home.row(
                "SELECT count(*) AS number FROM recharges WHERE direction = 'raised' AND stated_version < version"
            )
        ).number

    await region.jobs()
    assert await to_look_at() == 0
    with asked_of(home.database) as asked:
        await home.do(statements.issue_statements)
    assert "ix_recharges_to_state" in await asked.in_order_of(home.database)
    assert not await asked.read_whole(home.database) & {"recharges", "statements", "statement_lines"}
    await guests_paid(region, 2)
    assert await to_look_at() == 2
