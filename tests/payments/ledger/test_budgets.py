"""PAY-11: what is used of a budget is kept with the postings, and what waits for a second approver is spoken for."""

from datetime import date

import pytest
from sqlalchemy import text

from services.payments.approving.domain import Decision
from services.payments.approving.queries import staff as staff_queries
from services.payments.approving.use_cases import approval, budgets
from services.payments.claims.queries import claims as claim_queries
from services.payments.ledger.use_cases import budgets as budgets_use_cases
from shared.db import Transaction, new_id
from shared.reasons import Refused
from tests.payments.support import World, person


async def budget(world: World, pence: int, commissioner: str = "Fenland Council") -> None:
    await world.do(
        budgets_use_cases.set_budget, commissioner, date(2026, 4, 1), date(2027, 3, 31), pence, by=world.finance
    )


@pytest.mark.parametrize("whose", ["opportunity", "commissioner"])
async def test_pay_11_what_waits_for_a_second_approver_is_spoken_for(world: World, whose: str) -> None:
    if whose == "commissioner":
        await budget(world, 4000)
    opportunity = await world.opportunity(budget_pence=4000 if whose == "opportunity" else None)
    first = await world.submitted(person(), opportunity=opportunity, minutes=270)
    assert (await world.approve(first))["state"] == "second-approver"
    second = await world.submitted(person(), opportunity=opportunity, minutes=60)
    assert (await world.approve(second))["state"] == "second-approver"
    assert (await world.claim(second)).over_budget_pence == 1500


async def test_pay_11_a_second_approver_agrees_to_the_sum_as_it_is_now(world: World) -> None:
    await budget(world, 4000)
    waits = await world.submitted(person(), minutes=270)
    assert (await world.approve(waits)) == {"state": "second-approver", "pence": 4500}
    other = await world.submitted(person(), minutes=60)
    await world.approve(other)
    await world.approve(other, new_id())
    assert (await world.claim(waits)).over_budget_pence == 500
    with pytest.raises(Refused, match="PAY-11"):
        await world.do(approval.approve_claim, waits, [], 500, by=new_id())
    await world.do(approval.approve_claim, waits, [], 1500, by=new_id())
    assert (await world.claim(waits)).over_budget_pence == 1500


async def test_pay_11_pay_14_a_second_approver_agrees_to_what_the_first_left_of_a_claim(world: World) -> None:
    """What was asked for and not agreed counts nowhere: not in the sum over the budget, nor in the queue."""
    await budget(world, 2000)
    claim_id = await world.submitted(person(), minutes=270)
    lines = [line for line in await world.lines(claim_id) if line.state == "ready"]
    lowered = [Decision(line.id, 3000, "Three hours, the register says.") for line in lines]
    answer = await world.do(approval.approve_claim, claim_id, lowered, by=world.approver)
    assert answer == {"state": "second-approver", "pence": 3000}

    async def shown(tx: Transaction) -> tuple[int, int]:
        waiting, _ = await staff_queries.claims_to_decide(tx)
        return await staff_queries.over_budget(tx, await claim_queries.any_claim(tx, claim_id)), waiting[0].pence

    over, pence = await world.read(shown)
    assert (over, pence) == (1000, 3000)
    answer = await world.do(approval.approve_claim, claim_id, [], over, by=new_id())
    assert answer == {"state": "approved", "pence": 3000}
    assert (await world.claim(claim_id)).over_budget_pence == 1000


async def test_pay_10_the_limit_of_who_recorded_it_is_of_what_was_left_of_a_claim(world: World) -> None:
    recorder = new_id()
    await budget(world, 2000)
    claim_id = await world.submitted(person(), minutes=600, recorded_by=recorder)
    claim = await world.claim(claim_id)
    assert claim.recorded_by == recorder and claim.rates["approver_limit"] < 10000
    lowered = [
        Decision(line.id, claim.rates["approver_limit"], "Less.")
        for line in await world.lines(claim_id)
        if line.state == "ready"
    ]
    await world.do(approval.approve_claim, claim_id, lowered, by=world.approver)
    assert (await world.do(approval.approve_claim, claim_id, [], by=recorder))["state"] == "approved"


async def test_pay_11_what_is_used_follows_every_posting(world: World) -> None:
    opportunity = await world.opportunity()
    claims = [await world.approved(person(), opportunity=opportunity, recognition="vouchers") for _ in range(3)]
    assert len(claims) == 3
    used = await world.row("SELECT used_pence FROM opportunity_balances")
    by_day = await world.row("SELECT commissioner, session_date, used_pence FROM commissioner_balances")
    assert (used.used_pence, by_day.used_pence) == (4500, 4500)
    assert (by_day.commissioner, by_day.session_date) == ("Fenland Council", date(2026, 11, 18))


async def rows_read(tx: Transaction) -> int:
    """Rows of the postings that this transaction has read."""
    return await tx.scalar(
        text(
            "SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0) FROM pg_stat_xact_user_tables WHERE "
            "relname IN ('postings', 'journal')"
        )
    )


_MANY = """
INSERT INTO postings (id, journal_id, account, pence, opportunity_id, commissioner)
SELECT gen_random_uuid(), journal_id, account, pence, opportunity_id, commissioner FROM postings, generate_series(1,
  :times)
 WHERE account IN ('budget-committed', 'budget-free')"""


async def test_pay_11_approving_reads_no_more_when_there_are_many_postings(world: World) -> None:
    """The cost is that of the budget's days, not of everything that was ever posted."""
    await budget(world, 1_000_000_000)
    opportunity = await world.opportunity(budget_pence=1_000_000_000)
    await world.approved(person(), opportunity=opportunity)
    claim_id = await world.submitted(person(), opportunity=opportunity)
    claim = await world.claim(claim_id)

    async def cost(tx: Transaction) -> int:
        before = await rows_read(tx)
        assert await budgets.over_budget(tx, claim, 100) == 0
        return await rows_read(tx) - before

    assert await world.do(cost, by=world.approver) == 0
    await world.write(_MANY, times=500)
    assert await world.do(cost, by=world.approver) == 0
    assert (await world.row("SELECT used_pence FROM opportunity_balances")).used_pence == 501 * 1500


async def test_pay_11_the_kept_sums_are_checked_against_the_postings(world: World) -> None:
    await world.approved(person())
    for table in ("opportunity_balances", "commissioner_balances"):
        await world.write(f"UPDATE {table} SET used_pence = used_pence + 1")
        assert any("kept as used" in sentence for sentence in await world.broken())
        await world.write(f"UPDATE {table} SET used_pence = used_pence - 1")
