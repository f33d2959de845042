"""NET-03: recharges between two organisations, each with payments on a database of its own; what crosses is carried by
hand."""

import asyncio
import random
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.payments.approving.use_cases import approval
from services.payments.claims.domain.claims import LineKind
from services.payments.claims.use_cases import claims
from services.payments.ledger.use_cases.budgets import set_budget
from services.payments.paying.use_cases.answers import end_by_hand
from shared.db import Command, new_id
from tests.payments.network import HOME, HOST, Guest, Region
from tests.payments.recharging.support import RAISED, answers, paid_guest, raised, refused_by_host
from tests.payments.support import World, acting, person
from tests.support.slices import seeds

# The rate, and what is asked back


async def test_net_03_home_pays_at_the_advertised_rate_and_both_ledgers_carry_the_recharge(region: Region) -> None:
    guest = await region.attended(await region.shared(rate_pence=1200, cap=500))
    [line] = await region.home.lines(guest.claim_id)
    assert (line.rate_pence, line.amount_pence) == (1200, 1800)
    await region.paid(guest, fare_pence=620)
    asked = await region.recharge(region.home)
    assert (asked.state, asked.fee_pence, asked.expenses_pence, asked.organisation) == ("raised", 1800, 500, "sun")
    assert await region.totals() == (2300, 0)
    await region.carry()
    assert (await region.recharge(region.home)).state == "accepted"
    accepted = await region.recharge(region.host)
    assert (accepted.state, accepted.organisation, accepted.attendance_id) == (
        "accepted",
        "viewpoint",
        guest.attendance_id,
    )
    assert await region.totals() == (2300, 2300)
    assert await answers(region) == [("accepted", "", 2300)]


async def test_net_03_the_claim_keeps_the_rate_it_was_made_under_and_so_do_those_that_follow_it(region: Region) -> None:
    opportunity = await region.shared(rate_pence=1200)
    guest = await region.attended(opportunity)
    await region.paid(guest)
    await region.shared(of=opportunity, version=2, rate_pence=900, funding="none", cap=0)
    await region.corrected(guest, minutes=120)
    more = (await region.home.row("SELECT id, rates FROM claims WHERE follows_because = 'correction'")).id
    assert [(line.rate_pence, line.amount_pence) for line in await region.home.lines(more)] == [(1200, 600)]
    await region.send(guest, more)
    await region.pay()
    await region.carry()
    recharge = await region.recharge(region.host)
    assert (recharge.version, recharge.state, recharge.fee_pence) == (2, "accepted", 2400)
    assert await region.totals() == (2400, 2400)


async def test_net_03_an_own_session_and_a_listing_with_no_rate_are_paid_by_our_own_figures(region: Region) -> None:
    opportunity = await region.shared(rate_pence=None, funding="fees", cap=0)
    guest = await region.attended(opportunity)
    assert [line.rate_pence for line in await region.home.lines(guest.claim_id)] == [1000]
    own = await region.home.opened(person())
    assert [line.rate_pence for line in await region.home.lines(own)] == [1000]
    await region.paid(guest)
    assert await region.waiting(HOME) == []


@pytest.mark.parametrize(
    ("funding", "asked"), [("none", None), ("fees", (1800, 0)), ("fees-and-expenses", (1800, 320))]
)
async def test_net_03_only_what_the_host_offered_to_fund_is_asked_back(
    region: Region, funding: str, asked: tuple[int, int] | None
) -> None:
    await region.paid(await region.attended(await region.shared(funding=funding)), fare_pence=320)
    rows = await region.home.rows("SELECT fee_pence, expenses_pence FROM recharges")
    assert [tuple(row) for row in rows] == ([asked] if asked else [])
    await region.carry()
    assert await region.totals() == (sum(asked or ()), sum(asked or ()))


async def test_net_03_nothing_is_asked_back_for_thanks_that_cost_nothing(region: Region) -> None:
    guest = await region.attended(await region.shared())
    await region.home.do(claims.choose_recognition, guest.claim_id, "training", by=guest.who.id)
    await region.home.do(claims.submit_claim, guest.claim_id, by=guest.who.id)
    await region.home.approve(guest.claim_id)
    await region.pay()
    assert (await region.home.claim(guest.claim_id)).state == "paid"
    assert await region.waiting(HOME) == []


async def test_net_03_nothing_is_asked_back_before_all_of_the_claim_is_paid(region: Region) -> None:
    guest = await region.attended(await region.shared())
    line_id = UUID(await region.home.do(claims.add_expense, guest.claim_id, LineKind.FARE, "Bus", 300, by=guest.who.id))
    await region.home.receipt(guest.who, guest.claim_id, line_id)
    await region.send(guest, guest.claim_id)
    run_id = await region.home.sent_run()
    await region.home.take(run_id, await region.home.answer(run_id))
    assert await region.waiting(HOME) == []
    [vouchers] = await region.home.rows("SELECT id FROM payments WHERE method = 'vouchers'")
    await region.home.by_hand(run_id, vouchers.id, "handed-over")
    event = await raised(region)
    assert (event.fee_pence, event.expenses_pence, event.version) == (1800, 300, 1)


async def test_net_03_a_receipt_that_comes_later_is_a_later_version_with_everything_in_it(region: Region) -> None:
    guest = await region.attended(await region.shared())
    line_id = UUID(await region.home.do(claims.add_expense, guest.claim_id, LineKind.FARE, "Bus", 300, by=guest.who.id))
    await region.paid(guest)
    await region.carry()
    follow_on = (await region.home.row("SELECT id FROM claims WHERE follows_because = 'receipt'")).id
    await region.home.receipt(guest.who, follow_on, line_id)
    await region.home.do(claims.submit_claim, follow_on, by=guest.who.id)
    await region.home.approve(follow_on)
    await region.pay()
    event = await raised(region)
    assert (event.version, event.fee_pence, event.expenses_pence) == (2, 1800, 300)
    await region.hear(HOST, RAISED, event)
    await region.carry()
    assert await region.totals() == (2100, 2100)
    entered = [row.what for row in await region.host.rows("SELECT what FROM journal ORDER BY id")]
    assert entered == ["accepted", "reversed", "accepted"]


# Registers that were put right (OPP-11)


async def test_opp_11_a_register_put_right_before_payment_is_asked_at_what_it_says_now(region: Region) -> None:
    guest = await region.attended(await region.shared(), minutes=90)
    await region.send(guest, guest.claim_id)
    await region.corrected(guest, minutes=60)
    await region.home.approve(guest.claim_id)  # PAY-17: what was approved is decided again
    await region.pay()
    await region.carry()
    assert (await region.recharge(region.host)).fee_pence == 1200
    assert await region.totals() == (1200, 1200)
    assert await region.balance(region.home, "participation-expense") == 1200


@pytest.mark.parametrize(("facts", "total"), [({"minutes": 60}, 1200 + 300), ({"present": False, "minutes": 0}, 0)])
async def test_opp_11_a_register_put_right_after_payment_lowers_the_recharge_by_itself(
    region: Region, facts: dict[str, Any], total: int
) -> None:
    guest = await region.attended(await region.shared(), minutes=90)
    await region.paid(guest, fare_pence=300)
    await region.carry()
    assert await region.totals() == (2100, 2100)
    await region.corrected(guest, **facts)
    await region.carry()
    assert await region.totals() == (total, total)
    assert (await region.recharge(region.home)).state == "accepted"


# What was agreed, and when


async def test_net_03_terms_lowered_after_the_session_change_nothing_for_it(region: Region) -> None:
    opportunity = await region.shared(rate_pence=1200)
    guest = await region.attended(opportunity)
    region.host.move(days=1)
    await region.shared(of=opportunity, version=2, rate_pence=500, funding="none", cap=0)
    await region.paid(guest, fare_pence=500)
    await region.carry()
    assert (await region.recharge(region.home)).state == "accepted"
    assert await region.totals() == (2300, 2300)


async def test_net_03_terms_raised_after_the_session_are_not_paid_for_it(region: Region) -> None:
    opportunity = await region.shared(rate_pence=1000)
    _, event = await _paid_at(region, opportunity)
    region.host.move(days=1)
    await region.shared(of=opportunity, version=2, rate_pence=2000)
    await refused_by_host(region, event.model_copy(update={"fee_pence": 3000}), "more-than-agreed")


async def _paid_at(region: Region, opportunity: Any) -> tuple[Guest, Any]:
    guest = await region.attended(opportunity)
    await region.paid(guest)
    return guest, await raised(region)


# Budgets (PAY-11)


async def test_pay_11_a_recharge_gives_home_its_budget_back_and_spends_the_hosts(region: Region) -> None:
    host_budget = await region.host.opportunity(budget_pence=2000)
    await region.paid(await region.attended(await region.shared(of=host_budget)))
    spent = "SELECT coalesce(sum(pence), 0)::int AS pence FROM postings WHERE account = 'budget-spent'"
    assert (await region.home.row(spent)).pence == 0
    await region.carry()
    assert (await region.host.row(spent)).pence == 1800
    own = await region.host.submitted(person(), opportunity=host_budget, minutes=15)
    assert (await region.host.approve(own))["state"] == "second-approver"
    assert (await region.host.claim(own)).over_budget_pence == 50


async def test_pay_11_what_we_pay_for_a_host_uses_no_budget_of_a_commissioner_of_ours(region: Region) -> None:
    await region.paid(await region.attended(await region.shared()))
    assert {row.commissioner for row in await region.home.rows("SELECT commissioner FROM postings")} == {""}
    assert {row.commissioner for row in await region.host.rows("SELECT commissioner FROM opportunities")} == {
        "Fenland Council"
    }


async def test_pay_11_the_hosts_commissioner_budget_counts_what_guests_cost(region: Region) -> None:
    await region.host.do(
        set_budget, "Fenland Council", date(2026, 11, 1), date(2026, 11, 30), 2000, by=region.host.finance
    )
    await region.paid(await region.attended(await region.shared()))
    await region.carry()
    own = await region.host.submitted(person(), minutes=15)
    assert (await region.host.approve(own))["state"] == "second-approver"


# Crashes and many at once (PAY-12)


async def test_pay_12_a_crash_after_the_recharge_was_raised_leaves_nothing_and_the_repeat_raises_it_once(
    region: Region,
) -> None:
    guest = await region.attended(await region.shared())
    await region.send(guest, guest.claim_id)
    run_id = await region.home.sent_run()
    [payment] = await region.home.rows("SELECT id FROM payments")

    async def crashes(tx: Any) -> None:
        await end_by_hand(tx, run_id, payment.id, "handed-over")
        raise ConnectionError("killed before the commit")

    with pytest.raises(ConnectionError):
        await region.home.do(crashes, by=region.home.second)
    assert await region.home.rows("SELECT 1 FROM recharges") == []
    assert await region.waiting(HOME) == []
    key = Command("confirm-by-hand", acting(region.home.second), new_id())
    for _ in range(3):
        await region.home.database.run(key, lambda tx: end_by_hand(tx, run_id, payment.id, "handed-over"), once=True)
    assert len(await region.waiting(HOME)) == 1
    assert await region.totals() == (1800, 0)


async def test_pay_12_a_recharge_heard_by_many_at_once_is_entered_once(region: Region) -> None:
    _, event = await paid_guest(region)
    results = await asyncio.gather(*(region.hear(HOST, RAISED, event) for _ in range(6)), return_exceptions=True)
    assert [result for result in results if result is not None] == []
    assert await answers(region) == [("accepted", "", 1800)]


async def test_net_03_two_claims_of_one_attendance_paid_at_once_end_in_one_recharge_with_both(region: Region) -> None:
    guest = await region.attended(await region.shared())
    line_id = UUID(await region.home.do(claims.add_expense, guest.claim_id, LineKind.FARE, "Bus", 300, by=guest.who.id))
    await region.send(guest, guest.claim_id)
    more = (await region.home.row("SELECT id FROM claims WHERE follows_because = 'receipt'")).id
    await region.home.receipt(guest.who, more, line_id)
    await region.home.do(claims.choose_recognition, more, "vouchers", by=guest.who.id)
    await region.home.do(claims.choose_expenses_method, more, "bank-transfer", by=guest.who.id)
    await region.home.do(claims.submit_claim, more, by=guest.who.id)
    await region.home.approve(more)
    run_id = await region.home.sent_run()
    [vouchers] = await region.home.rows("SELECT id FROM payments WHERE method = 'vouchers'")
    answer = await region.home.answer(run_id)
    await asyncio.gather(
        region.home.take(run_id, answer),
        region.home.by_hand(run_id, vouchers.id, "handed-over"),
    )
    row = await region.recharge(region.home)
    assert (row.fee_pence, row.expenses_pence) == (1800, 300)
    await region.carry()
    assert await region.totals() == (2100, 2100)


@pytest.mark.parametrize("seed", seeds(4, quick=1))
async def test_net_03_in_any_order_and_twice_both_ledgers_end_alike(region: Region, seed: int) -> None:
    """Versions, answers and statements, each delivered twice, in an order of chance; the host's register comes when it
    comes."""
    chance = random.Random(seed)
    opportunity = await region.shared()
    guests = [await region.attended(opportunity, minutes=minutes) for minutes in (30, 60, 90)]
    for guest in guests:
        await region.paid(guest, fare_pence=200)
    await region.corrected(guests[0], minutes=20)
    await region.corrected(guests[2], minutes=45)
    region.home.move(days=14)
    region.host.move(days=14)
    await region.jobs()
    waiting: list[tuple[str, str, Any]] = []
    for _ in range(500):
        for sender, hearer in ((HOME, HOST), (HOST, HOME)):
            waiting += [(hearer, *said) for said in await region.waiting(sender)] * 2
        if not waiting:
            await region.jobs()
            if not (
                waiting := [(HOST, *said) for said in await region.waiting(HOME)]
                + [(HOME, *said) for said in await region.waiting(HOST)]
            ):
                break
        hearer, subject, event = waiting.pop(chance.randrange(len(waiting)))
        await region.hear(hearer, subject, event)
    else:
        pytest.fail("they never came to an end")
    owed = 400 + 1200 + 900 + 3 * 200
    assert await region.totals() == (owed, owed)
    issued, received = await region.statement(region.home), await region.statement(region.host)
    assert (issued.state, received.state, issued.pence, received.pence) == ("agreed", "agreed", owed, owed)


async def test_a_guest_of_ours_elsewhere_is_no_claim_here(region: Region) -> None:
    await region.attended(await region.shared())
    assert await region.host.rows("SELECT 1 FROM claims") == []
    [kept] = await region.host.rows("SELECT participant_kind, participant_home, no_claim_because FROM attendances")
    assert tuple(kept) == ("guest", HOME, "paid-by-home-organisation")


async def test_pay_10_the_hosts_register_is_nobodys_here_so_any_approver_may_decide(region: Region) -> None:
    guest = await region.attended(await region.shared(rate_pence=9000))
    await region.home.do(claims.choose_recognition, guest.claim_id, "vouchers", by=guest.who.id)
    await region.home.do(claims.submit_claim, guest.claim_id, by=guest.who.id)
    decided = await region.home.decisions(guest.claim_id)
    approved = await region.home.do(approval.approve_claim, guest.claim_id, decided, by=region.home.coordinator)
    assert approved == {"state": "approved", "pence": 13500}


async def test_a_claim_for_our_own_session_raises_nothing(world: World) -> None:
    await world.approved(person())
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id))
    assert await world.rows("SELECT 1 FROM recharges") == []
