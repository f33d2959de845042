"""PAY-13: who said that their bank details are wrong is asked for the right ones, everywhere, as long as something of
theirs goes into an account; no day is promised and no clock runs meanwhile (PAY-07)."""

from typing import Any

import pytest

from services.payments.bank_details.use_cases import bank_details
from services.payments.bank_details.use_cases.wanted_details import tell_of_wanted_details
from services.payments.claims.use_cases import claims
from services.payments.owing.domain.leaving import WHERE_IT_GOES
from shared.identity import Role
from tests.payments.bank_statements.support import payment_of
from tests.payments.support import World, person


async def set_aside(world: World, who: Any) -> None:
    """They changed their account, were rung, and said that it is wrong."""
    await world.account(who, 1)
    [details] = await world.rows("SELECT id FROM bank_details WHERE state = 'unconfirmed'")
    await world.do(bank_details.set_details_aside, details.id, by=world.second)


async def told(world: World) -> list[tuple[bool, int]]:
    await world.do(tell_of_wanted_details)
    return [(event["waiting"], event["version"]) for event in await world.events("bank-details-wanted")]


@pytest.mark.parametrize("agreed", [True, False])
async def test_pay_13_who_said_that_their_details_are_wrong_is_asked_for_the_right_ones_and_promised_no_day(
    site: World, agreed: bool
) -> None:
    who = person()
    claim_id = await (site.approved(who) if agreed else site.submitted(who))
    await set_aside(site, who)
    assert await told(site) == [(True, 1)]
    visitor, url = site.visitor(Role.PARTICIPANT, person_id=who.id), f"/payments/claims/{claim_id}"
    page = (await visitor.get(url)).text
    assert "Tell us your bank details again" in page and f"/payments/bank-details/change?claim={claim_id}" in page
    assert "aim to pay" not in page and "last day" not in page.lower()
    assert "Tell us your bank details again" in (await visitor.get("/payments/bank-details")).text
    if not agreed:
        await site.approve(claim_id)
        [said] = await site.events("claim-approved", claim_id)
        assert (said["asks_details"], said["details_wait"]) == (True, False)
    runs = (await site.visitor(Role.FINANCE).get("/payments/runs")).text
    assert WHERE_IT_GOES["no-details"].text in runs and "is asked for them" in runs
    site.move(days=20)
    assert (await site.claim(claim_id)).stopped_on is not None
    await site.account(who, 2)
    assert await told(site) == [(True, 1), (False, 2)]
    claim = await site.claim(claim_id)
    assert claim.stopped_on is None and claim.pay_by > site.now.date()
    assert [each["stopped"] for each in await site.events("claim-clock-changed", claim_id)] == [True, False]
    assert await site.broken() == {}


async def test_pay_13_nobody_is_asked_for_details_into_which_nothing_goes(world: World) -> None:
    who = person()
    claim_id = await world.submitted(who)
    await set_aside(world, who)
    assert await told(world) == [(True, 1)]
    await world.do(claims.choose_recognition, claim_id, "vouchers", by=who.id)
    assert await told(world) == [(True, 1), (False, 2)]
    other = person()
    await world.submitted(other, recognition="vouchers")
    await world.account(other, 0)
    await set_aside(world, other)
    assert len(await told(world)) == 2


@pytest.mark.parametrize("waits", ["account", "details"])
async def test_pay_07_what_is_owed_again_promises_no_day_while_something_comes_first(world: World, waits: str) -> None:
    who = person()
    claim_id = await world.approved(who)
    paid = await payment_of(world, await world.sent_run())
    await world.by_hand(paid.run_id, paid.id, "paid")
    if waits == "account":
        await world.account(who, 1)
    else:
        await set_aside(world, who)
    await world.by_hand(paid.run_id, paid.id, "came-back")
    [said] = await world.events("claim-owed-again", claim_id)
    assert (said["details_wait"], said["asks_details"]) == (waits == "account", waits == "details")
