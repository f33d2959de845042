"""The claim form on paper: printed, filled in by hand, and typed in by staff (PAY-19, PAY-07)."""

import re
from datetime import date, timedelta

import pytest

from services.payments.claims.domain.days import clocks
from services.payments.claims.domain.sending import reasons_against_the_day_it_came
from shared.identity import Role
from shared.web.filters import day
from tests.payments.site import key_of, post
from tests.payments.support import SESSION_DATE, World, person
from tests.support.marks import mark_of

TODAY, SESSION = date(2027, 3, 12), date(2027, 3, 9)


@pytest.mark.parametrize("came", [SESSION, TODAY])
def test_pay_19_a_paper_form_came_between_the_session_and_today(came: date) -> None:
    assert reasons_against_the_day_it_came(came, TODAY, SESSION) == []


@pytest.mark.parametrize("came", [SESSION - timedelta(days=1), TODAY + timedelta(days=1)])
def test_pay_19_a_paper_form_came_neither_before_the_session_nor_after_today(came: date) -> None:
    (reason,) = reasons_against_the_day_it_came(came, TODAY, SESSION)
    assert (reason.rule, reason.field) == ("PAY-19", "came_on")


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.split("<main")[1].split("</main")[0]))


async def test_pay_19_anybody_can_print_a_claim_form_with_our_own_figures(site: World) -> None:
    printed = words((await site.visitor().get("/payments/policy/claim-form")).text)
    for said in ("£10.00 for each hour", "45 pence for each mile", "Shopping vouchers", "5 working days", "14 days"):
        assert said in printed
    assert "A cheque" not in printed, "only what is offered"
    assert "Please do not write your bank details here" in printed


async def test_pay_19_a_helper_prints_one_that_is_nobodys_yet_too(site: World) -> None:
    helper = site.visitor("coordinator", person_id=person().id, acting_for=person().id)
    assert "Claim form" in words((await helper.get("/payments/policy/claim-form")).text)


async def test_pay_19_a_claim_is_printed_with_what_we_know_for_its_owner_alone(site: World) -> None:
    who = person()
    claim_id = await site.opened(who)
    form = f"/payments/claims/{claim_id}/claim-form"
    printed = words((await site.visitor("participant", person_id=who.id).get(form)).text)
    assert day(SESSION_DATE) in printed and "1 hour 30 minutes" in printed and "£15.00" in printed
    assert (await site.visitor("participant", person_id=person().id).get(form)).status_code == 404


async def test_pay_19_what_staff_type_in_is_due_from_the_day_on_which_the_form_reached_us(site: World) -> None:
    who = person()
    claim_id = await site.opened(who)
    base = f"/payments/claims/{claim_id}"
    helper = site.visitor(Role.COORDINATOR, acting_for=who.id)
    await post(helper, f"{base}/thanks", recognition="vouchers")
    site.clock.offset += timedelta(days=3)
    came, today = site.clock.today() - timedelta(days=2), site.clock.today()

    async def send(day_it_came: date):
        shown = await helper.get(f"{base}/check")
        parts = {"came_on-day": day_it_came.day, "came_on-month": day_it_came.month, "came_on-year": day_it_came.year}
        fields = {"idempotency_key": key_of(shown), **mark_of(shown), "confirmation": "They signed the form"}
        return await helper.post(f"{base}/check", data=fields | {name: str(part) for name, part in parts.items()})

    refused = await send(today + timedelta(days=1))
    assert refused.status_code == 422 and "This day is still to come" in refused.text
    assert (await send(came)).status_code == 303
    (claim,) = await site.rows("SELECT paper_came_on, target_day, pay_by FROM claims WHERE id = :id", id=claim_id)
    due = clocks(came, 5, 14)
    assert (claim.paper_came_on, claim.target_day, claim.pay_by) == (came, due.target, due.limit)
    own = words((await site.visitor("participant", person_id=who.id).get(base)).text)
    assert f"Your paper form reached us on {day(came)}" in own
    approver = words((await site.visitor(Role.APPROVER).get(f"/payments/approve/{claim_id}")).text)
    assert f"The paper form reached us on {day(came)}" in approver


async def test_pay_19_only_who_types_it_in_for_somebody_says_when_it_came(site: World) -> None:
    who = person()
    claim_id = await site.chosen(who)
    me = site.visitor("participant", person_id=who.id)
    check = await me.get(f"/payments/claims/{claim_id}/check")
    assert "paper form" not in words(check.text)
    long_ago = {"came_on-day": "9", "came_on-month": "3", "came_on-year": "2027"}
    sent = await me.post(
        f"/payments/claims/{claim_id}/check", data={"idempotency_key": key_of(check), **mark_of(check), **long_ago}
    )
    assert sent.status_code == 303
    (claim,) = await site.rows("SELECT paper_came_on, target_day FROM claims WHERE id = :id", id=claim_id)
    assert claim.paper_came_on is None and claim.target_day == clocks(site.clock.today(), 5, 14).target
