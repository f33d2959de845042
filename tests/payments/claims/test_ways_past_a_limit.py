"""PAY-09: every way by which money can pass somebody's own limit warns them before, once, with the sums; and what
counts is the day of payment."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.payments.approving.domain import Decision
from services.payments.approving.use_cases import approval
from services.payments.claims.domain import own_limits as rules
from services.payments.claims.domain.claims import LineKind
from services.payments.claims.domain.own_limits import Passing
from services.payments.claims.use_cases import claims, own_limits
from services.payments.policy import use_cases as figures
from shared.db import new_id
from shared.events import ParticipantRef
from shared.identity import Role
from tests.payments.approving.support import registered
from tests.payments.receipt_files import receipt, saved
from tests.payments.site import key_of, post
from tests.payments.support import SESSION_DATE, World, person
from tests.support.slices import some

WARNED = "Your limit is"
LOOKED_AT = ("claims", "claim_lines", "payables", "bank_details", "receipts")


@dataclass
class Act:
    """What somebody is about to do. page: what they read before, where it is a page that shows a sum. limit: pence,
    that it would pass."""

    send: Callable[[httpx.AsyncClient, dict[str, str]], Awaitable[httpx.Response]]
    limit: int
    says: str
    page: str = ""


Way = Callable[[World, ParticipantRef], Awaitable[Act]]


def form(
    url: str, page: str | None = None, files: Callable[[], Any] | None = None, **fields: str
) -> Callable[..., Awaitable[httpx.Response]]:
    async def send(me: httpx.AsyncClient, more: dict[str, str]) -> httpx.Response:
        return await post(me, url, page, files() if files else None, **fields, **more)

    return send


async def _limit(world: World, who: ParticipantRef, pence: int, period: Any = "month") -> None:
    await world.do(own_limits.set_own_limit, who.id, period, pence, by=who.id)


async def _chosen(world: World, who: ParticipantRef, way: str = "vouchers") -> str:
    claim_id = await world.opened(who)
    await world.do(claims.choose_recognition, claim_id, way, by=who.id)
    return f"/payments/claims/{claim_id}"


async def the_fee_of_an_attendance(world: World, who: ParticipantRef) -> Act:
    base = await _chosen(world, who)
    return Act(form(f"{base}/check", f"{base}/check"), 1400, "£15.00")


async def a_correction_upwards(world: World, who: ParticipantRef) -> Act:
    event = world.attendance(await world.opportunity(), who, minutes=60)
    await world.hear(event)
    claim_id = (await world.row("SELECT id FROM claims")).id
    await world.do(claims.choose_recognition, claim_id, "vouchers", by=who.id)
    await world.hear(event.model_copy(update={"version": 2, "minutes": 90}))
    base = f"/payments/claims/{claim_id}"
    return Act(form(f"{base}/check", f"{base}/check"), 1400, "£15.00", page=base)


async def miles(world: World, who: ParticipantRef) -> Act:
    base = await _chosen(world, who)
    return Act(form(f"{base}/miles", miles="10"), 1900, "£19.50")


async def a_fare(world: World, who: ParticipantRef) -> Act:
    base = await _chosen(world, who)
    return Act(form(f"{base}/fare", what="Bus", amount="3.20"), 1800, "£18.20")


async def another_cost(world: World, who: ParticipantRef) -> Act:
    base = await _chosen(world, who)
    return Act(form(f"{base}/other", what="Parking", amount="3.20"), 1800, "£18.20")


async def a_receipt_after_it_was_sent(world: World, who: ParticipantRef) -> Act:
    base = await _chosen(world, who)
    claim_id = UUID(base.rpartition("/")[2])
    line_id = await world.do(claims.add_expense, claim_id, LineKind.FARE, "Bus", 320, by=who.id)
    await world.do(claims.choose_expenses_method, claim_id, "vouchers", by=who.id)
    await world.do(claims.submit_claim, claim_id, by=who.id)
    page = f"{base}/lines/{line_id}/receipt"
    return Act(
        form(page, files=lambda: {"receipt": ("r.jpg", saved(receipt(), "JPEG"), "image/jpeg")}),
        1800,
        "£18.20",
        page=page,
    )


def _thanks(way: str) -> Way:
    async def choose(world: World, who: ParticipantRef) -> Act:
        for offered in ("offers_cash", "offers_cheque", "offers_training"):
            await world.do(figures.set_rate, offered, SESSION_DATE, 1, by=world.finance)
        base = await _chosen(world, who, "none" if way == "switching" else "training")
        if way == "switching":
            await world.do(claims.reopen_claim, UUID(base.rpartition("/")[2]), by=who.id)
        return Act(form(f"{base}/thanks", recognition="vouchers" if way == "switching" else way), 1400, "£15.00")

    return choose


async def switching_after_it_was_sent(world: World, who: ParticipantRef) -> Act:
    await world.do(figures.set_rate, "offers_training", SESSION_DATE, 1, by=world.finance)
    base = await _chosen(world, who, "training")
    await world.do(claims.submit_claim, UUID(base.rpartition("/")[2]), by=who.id)
    return Act(form(f"{base}/thanks", recognition="vouchers"), 1400, "£15.00")


async def a_higher_fee(world: World, who: ParticipantRef) -> Act:
    base = await _chosen(world, who)
    await world.do(claims.lower_fee, UUID(base.rpartition("/")[2]), 500, by=who.id)
    return Act(form(f"{base}/fee", amount="12.00"), 1000, "£12.00")


async def letting_go(world: World, who: ParticipantRef) -> Act:
    claim_id = await world.approved(who, recognition="vouchers")
    await world.do(claims.hold_payment, claim_id, True, by=who.id)
    base = f"/payments/claims/{claim_id}"
    return Act(form(f"{base}/let-go"), 1400, "£15.00", page=f"{base}/let-go")


async def _sent_back(world: World, who: ParticipantRef) -> str:
    claim_id = await world.approved(who)
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id, rejected={claim_id: "AC04"}))
    assert (await world.claim(claim_id)).state == "returned"
    return f"/payments/claims/{claim_id}"


async def trying_again(world: World, who: ParticipantRef) -> Act:
    page = await _sent_back(world, who) + "/try-again"
    return Act(form(page, page), 1400, "£15.00", page=page)


async def new_bank_details_that_send_it_again(world: World, who: ParticipantRef) -> Act:
    await _sent_back(world, who)
    page = "/payments/bank-details/change"
    return Act(
        form(page, page, account_name="Alex", sort_code="20-29-59", account_number="63748472"),
        1400,
        "£15.00",
        page=page,
    )


async def a_claim_that_follows(world: World, who: ParticipantRef) -> Act:
    """15 pounds are on their way, and a correction adds 5."""
    event = world.attendance(await world.opportunity(), who, minutes=90)
    await world.hear(event)
    first = (await world.row("SELECT id FROM claims")).id
    await world.do(claims.choose_recognition, first, "vouchers", by=who.id)
    await world.do(claims.submit_claim, first, by=who.id)
    await world.approve(first)
    await world.hear(event.model_copy(update={"version": 2, "minutes": 120}))
    base = f"/payments/claims/{(await world.row('SELECT id FROM claims WHERE follows IS NOT NULL')).id}"
    return Act(form(f"{base}/check", f"{base}/check"), 1900, "£20.00")


async def another_look(world: World, who: ParticipantRef) -> Act:
    claim_id = await world.submitted(who, recognition="vouchers")
    [line] = await world.lines(claim_id)
    await world.do(approval.approve_claim, claim_id, [Decision(line.id, 1000, "Late")], by=world.approver)
    page = f"/payments/claims/{claim_id}/another-look"
    return Act(form(page, wish="I was not"), 1400, "£15.00", page=page)


async def another_look_at_what_was_refused(world: World, who: ParticipantRef) -> Act:
    claim_id = await world.submitted(who, recognition="vouchers")
    await world.do(approval.refuse_claim, claim_id, "No", by=world.approver)
    page = f"/payments/claims/{claim_id}/another-look"
    return Act(form(page, wish="Yes"), 1400, "£15.00", page=page)


WAYS: dict[str, Way] = {
    "the fee of an attendance": the_fee_of_an_attendance,
    "a correction upwards": a_correction_upwards,
    "miles": miles,
    "a fare": a_fare,
    "another cost": another_cost,
    "a receipt after it was sent": a_receipt_after_it_was_sent,
    "into the bank": _thanks("bank-transfer"),
    "vouchers": _thanks("vouchers"),
    "cash": _thanks("cash"),
    "a cheque": _thanks("cheque"),
    "money instead of nothing": _thanks("switching"),
    "money instead of training, after it was sent": switching_after_it_was_sent,
    "a higher fee": a_higher_fee,
    "letting go of what is held": letting_go,
    "trying again": trying_again,
    "new bank details that send it again": new_bank_details_that_send_it_again,
    "a claim that follows": a_claim_that_follows,
    "another look": another_look,
    "another look at what was refused": another_look_at_what_was_refused,
}


@pytest.mark.parametrize("name", WAYS)
async def test_pay_09_whatever_would_pass_the_limit_says_so_before_and_asks_once(site: World, name: str) -> None:
    who = person()
    act = await WAYS[name](site, who)
    me = site.visitor("participant", person_id=who.id)
    await _limit(site, who, act.limit)
    if act.page:
        before = (await me.get(act.page)).text
        assert WARNED in before and act.says in before, "their page says it before they press"
    looks = await _looks(site)
    asked = await act.send(me, {})
    assert asked.status_code == 422 and WARNED in asked.text and 'name="anyway"' in asked.text
    assert act.says in asked.text and f"Your limit is £{act.limit / 100:.2f}" in asked.text
    assert await _looks(site) == looks, "nothing was done before they said that they go on"
    assert (await act.send(me, {"anyway": "yes"})).status_code == 303
    assert await _looks(site) != looks
    for (claim_id,) in await site.rows("SELECT id FROM claims WHERE state = 'open'"):
        check = f"/payments/claims/{claim_id}/check"
        if (page := await me.get(check)).status_code == 200 and "Send my claim" in page.text:
            sent = await me.post(check, data={"idempotency_key": key_of(page)})
            assert WARNED not in sent.text, "they were asked before, and are not asked again"


@pytest.mark.parametrize("name", some(WAYS, one_in=4))
async def test_pay_09_a_helper_is_told_nothing_of_the_limit(site: World, name: str) -> None:
    who = person()
    act = await WAYS[name](site, who)
    helper = site.visitor(Role.COORDINATOR, person_id=new_id(), acting_for=who.id)
    await _limit(site, who, act.limit)
    if act.page:
        assert "limit" not in (await helper.get(act.page)).text
    told = await act.send(helper, {})
    assert "limit" not in told.text and 'name="anyway"' not in told.text


@pytest.mark.parametrize("name", some(WAYS, one_in=5))
async def test_pay_09_what_stays_below_the_limit_is_not_asked_about(site: World, name: str) -> None:
    who = person()
    act = await WAYS[name](site, who)
    await _limit(site, who, 10_000)
    me = site.visitor("participant", person_id=who.id)
    assert (await act.send(me, {})).status_code == 303


async def _looks(world: World) -> dict[str, Any]:
    return {
        table: await world.rows(f"SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM {table} AS t")
        for table in LOOKED_AT
    }


# When it is paid


@pytest.mark.parametrize(
    ("agreed", "paid", "period"),
    [
        (datetime(2026, 11, 23, 10, tzinfo=UTC), datetime(2026, 12, 2, 10, tzinfo=UTC), "month"),
        (datetime(2027, 4, 1, 10, tzinfo=UTC), datetime(2027, 4, 6, 10, tzinfo=UTC), "week"),
        (datetime(2027, 3, 26, 10, tzinfo=UTC), datetime(2027, 4, 7, 10, tzinfo=UTC), "month"),
    ],
    ids=["the month's end", "the tax year's end in a week", "the tax year's end in a month"],
)
async def test_pay_09_what_was_agreed_before_a_boundary_and_paid_after_it_counts_after_it(
    world: World, agreed: datetime, paid: datetime, period: Any
) -> None:
    who = person()
    world.at(agreed)
    first = await world.submitted(who)
    await world.approve(first)
    world.at(paid)
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id))
    await _limit(world, who, 2000, period)
    second = await world.chosen(who)
    target = datetime.combine(paid.date(), datetime.min.time(), UTC)
    world.at(target.replace(hour=10))
    passing = await world.read(own_limits.passing, who.id, second)
    same = passing is not None and passing.first <= paid.date() <= passing.last
    expected_first, expected_last = rules.week_or_month(paid.date(), period)
    if passing is not None:
        assert same and (passing.first, passing.last) == (expected_first, expected_last) and passing.pence == 3000
    else:  # it would be paid in a later week, in which nothing else is
        assert period == "week"


async def test_pay_09_the_fee_and_the_travel_count_on_the_days_on_which_each_is_paid(world: World) -> None:
    who = person()
    register = await registered(world, recognition="vouchers", miles=10)
    who = register.event.participant
    await world.approve(register.claim_id)
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id))  # the travel, into the bank, in November
    world.at(datetime(2026, 12, 7, 10, tzinfo=UTC))
    second = await world.chosen(who)
    await _limit(world, who, 2999)
    passing = await world.read(own_limits.passing, who.id, second)
    assert passing is not None and passing.pence == 3000, "the vouchers and the new fee; the travel was November's"


async def test_pay_09_a_limit_can_leave_out_what_is_paid_back(site: World) -> None:
    who = person()
    base = await _chosen(site, who)
    me = site.visitor("participant", person_id=who.id)
    await post(me, "/payments/my-limit", period="month", amount="15.00")
    assert WARNED in (await post(me, f"{base}/miles", miles="10")).text
    await post(me, "/payments/my-limit", period="month", amount="15.00", fees_only="yes")
    assert (await post(me, f"{base}/miles", miles="10")).status_code == 303
    assert WARNED not in (await me.get(base)).text


# Asked once


ASKED = Passing(1000, 1500, date(2026, 12, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("now", "asked"),
    [
        (ASKED, False),
        (Passing(1000, 1400, date(2026, 12, 1), date(2026, 12, 31)), False),
        (Passing(1000, 1501, date(2026, 12, 1), date(2026, 12, 31)), True),
        (Passing(900, 1500, date(2026, 12, 1), date(2026, 12, 31)), True),
        (Passing(1000, 1500, date(2027, 1, 1), date(2027, 1, 31)), True),
    ],
    ids=["the same", "less", "more", "another limit", "another month"],
)
def test_pay_09_nobody_is_asked_twice_for_the_same_money(now: Passing, asked: bool) -> None:
    assert rules.must_be_asked(now, ASKED) is asked
    assert rules.must_be_asked(now, None)
