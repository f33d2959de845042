"""Invariants that are asked of all claims at once find the one that breaks them."""

import pytest
from sqlalchemy import text

from services.payments.invariants import INVARIANTS
from services.payments.paying.use_cases import answers
from shared.db import Transaction
from tests.payments.support import World, person

BREAKS = {
    "PAY-11: an entry of the journal does not balance": (
        "INSERT INTO journal SELECT again.* FROM journal, LATERAL jsonb_populate_record(journal,"
        " jsonb_build_object('id', gen_random_uuid(), 'nth', 9)) AS again WHERE journal.what = 'sent'"
    ),
    "PAY-11: an approved claim has no entry": (
        "UPDATE claim_lines SET approved_pence = approved_pence - 1, reason = 'Less'"
    ),
    "PAY-12: a payment has no claim that says so": "UPDATE payments SET state = 'returned' WHERE state = 'sent'",
}


class Over(Exception):
    """Nothing of it stays."""


@pytest.mark.parametrize("sentence", BREAKS)
async def test_pay_11_pay_12_an_invariant_asked_of_all_claims_at_once_finds_one(world: World, sentence: str) -> None:
    for _ in range(2):
        await world.approved(person(), recognition="vouchers")
    run_id = await world.sent_run()
    first = await world.row("SELECT id FROM payments ORDER BY id LIMIT 1")
    await world.do(answers.end_by_hand, run_id, first.id, "handed-over", by=world.second)
    [sql] = [sql for name, sql in INVARIANTS.items() if name.startswith(sentence)]

    async def look(tx: Transaction) -> None:
        assert await tx.all(text(sql)) == []
        await tx.execute(text(BREAKS[sentence]))
        assert await tx.all(text(sql))
        raise Over

    with pytest.raises(Over):
        await world.do_as_owner(look)
