"""PAY-11, NET-03: what finance's pages of money say is kept with the postings, so that they read no more when there are
many."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.payments.ledger import queries as ledger
from services.payments.recharging import queries as recharges
from shared.db import Transaction
from tests.payments.support import World, person

_MANY = """
INSERT INTO postings (id, journal_id, account, pence, opportunity_id, commissioner)
SELECT gen_random_uuid(), journal_id, account, sign * pence, opportunity_id, commissioner
  FROM postings, generate_series(1, :times), (VALUES (1), (-1)) AS there_and_back (sign)"""
_RECHARGED = """
INSERT INTO postings (id, journal_id, account, pence, opportunity_id, commissioner)
SELECT gen_random_uuid(), :journal, account, pence, :opportunity, ''
  FROM (VALUES ('recharge-receivable', 700), ('recharge-income', -700)) AS made (account, pence)"""


async def postings_read(tx: Transaction) -> int:
    """Rows of the postings and their entries that this transaction has read."""
    read = "coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)"
    return await tx.scalar(
        text(f"SELECT {read} FROM pg_stat_xact_user_tables WHERE relname IN ('postings', 'journal')")
    )


async def shown(tx: Transaction) -> tuple[Any, ...]:
    """What the pages say, and how many postings they read for it."""
    before = await postings_read(tx)
    accounts = [(row.account, int(row.pence)) for row in await ledger.balances(tx)]
    budgets = [(row.committed, row.spent) for row in (await ledger.budgets(tx))[0]]
    owed = [(await recharges.one_direction(tx, direction)).owed for direction in ("raised", "received")]
    return accounts, budgets, owed, await postings_read(tx) - before


async def recharged(world: World, claim_id: UUID) -> None:
    """Money that a host owes us, so that there is some to tell."""
    entry = await world.row(
        "SELECT journal.id, opportunity_id FROM journal JOIN claims ON claims.id = claim_id WHERE claim_id = :id",
        id=claim_id,
    )
    await world.write(_RECHARGED, journal=entry.id, opportunity=entry.opportunity_id)


async def test_pay_11_the_pages_of_money_read_no_more_when_there_are_many_postings(world: World) -> None:
    claim_id = await world.approved(person())
    await recharged(world, claim_id)
    few = await world.read(shown)
    assert few[1:] == ([(1500, 0)], [700, 0], 0)
    assert ("participant-payable", -1500) in few[0] and sum(pence for _, pence in few[0]) == 0
    await world.write(_MANY, times=300)
    assert await world.read(shown) == few


async def test_pay_11_what_stands_on_an_account_is_checked_against_the_postings(world: World) -> None:
    await world.approved(person())
    for change in (1, -1):
        await world.write("UPDATE account_balances SET pence = pence + :change", change=change)
        assert any("standing on an account" in sentence for sentence in await world.broken()) is (change == 1)
