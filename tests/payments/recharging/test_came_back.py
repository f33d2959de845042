"""NET-03: what comes back to us after a month's statement was agreed is asked for no more: where the host has paid it,
the next statement asks for that much less."""

from services.payments.recharging.use_cases import statements
from tests.payments.network import Region
from tests.payments.recharging.support import guests_paid, states
from tests.payments.support import World


async def is_lost(region: Region) -> None:
    """The only voucher that was handed over."""
    payment = await region.home.row("SELECT id, run_id FROM payments WHERE state = 'paid'")
    await region.home.by_hand(payment.run_id, payment.id, "lost")
    await region.carry()


async def pay_all(region: Region) -> None:
    """Every statement that is agreed; both organisations' finance say so."""
    for row in await region.host.rows("SELECT id FROM statements WHERE state = 'agreed'"):
        await region.host.do(statements.mark_paid, row.id, by=region.host.finance)
    await region.carry()
    for row in await region.home.rows("SELECT id FROM statements WHERE state = 'settled'"):
        await region.home.do(statements.confirm_money, row.id, by=region.home.finance)


async def asked(world: World) -> list[tuple[str, str, int]]:
    rows = await world.rows(
        "SELECT month, state, sum(ours_pence)::int AS pence FROM statements JOIN statement_lines AS line ON "
        "line.statement_id = statements.id GROUP BY statements.id ORDER BY month, pence"
    )
    return [(row.month, row.state, row.pence) for row in rows]


async def paid_and_lost(region: Region) -> None:
    await guests_paid(region, 1)
    await region.month_ends()
    await pay_all(region)
    await is_lost(region)
    assert await region.totals() == (-1800, -1800)


async def test_net_03_what_was_lost_after_the_host_paid_is_taken_off_the_next_statement(region: Region) -> None:
    await paid_and_lost(region)
    await region.home.write("UPDATE claims SET held = true")
    await region.month_ends(28)
    assert len(await asked(region.home)) == 1, "nothing is new, so there is nothing to take it off"
    await guests_paid(region, 2)
    await region.month_ends(31)
    await region.jobs()
    assert (await asked(region.home))[1:] == (await asked(region.host))[1:] == [("2027-01", "agreed", 1800)]
    await pay_all(region)
    assert await region.totals() == (0, 0)
    await region.home.write("UPDATE claims SET held = false")
    await region.pay()
    await region.carry()
    await region.month_ends(28)
    await region.jobs()
    assert (await asked(region.home))[2:] == (await asked(region.host))[2:] == [("2027-02", "agreed", 1800)]
    await pay_all(region)
    assert await region.totals() == (0, 0)


async def test_net_03_what_was_lost_before_the_host_paid_is_asked_for_no_more(region: Region) -> None:
    await guests_paid(region, 1)
    await region.month_ends()
    assert await states(region) == ("agreed", "agreed")
    await is_lost(region)
    for _ in range(2):
        await region.jobs()
        await region.carry()
    assert await region.totals() == (0, 0)
    assert sum(pence for _, _, pence in await asked(region.home)) == 0
