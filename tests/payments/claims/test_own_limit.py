"""PAY-09: every way to pass one's own limit warns, and what counts is the day on which it is paid. PAY-02: travel is
for sessions in person."""

from datetime import date

import pytest

from services.payments.claims.domain import own_limits as rules
from services.payments.claims.domain.claims import LineKind
from services.payments.claims.use_cases import claims, own_limits
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.site import post
from tests.payments.support import World, person

WARNED = "Your limit is"


async def test_pay_09_every_way_to_pass_the_limit_warns(site: World) -> None:
    who = person()
    event = site.attendance(await site.opportunity(), who, minutes=90)
    await site.hear(event)
    claim_id = (await site.row("SELECT id FROM claims")).id
    me, base = site.visitor("participant", person_id=who.id), f"/payments/claims/{claim_id}"
    await post(me, "/payments/my-limit", period="week", amount="10.00")
    assert WARNED in (await post(me, f"{base}/thanks", recognition="vouchers")).text
    await post(me, f"{base}/fee", amount="9.00")
    assert (await post(me, f"{base}/thanks", recognition="vouchers")).status_code == 303
    raised = await post(me, f"{base}/fee", amount="11.00")
    assert raised.status_code == 422 and WARNED in raised.text and "Take it anyway" in raised.text
    assert (await post(me, f"{base}/fee", amount="11.00", anyway="yes")).status_code == 303
    assert "Your limit is" in (await me.get(base)).text
    await post(me, f"{base}/fee", amount="9.00")
    assert (await post(me, f"{base}/check", f"{base}/check")).status_code == 303
    assert "Your limit is" not in (await me.get(base)).text
    helper = site.visitor(Role.COORDINATOR, acting_for=who.id)
    await site.do(claims.lower_fee, claim_id, 1500, by=who.id)
    later = event.model_copy(update={"version": 2, "minutes": 120})
    await site.hear(later)
    assert "Your limit is" in (await me.get(base)).text
    assert "limit" not in (await helper.get(base)).text.replace("Our time limit", "")


async def test_pay_09_a_correction_that_is_sent_as_a_claim_of_its_own_warns(site: World) -> None:
    who = person()
    event = site.attendance(await site.opportunity(), who, minutes=90)
    await site.hear(event)
    claim_id = (await site.row("SELECT id FROM claims")).id
    me = site.visitor("participant", person_id=who.id)
    await site.do(claims.choose_recognition, claim_id, "vouchers", by=who.id)
    await site.do(claims.submit_claim, claim_id, by=who.id)
    await site.approve(claim_id)
    await post(me, "/payments/my-limit", period="month", amount="16.00")
    await site.hear(event.model_copy(update={"version": 2, "minutes": 120}))
    more = f"/payments/claims/{(await site.row('SELECT id FROM claims WHERE follows IS NOT NULL')).id}/check"
    assert WARNED in (await post(me, more, more)).text


async def test_pay_09_what_counts_is_the_day_on_which_it_is_paid(world: World) -> None:
    """Two sessions of one week, one paid in November and one sent in December, are two months; two months' sessions
    paid together are one."""
    who = person()
    await world.do(own_limits.set_own_limit, who.id, "month", 2000, by=who.id)
    await world.submitted(who, recognition="vouchers")
    await world.approve((await world.row("SELECT id FROM claims")).id)
    second = await world.chosen(who, session_date=date(2026, 10, 20))
    assert await world.read(own_limits.passing, who.id, second)
    world.move(days=14)  # to December: the first is still expected, now then
    assert await world.read(own_limits.passing, who.id, second)
    await world.write(_paid())
    assert not await world.read(own_limits.passing, who.id, second)
    await world.write(_unpaid())


def _paid():
    from sqlalchemy import text

    return text("UPDATE claims SET state = 'paid' WHERE state = 'approved'")


def _unpaid():
    from sqlalchemy import text

    return text("UPDATE claims SET state = 'approved' WHERE state = 'paid'")


async def test_pay_09_what_is_held_is_not_expected(world: World) -> None:
    who = person()
    await world.do(own_limits.set_own_limit, who.id, "month", 2000, by=who.id)
    first = await world.submitted(who, recognition="vouchers")
    second = await world.chosen(who)
    assert await world.read(own_limits.passing, who.id, second)
    await world.do(claims.hold_payment, first, True, by=who.id)
    assert not await world.read(own_limits.passing, who.id, second)


async def test_pay_09_the_limit_is_asked_about_once_the_way_is_known_and_says_what_is_not_sent_yet(site: World) -> None:
    """What they drove and spent is written down first; choosing the way asks. Another claim, not sent yet, is in the
    sum and is said."""
    who = person()
    await site.account(who)
    await site.chosen(who, minutes=75, planned_minutes=75)
    claim_id = await site.opened(who)
    me, base = site.visitor("participant", person_id=who.id), f"/payments/claims/{claim_id}"
    await post(me, "/payments/my-limit", period="week", amount="25.00")
    assert (await post(me, f"{base}/miles", miles="10")).status_code == 303
    assert (await post(me, f"{base}/other", what="Parking", amount="1.00")).status_code == 303
    assert WARNED not in (await me.get(base)).text
    sent = await post(me, f"{base}/check", f"{base}/check")
    assert WARNED not in sent.text and "There is a problem" in sent.text
    asked = await post(me, f"{base}/thanks", recognition="vouchers")
    assert "including £12.50 of a claim that you have not sent yet. Your limit is £25.00." in asked.text
    assert f'href="{base}/fee"' in asked.text
    assert (await post(me, f"{base}/thanks", recognition="vouchers", anyway="yes")).status_code == 303
    page = (await me.get(base)).text
    assert "of a claim that you have not sent yet" in page and f'href="{base}/fee">take a lower fee</a>' in page
    await post(me, f"{base}/check", f"{base}/check")
    await site.approve(claim_id)
    assert "If you want to take a lower fee, ask our Involvement lead" in (await me.get(base)).text


async def test_pay_09_what_was_paid_while_it_was_held_counts(world: World) -> None:
    who = person()
    await world.do(own_limits.set_own_limit, who.id, "month", 2000, by=who.id)
    first = await world.submitted(who, recognition="vouchers")
    await world.approve(first)
    second = await world.chosen(who)
    await world.do(claims.hold_payment, first, True, by=who.id)
    await world.write(_paid())
    assert await world.read(own_limits.passing, who.id, second)
    await world.write(_unpaid())


def test_pay_09_the_day_expected_is_our_aim_or_today() -> None:
    assert rules.expected_on(None, date(2026, 12, 1), date(2026, 11, 24)) == date(2026, 12, 1)
    assert rules.expected_on(date(2026, 11, 30), date(2026, 12, 1), date(2026, 11, 24)) == date(2026, 11, 30)
    assert rules.expected_on(date(2026, 11, 20), date(2026, 12, 1), date(2026, 11, 24)) == date(2026, 11, 24)


# PAY-02


async def test_pay_02_no_travel_is_paid_for_a_session_online(site: World) -> None:
    who = person()
    claim_id = await site.opened(who, opportunity=await site.opportunity(mode="online"))
    for add in (
        lambda tx: claims.add_miles(tx, claim_id, 301, "By the A10", False),
        lambda tx: claims.add_expense(tx, claim_id, LineKind.FARE, "Bus", 320),
    ):
        with pytest.raises(Refused, match="PAY-02"):
            await site.do(add, by=who.id)
    await site.do(claims.add_expense, claim_id, LineKind.OTHER, "Data for the video call", 320, by=who.id)
    me, base = site.visitor("participant", person_id=who.id), f"/payments/claims/{claim_id}"
    page = (await me.get(base)).text
    assert f"{base}/miles" not in page and f"{base}/fare" not in page and f"{base}/other" in page
    approver = site.visitor(Role.APPROVER)
    assert "Online: no travel is paid" in (await approver.get(f"/payments/approve/{claim_id}")).text


@pytest.mark.parametrize("mode", ["in-person", "both"])
async def test_pay_02_travel_is_offered_where_people_could_come(site: World, mode: str) -> None:
    who = person()
    claim_id = await site.opened(who, opportunity=await site.opportunity(mode=mode))
    me = site.visitor("participant", person_id=who.id)
    assert f"/payments/claims/{claim_id}/miles" in (await me.get(f"/payments/claims/{claim_id}")).text
