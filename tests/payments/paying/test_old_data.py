"""What programs before this one left behind raises no false alarm, and what cannot be known of it is looked at before
it goes again."""

from importlib import import_module

import pytest

from services.payments.claims.use_cases import claims
from services.payments.paying.use_cases import run_files, runs, taken_out
from tests.payments.support import PAYER, VAULT, World, person

LISTS = import_module("services.payments.migrations.versions.0026_lists_of_before")


async def upgrade(world: World, sql: str) -> None:
    await world.write(sql)


async def list_given_out_before(world: World) -> tuple[str, str]:
    """As a program before 0010 left it: the list is a step, and no payment says that it stood in it."""
    claim_id = await world.approved(person(), recognition="vouchers")
    run_id = await world.run()
    await world.do(run_files.fetch_list, run_id, PAYER, VAULT, by=world.finance)
    return str(claim_id), str(run_id)


@pytest.mark.parametrize("taken_back", [False, True])
async def test_pay_12_a_list_that_was_given_out_before_the_upgrade_counts_as_fetched(
    world: World, taken_back: bool
) -> None:
    await list_given_out_before(world)
    [run] = await world.rows("SELECT id FROM payment_runs")
    await world.write("UPDATE payments SET in_file = NULL, file_fetched_at = NULL")
    if taken_back:
        await world.do(runs.cancel_run, run.id, by=world.finance)
    await upgrade(world, LISTS.FETCHED)
    payment = await world.row("SELECT state, in_file, file_fetched_at FROM payments")
    assert payment.in_file == 1 and payment.file_fetched_at is not None
    for _ in range(2):
        await world.do(taken_out.tell_untold)
    assert len(await world.events("payments-perhaps-gone")) == taken_back
    assert await world.broken() == {}


async def test_pay_12_what_was_paid_since_is_not_looked_for_again(world: World) -> None:
    await list_given_out_before(world)
    [run] = await world.rows("SELECT id FROM payment_runs")
    await world.write("UPDATE payments SET in_file = NULL, file_fetched_at = NULL")
    await world.do(runs.cancel_run, run.id, by=world.finance)
    await world.sent_run()
    await upgrade(world, LISTS.FETCHED)
    assert await world.rows("SELECT 1 FROM payments WHERE state = 'cancelled' AND in_file IS NOT NULL") == []


async def test_pay_11_what_an_approval_before_was_over_by_raises_no_alarm_after_an_upgrade(world: World) -> None:
    who = person()
    claim_id = await world.submitted(who, recognition="vouchers", opportunity=await world.opportunity(budget_pence=100))
    await world.approve(claim_id)
    over = (await world.claim(claim_id)).over_budget_pence
    assert over > 0
    await world.do(claims.decline_claim, claim_id, by=who.id)
    await world.do(claims.reopen_claim, claim_id, by=who.id)
    await world.do(claims.lower_fee, claim_id, 90, by=who.id)
    await world.do(claims.submit_claim, claim_id, by=who.id)
    await world.approve(claim_id)
    assert (await world.claim(claim_id)).state == "approved"
    await world.write("UPDATE claims SET over_budget_pence = :over", over=over)
    assert list(await world.broken()) == ["PAY-11: a claim over its budget was approved by one person alone"]
    await upgrade(world, LISTS.NOT_OVER)
    assert await world.broken() == {}


async def test_pay_11_who_approved_over_budget_alone_stays_an_alarm(world: World) -> None:
    """Nothing was decided again in between."""
    await world.approved(person(), recognition="vouchers")
    await world.write("UPDATE claims SET over_budget_pence = 500")
    await upgrade(world, LISTS.NOT_OVER)
    assert list(await world.broken()) == ["PAY-11: a claim over its budget was approved by one person alone"]
    await world.write("UPDATE claims SET over_budget_pence = 0")
