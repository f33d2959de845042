"""PAY-13: while an account waits for a call nobody is promised a day, and its owner reads how it is checked; they hear
of an account that somebody entered for them."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.approving.use_cases import withdrawing
from services.payments.bank_details.gateways.vault import AccountDetails
from services.payments.bank_details.use_cases import bank_details
from services.payments.claims.use_cases import claims
from services.payments.owing.domain import leaving
from shared.db import new_id
from shared.identity import Role
from tests.payments.bank_details.test_confirming import known
from tests.payments.support import ACCOUNTS, VAULT, World, acting, person


async def test_pay_13_an_agreed_claim_says_that_its_account_waits_for_a_call(world: World) -> None:
    who, another = person(), person()
    claim_id = await world.submitted(who)
    await world.account(who, 1)
    await world.approve(claim_id)
    [told] = await world.events("claim-approved", claim_id)
    assert told["details_wait"] is True
    [told] = await world.events("claim-approved", await world.approved(another))
    assert told["details_wait"] is False


async def test_pay_13_its_owner_hears_of_an_account_that_somebody_entered_for_them(world: World) -> None:
    who = person()
    details = AccountDetails("Alex Example", *ACCOUNTS[0])
    await world.do(bank_details.give_details, who, details, VAULT, by=acting(new_id(), who.id))
    [told] = await world.events("bank-details-changed")
    assert (told["first"], told["participant"]["id"]) == (True, str(who.id))
    own = person()
    await world.account(own)
    assert len(await world.events("bank-details-changed")) == 1  # one's own first account is no news


@pytest.mark.parametrize("phone", ["", "07700 900001"])
async def test_pay_13_a_page_promises_no_day_and_says_if_we_have_no_number(
    site: World, monkeypatch: pytest.MonkeyPatch, phone: str
) -> None:
    who = person()
    claim_id = await site.submitted(who)
    await site.account(who, 1)

    async def requests(subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        return {"cards": {payload["person_ids"][0]: {"phone": phone}}}

    monkeypatch.setattr(site.app.state.service, "requests", requests)
    visitor = site.visitor(Role.PARTICIPANT, person_id=who.id)
    await site.approve(claim_id)
    page = (await visitor.get(f"/payments/claims/{claim_id}")).text
    assert "We aim to pay" not in page and "do not need to do anything" not in page and "How we check" in page
    assert "We aim to pay" not in (await visitor.get("/payments/claims")).text
    details = (await visitor.get("/payments/bank-details")).text
    assert ("no phone number of yours" in details, "You do not need to do anything" in details) == (
        not phone,
        bool(phone),
    )
    assert not phone or phone not in details


def test_pay_10_pay_13_a_day_is_promised_where_nothing_comes_first() -> None:
    somebody, nobody = frozenset({new_id()}), frozenset[UUID]()
    assert leaving.what_comes_first(["vouchers", "bank-transfer"], "confirmed", nobody) == frozenset()
    assert leaving.what_comes_first(["bank-transfer"], "confirmed", somebody) == frozenset()
    assert leaving.what_comes_first(["vouchers"], "unconfirmed", nobody) == frozenset()
    assert leaving.what_comes_first(["vouchers", "bank-transfer"], "unconfirmed", somebody) == {"person", "unconfirmed"}
    assert leaving.what_comes_first(["bank-transfer"], "none", nobody) == {"no-details"}


@pytest.mark.parametrize("waits", ["account", "person"])
async def test_pay_10_pay_13_no_page_promises_a_day_before_somebody_was_rung(site: World, waits: str) -> None:
    who, helper = person(), new_id()
    if waits == "person":
        await known(site, who.id, added_by=helper)
        claim_id = await site.chosen(who)
    else:
        details = AccountDetails("Alex Example", *ACCOUNTS[0])
        await site.do(bank_details.give_details, who, details, VAULT, by=acting(helper, who.id))
        claim_id = await site.chosen(who, "bank-transfer")
    visitor, url = site.visitor(Role.PARTICIPANT, person_id=who.id), f"/payments/claims/{claim_id}"
    first = {"account": "we check", "person": "somebody else of us rings or meets"}[waits]

    async def read(page: str) -> str:
        return (await visitor.get(page)).text

    check = await read(f"{url}/check")
    assert "we aim to pay" not in check and "last day is" not in check and first in check
    await site.do(claims.submit_claim, claim_id, by=who.id)
    page = await read(url) + await read("/payments/claims")
    assert "e aim to pay" not in page and "last day" not in page.lower() and first in page
    await site.approve(claim_id)
    page = await read(url) + await read("/payments/claims")
    assert "e aim to pay" not in page and "last day" not in page.lower() and first in page
    [told] = await site.events("claim-approved", claim_id)
    assert (told["details_wait"], told["person_waits"]) == (waits == "account", waits == "person")
    await site.do(withdrawing.withdraw_approval, claim_id, "A mistake", by=site.approver)
    [told] = await site.events("claim-withdrawn", claim_id)
    assert (told["details_wait"], told["person_waits"]) == (waits == "account", waits == "person")
    page = await read(url)
    assert "last day" not in page.lower() and "aim to pay" not in page and first in page
    await site.approve(claim_id)
    if waits == "person":
        await site.do(bank_details.confirm_person, who.id, "in-person", by=site.coordinator)
        assert "We aim to pay it by" in await read(url)
