"""PAY-08, PAY-12: a transfer of fee and costs went out after all, and one of the two was sent again since. It counts as
paid for the other one, which nobody sends any more; what was sent again is the loss, and no more than that."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.approving.use_cases import withdrawing
from services.payments.bank_statements.use_cases import choosing
from services.payments.claims.use_cases import claims
from services.payments.paying.use_cases import answers, run_files, runs, sending
from shared.db import new_id
from shared.reasons import Refused
from tests.payments.bank_statements.test_bookings import BACK, OUT, lost, of, on
from tests.payments.bank_statements.test_paid_twice import near
from tests.payments.paying.support import payment
from tests.payments.support import PAYER, VAULT, World, brought, person

TRANSFER, VOUCHERS = "bank-transfer", "vouchers"
FEE, COSTS = 1500, 450
WAY = {"fee": TRANSFER, "costs": VOUCHERS}


async def said_not_paid(world: World) -> Any:
    """Fee and costs in one transfer, in a file that was fetched; taken out, said not to be paid, and approved again
    with the costs in vouchers. Returns that transfer."""
    who = person()
    claim_id = await world.opened(who)
    await world.do(claims.add_miles, claim_id, 100, "", False, by=who.id)
    await world.do(claims.choose_recognition, claim_id, TRANSFER, by=who.id)
    await world.account(who)
    await world.do(claims.submit_claim, claim_id, by=who.id)
    await world.approve(claim_id)
    run_id = await world.run()
    await world.fetch(run_id)
    await world.do(runs.cancel_run, run_id, by=world.finance)
    gone = await payment(world, run_id=run_id)
    await world.by_hand(run_id, gone.id, "not-paid")
    await world.do(withdrawing.withdraw_approval, claim_id, "A mistake", by=new_id())
    await world.do(claims.choose_expenses_method, claim_id, VOUCHERS, by=who.id)
    await world.approve(claim_id)
    return gone


async def made(world: World, claim_id: UUID, part: str) -> UUID:
    which = "state = 'owed' AND claim_id = :id AND method = :way"
    owed = await world.row(f"SELECT id FROM payables WHERE {which}", id=claim_id, way=WAY[part])
    return UUID(await world.do(runs.make_run, [owed.id], looked=True, by=world.finance))


async def fetched(world: World, claim_id: UUID, part: str) -> UUID:
    run_id = await made(world, claim_id, part)
    fetch = run_files.fetch_bank_file if part == "fee" else run_files.fetch_list
    await world.do(fetch, run_id, PAYER, VAULT, by=world.finance)
    return run_id


async def sent(world: World, claim_id: UUID, part: str) -> Any:
    run_id = await made(world, claim_id, part)
    await world.do(sending.mark_sent, run_id, by=world.finance)
    return await payment(world, run_id=run_id)


async def paid(world: World, claim_id: UUID, part: str) -> Any:
    it = await sent(world, claim_id, part)
    await world.by_hand(it.run_id, it.id, "paid" if part == "fee" else "handed-over")
    return it


async def shown(world: World, gone: Any, day: int = 24) -> Any:
    """The account shows that it went out: the line that waits for somebody."""
    await world.do(brought, on(day, of(gone, OUT)), by=new_id())
    [line] = await near(world)
    return line


async def went_out(world: World, gone: Any) -> str:
    """A second person says that this line is it."""
    line = await shown(world, gone)
    return await world.do(choosing.choose, line.id, gone.id, VAULT, by=world.second)


async def send_what_is_owed(world: World, claim_id: UUID) -> None:
    """Everything of its attendance that is still owed is sent and arrives."""
    every = await world.rows(
        "SELECT payables.id FROM payables JOIN claims ON claims.id = claim_id WHERE payables.state = 'owed'"
        " AND attendance_id = (SELECT attendance_id FROM claims WHERE id = :id)",
        id=claim_id,
    )
    if every:
        run_id = UUID(await world.do(runs.make_run, [row.id for row in every], looked=True, by=world.finance))
        await world.do(sending.mark_sent, run_id, by=world.finance)
    for it in await world.rows("SELECT * FROM payments WHERE state = 'sent'"):
        await world.by_hand(it.run_id, it.id, "paid" if it.method == TRANSFER else "handed-over")


async def money(world: World) -> tuple[int, int, int]:
    """Pence: what is out, over all payments; what was agreed to; what is lost."""
    out = await world.row(
        "SELECT coalesce(sum(amount_pence * ((state = 'paid')::integer + lost_times)), 0) AS pence FROM payments"
    )
    agreed = await world.row(
        "SELECT coalesce(sum(approved_pence), 0) AS pence FROM claim_lines WHERE state = 'approved'"
    )
    return out.pence, agreed.pence, int(await lost(world))


async def adds_up(world: World, loss: int) -> None:
    assert await world.broken() == {}
    out, agreed, losses = await money(world)
    assert (losses, out) == (loss, agreed + losses)


OTHER = {"fee": "costs", "costs": "fee"}
PENCE = {"fee": FEE, "costs": COSTS}


@pytest.mark.parametrize("part", ["fee", "costs"])
@pytest.mark.parametrize("other", ["owed", "made", "fetched", "sent", "paid"])
async def test_pay_12_what_was_sent_again_is_lost_and_the_rest_of_it_not_sent_again(
    world: World, part: str, other: str
) -> None:
    """other: where the part is that was not sent again, or (sent, paid) was sent again as well."""
    gone = await said_not_paid(world)
    claim_id, beside = gone.claim_id, OTHER[part]
    await paid(world, claim_id, part)
    loss = PENCE[part]
    if other == "made":
        await made(world, claim_id, beside)
    elif other == "fetched":  # it may be gone, too: it is taken back first
        run_id = await fetched(world, claim_id, beside)
        line = await shown(world, gone)
        with pytest.raises(Refused, match="PAY-12"):
            await world.do(choosing.choose, line.id, gone.id, VAULT, by=world.second)
        await world.do(runs.cancel_run, run_id, by=world.finance)
        await world.do(choosing.choose, line.id, gone.id, VAULT, by=world.second)
        await world.do(answers.confirm_not_gone, run_id, by=world.second)
    elif other in ("sent", "paid"):
        await (sent if other == "sent" else paid)(world, claim_id, beside)
        loss = FEE + COSTS
    if other != "fetched":
        said = "paid-twice" if other in ("sent", "paid") else "paid-in-part-twice"
        assert await went_out(world, gone) == said
    assert await world.broken() == {}
    await send_what_is_owed(world, claim_id)
    await adds_up(world, loss)
    assert (await world.claim(claim_id)).state == "paid"


async def test_pay_12_of_two_in_finance_who_made_the_run_looks_at_what_the_other_brought(world: World) -> None:
    gone = await said_not_paid(world)
    await paid(world, gone.claim_id, "fee")
    line = await shown(world, gone)
    assert await world.do(choosing.choose, line.id, gone.id, VAULT, by=world.finance) == "paid-in-part-twice"


async def not_paid(world: World, gone: Any, again: Any) -> int:
    await world.by_hand(again.run_id, again.id, "not-paid")
    return 0


async def arrived(world: World, gone: Any, again: Any) -> int:
    await world.do(brought, on(26, of(again, OUT)), by=world.second)
    return FEE


async def came_back(world: World, gone: Any, again: Any) -> int:
    await world.do(brought, on(26, of(again, OUT), of(again, BACK)), by=world.second)
    return 0


async def first_came_back(world: World, gone: Any, again: Any) -> int:
    """Its fee is on its way or paid by the other one, and its costs are owed again."""
    await world.do(brought, on(26, of(gone, BACK)), by=world.second)
    owed = await world.rows("SELECT amount_pence FROM payables WHERE state = 'owed'")
    assert [row.amount_pence for row in owed] == [COSTS]
    return 0


@pytest.mark.parametrize("is_paid", [False, True])
@pytest.mark.parametrize("then", [arrived, not_paid, came_back, first_came_back])
async def test_pay_12_what_was_sent_again_for_nothing_is_lost_once_it_is_paid_and_counts_if_the_first_comes_back(
    world: World, is_paid: bool, then: Any
) -> None:
    if is_paid and then is not_paid:
        return
    gone = await said_not_paid(world)
    again = await (paid if is_paid else sent)(world, gone.claim_id, "fee")
    assert await went_out(world, gone) == "paid-in-part-twice"
    assert (await world.broken(), await lost(world)) == ({}, FEE * is_paid)
    loss = await then(world, gone, again)
    assert await world.broken() == {}
    await send_what_is_owed(world, gone.claim_id)
    await adds_up(world, loss)
    assert await near(world) == []


@pytest.mark.parametrize("how", ["lost", "taken-back"])
async def test_pay_12_costs_that_are_owed_again_are_those_that_the_first_transfer_paid(world: World, how: str) -> None:
    """All of it was sent again and so all of the first was lost; then the vouchers did not arrive."""
    gone = await said_not_paid(world)
    await paid(world, gone.claim_id, "fee")
    costs = await sent(world, gone.claim_id, "costs")
    assert await went_out(world, gone) == "paid-twice"
    await world.by_hand(costs.run_id, costs.id, how)
    assert (await payment(world, id=gone.id)).state == "paid"
    await send_what_is_owed(world, gone.claim_id)
    assert (await world.broken(), (await world.claim(gone.claim_id)).state) == ({}, "paid")
    assert await lost(world) == FEE + COSTS * (how == "lost")


async def test_pay_12_by_hand_two_say_that_a_part_of_it_was_paid_twice(world: World) -> None:
    gone = await said_not_paid(world)
    await paid(world, gone.claim_id, "fee")
    assert await world.by_hand(gone.run_id, gone.id, "paid", world.finance) == "said"
    assert await world.by_hand(gone.run_id, gone.id, "paid") == "paid-in-part-twice"
    await adds_up(world, FEE)


async def test_pay_12_of_two_that_went_out_after_all_one_is_lost_in_whichever_order_they_were_made(
    world: World,
) -> None:
    """Both were taken out and said not to be paid; the first one went out, and then the second, too."""
    gone = await said_not_paid(world)
    run_id = await fetched(world, gone.claim_id, "fee")
    await world.do(runs.cancel_run, run_id, by=world.finance)
    second = await payment(world, run_id=run_id)
    await world.by_hand(run_id, second.id, "not-paid")
    await world.do(brought, on(24, of(gone, OUT)), by=world.second)
    assert (await payment(world, id=gone.id)).state == "paid"
    assert await went_out(world, second) == "paid-twice"
    await adds_up(world, FEE)
