"""PAY-11: the ledger balances and is never changed, whatever the code above it does."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.db import new_id
from tests.payments.support import World, person

_POSTING = text(
    "INSERT INTO postings (id, journal_id, account, pence, opportunity_id, commissioner)"
    " SELECT gen_random_uuid(), id, 'bank', :pence, claim_id, '' FROM journal LIMIT 1"
)


async def test_pay_11_a_posting_that_comes_later_and_does_not_balance_is_refused_at_commit(world: World) -> None:
    await world.approved(person())
    with pytest.raises(DBAPIError, match="PAY-11"):
        await world.write(_POSTING, pence=1)


async def test_pay_11_an_entry_that_does_not_balance_is_refused_at_commit(world: World) -> None:
    claim_id = await world.submitted(person())

    async def work(tx) -> None:
        entry = "INSERT INTO journal (id, what, day, claim_id, cause) VALUES (:id, 'approved', :day, :claim, :id)"
        await tx.execute(text(entry), {"id": new_id(), "day": tx.today, "claim": claim_id})
        await tx.execute(_POSTING, {"pence": 500})

    with pytest.raises(DBAPIError, match="does not balance"):
        await world.do(work)
    assert await world.rows("SELECT 1 FROM journal") == []


@pytest.mark.parametrize(
    "table", ["journal", "postings", "rates", "approvals", "corrections", "receipts", "bank_answers", "steps"]
)
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
async def test_pay_11_rows_that_stand_for_ever_are_refused_by_role(world: World, table: str, change: str) -> None:
    await world.approved(person())
    statement = change.format(table).replace("SET id = id", "SET value = value" if table == "rates" else "SET id = id")
    with pytest.raises(DBAPIError, match=r"permission denied|never changed"):
        await world.do(lambda tx: tx.execute(text(statement)))  # as the service, not as the owner


async def test_pay_11_the_trigger_stands_where_the_role_would_not(world: World, postgres) -> None:
    """Even the owner of the tables is refused."""
    import asyncpg

    await world.approved(person())
    owner = await asyncpg.connect(postgres.owner_url(world.database.url))
    try:
        for statement in (
            "UPDATE journal SET day = day",
            "DELETE FROM postings",
            "UPDATE postings SET pence = pence + 1",
        ):
            with pytest.raises(asyncpg.PostgresError, match="never changed"):
                await owner.execute(statement)
    finally:
        await owner.close()


async def test_pay_12_a_rejected_payment_is_reversed_never_changed(world: World) -> None:
    claim_id = await world.approved(person())
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id, rejected={claim_id: "AM04"}))
    entries = await world.rows("SELECT what, reverses IS NOT NULL AS reverses FROM journal ORDER BY created_at")
    assert [tuple(row) for row in entries] == [("approved", False), ("sent", False), ("reversed", True)]
    assert (
        await world.row("SELECT sum(pence) AS pence FROM postings WHERE account = 'payments-in-transit'")
    ).pence == 0


async def test_the_invariants_find_what_is_broken(world: World, postgres) -> None:
    """Each kind of damage, done as the superuser would, is named; then undone, so that the fixture finds all well."""
    import asyncpg

    await world.approved(person(), recognition="vouchers")
    admin = await asyncpg.connect(postgres.superuser_url(world.database.url))
    try:
        for damage, mend, sentence in [
            (
                "UPDATE payables SET state = 'paid'",
                "UPDATE payables SET state = 'owed'",
                "payable's state and its payments",
            ),
            (
                "UPDATE claims SET state = 'paid'",
                "UPDATE claims SET state = 'approved'",
                "called paid and something of it is not",
            ),
            ("UPDATE payables SET amount_pence = 1", "UPDATE payables SET amount_pence = 1500", "what we owe is not"),
            (
                "UPDATE claims SET participant_id = (SELECT approver_id FROM approvals)",
                None,
                "approved their own claim",
            ),
        ]:
            before = await admin.fetchval("SELECT participant_id FROM claims")
            await admin.execute(damage)
            assert any(sentence in broken for broken in await world.broken()), sentence
            await admin.execute(mend) if mend else await admin.execute("UPDATE claims SET participant_id = $1", before)
    finally:
        await admin.close()
