"""NET-03: recharges between two organisations, each with payments on a database of its own; what crosses is carried by hand."""

from collections.abc import AsyncIterator, Callable

import pytest_asyncio

from services.payments.use_cases import statements
from tests.payments.network import Region
from tests.payments.support import world_on


@pytest_asyncio.fixture
async def region(service_database: Callable[[str], str]) -> AsyncIterator[Region]:
    async with world_on(service_database("payments")) as host, world_on(service_database("payments")) as home:
        yield Region(host, home)
        assert (await host.broken(), await home.broken()) == ({}, {})


async def test_net_03_home_pays_at_the_advertised_rate_and_both_ledgers_carry_the_recharge(region: Region) -> None:
    guest = await region.attended(await region.shared(rate_pence=1200, cap=500))
    [line] = await region.home.lines(guest.claim_id)
    assert (line.rate_pence, line.amount_pence) == (1200, 1800)
    await region.paid(guest, fare_pence=620)
    raised = await region.recharge(region.home)
    assert (raised.state, raised.fee_pence, raised.expenses_pence, raised.organisation) == ("raised", 1800, 500, "sun")
    assert await region.totals() == (2300, 0)
    await region.carry()
    assert (await region.recharge(region.home)).state == "accepted"
    accepted = await region.recharge(region.host)
    assert (accepted.state, accepted.organisation, accepted.attendance_id) == ("accepted", "viewpoint", guest.attendance_id)
    assert await region.totals() == (2300, 2300)


async def test_net_03_a_month_is_settled_by_a_statement_that_both_agree_to(region: Region) -> None:
    opportunity = await region.shared()
    for _ in range(3):
        await region.paid(await region.attended(opportunity), fare_pence=300)
    await region.carry()
    await region.month_ends()
    issued, received = await region.statement(region.home), await region.statement(region.host)
    assert (issued.state, received.state, issued.month, issued.pence, received.pence) == ("agreed", "agreed", "2026-11", 6300, 6300)
    await region.host.do(region.host.finance, lambda tx: statements.mark_paid(tx, received.id))
    await region.carry()
    assert (await region.statement(region.home)).state == "settled"
    await region.home.do(region.home.finance, lambda tx: statements.confirm_money(tx, issued.id))
    assert await region.totals() == (0, 0)
    assert await region.balance(region.host, "bank") == -6300
