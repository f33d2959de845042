"""PAY-10, PAY-13: whom to ring and who may; people whom somebody took in; what a payment needs, and the pages."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.payments.bank_details.domain import confirming
from services.payments.bank_details.domain.confirming import NumberToRing, ToConfirm
from services.payments.bank_details.gateways.vault import AccountDetails
from services.payments.bank_details.use_cases import bank_details, copies
from services.payments.claims.use_cases import claims
from services.payments.paying.use_cases import answers, runs, sending
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.site import followed, key_of, post
from tests.payments.support import ACCOUNTS, VAULT, World, acting, person

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


# Whom to ring


@pytest.mark.parametrize(
    ("phone", "changes", "says"),
    [
        ("07700 900001", [], NumberToRing("07700 900001")),
        ("07700 900002", [(ago(200), "07700 900001")], NumberToRing("07700 900002")),
        ("07700 900002", [(ago(3), "07700 900001")], NumberToRing("07700 900001", changed_at=ago(3))),
        (
            "07700 900003",
            [(ago(1), "07700 900002"), (ago(2), "07700 900001")],
            NumberToRing("07700 900001", changed_at=ago(1)),
        ),
        (
            "07700 900003",
            [(ago(1), "07700 900002"), (ago(90), "07700 900001")],
            NumberToRing("07700 900002", changed_at=ago(1)),
        ),
        ("07700 900002", [(ago(-1), "07700 900001")], NumberToRing("07700 900001", changed_at=ago(-1))),
        ("07700 900001", [(ago(2), "")], NumberToRing("07700 900001", held_since=ago(2))),
        (
            "07700 900002",
            [(ago(1), "07700 900001"), (ago(2), "")],
            NumberToRing("07700 900001", changed_at=ago(1), held_since=ago(2)),
        ),
        ("", [], NumberToRing("")),
    ],
)
def test_pay_13_the_number_to_ring_is_the_one_held_before_the_details_were_given(
    phone: str, changes: Any, says: NumberToRing
) -> None:
    assert confirming.number_to_ring(phone, changes, NOW, 30) == says


@pytest.mark.parametrize("who", ["owner", "entered_by", "introducer"])
def test_pay_10_who_entered_details_or_took_the_person_in_does_not_confirm_them(who: str) -> None:
    people = {name: new_id() for name in ("owner", "entered_by", "introducer", "another")}
    details = ToConfirm("unconfirmed", people["owner"], people["entered_by"], frozenset({people["introducer"]}))
    assert confirming.reasons_not_to_confirm_details(details, "in-person", people[who]) != []
    assert confirming.reasons_not_to_confirm_details(details, "in-person", people["another"]) == []


# Two accounts of one person


def details(number: int = 0) -> AccountDetails:
    return AccountDetails("Alex Example", *ACCOUNTS[number])


async def known(
    world: World, person_id: UUID, *, added_by: UUID | None = None, email_entered_by: UUID | None = None
) -> None:
    card = {
        "version": 1,
        "name": "Alex",
        "added_by": added_by and str(added_by),
        "email_entered_by": email_entered_by and str(email_entered_by),
    }
    await world.do(copies.keep_card, person_id, card)


async def is_owed_to(world: World, who: UUID, releaser: UUID) -> bool:
    try:
        run_id = await world.run(releaser)
    except Refused:
        return False
    await world.do(runs.cancel_run, run_id, by=releaser)
    return True


@pytest.mark.parametrize("how", ["added", "address", "details"])
async def test_pay_10_who_took_somebody_in_neither_approves_nor_releases_until_another_has_rung_them(
    world: World, how: str
) -> None:
    who, taker = person(), new_id()
    await known(
        world, who.id, added_by=taker if how == "added" else None, email_entered_by=taker if how == "address" else None
    )
    if how == "details":
        await world.do(bank_details.give_details, who, details(), VAULT, by=acting(taker, who.id))
    claim_id = await world.submitted(who, recognition="vouchers")
    with pytest.raises(Refused, match="PAY-10"):
        await world.approve(claim_id, taker)
    with pytest.raises(Refused, match="PAY-10"):
        await world.do(bank_details.confirm_person, who.id, "in-person", by=taker)
    await world.approve(claim_id)
    assert not await is_owed_to(world, who.id, taker)
    await world.do(bank_details.confirm_person, who.id, "in-person", by=world.coordinator)
    assert await is_owed_to(world, who.id, taker)


async def test_pay_13_details_given_while_helped_wait_like_changed_ones(world: World) -> None:
    who, helper = person(), new_id()
    assert await world.do(bank_details.give_details, who, details(), VAULT, by=acting(helper, who.id)) == "unconfirmed"
    details_id = (await world.row("SELECT id FROM bank_details")).id
    for somebody in (who.id, helper):
        with pytest.raises(Refused):
            await world.do(bank_details.confirm_details, details_id, "in-person", by=somebody)
    claim_id = await world.submitted(who, recognition="bank-transfer")
    await world.approve(claim_id)
    assert not await is_owed_to(world, who.id, world.finance)
    await world.do(bank_details.confirm_details, details_id, "in-person", by=world.coordinator)
    assert await is_owed_to(world, who.id, world.finance)
    assert await is_owed_to(world, who.id, helper)  # somebody else has rung, so the helper may release


async def test_pay_10_who_confirmed_what_another_of_us_entered_is_a_second_person_and_may_release_it(
    world: World,
) -> None:
    """One of three claims over the limit, a second took them in and entered their account, the third recorded the
    register."""
    who, taker, recorder = person(), new_id(), world.coordinator
    await world.do(bank_details.give_details, who, details(), VAULT, by=acting(taker, who.id))
    claim_id = await world.submitted(who, minutes=400, recognition="bank-transfer")
    details_id = (await world.row("SELECT id FROM bank_details")).id
    await world.do(bank_details.confirm_person, who.id, "in-person", by=recorder)
    await world.do(bank_details.confirm_details, details_id, "in-person", by=recorder)
    with pytest.raises(Refused, match="PAY-10"):
        await world.approve(claim_id, recorder)
    await world.approve(claim_id, taker)
    with pytest.raises(Refused):
        await world.run(taker)
    run_id = await world.run(recorder)
    await world.do(sending.mark_sent, run_id, by=recorder)
    await world.do(answers.confirm_rest_by_hand, run_id, transfers=True, by=taker)
    assert (await world.claim(claim_id)).state == "paid"


async def test_pay_10_who_confirmed_details_does_not_release_what_is_paid_into_them(world: World) -> None:
    who = person()
    claim_id = await world.submitted(who)
    await world.account(who, 1)
    details_id = (await world.row("SELECT id FROM bank_details WHERE state = 'unconfirmed'")).id
    await world.do(bank_details.confirm_details, details_id, "in-person", by=world.finance)
    await world.approve(claim_id)
    assert not await is_owed_to(world, who.id, world.finance)
    run_id = await world.run(world.coordinator)
    with pytest.raises(Refused, match="PAY-10"):
        await world.do(sending.mark_sent, run_id, by=world.finance)


# What a payment needs (PAY-13)


async def test_pay_13_a_bank_payment_chosen_after_sending_asks_for_the_account_at_once(world: World) -> None:
    who = person()
    claim_id = await world.submitted(who, recognition="vouchers")
    with pytest.raises(Refused, match="PAY-13"):
        await world.do(claims.choose_recognition, claim_id, "bank-transfer", by=who.id)
    assert (await world.claim(claim_id)).recognition == "vouchers"
    await world.account(who)
    await world.do(claims.choose_recognition, claim_id, "bank-transfer", by=who.id)


# On the pages


async def test_pay_13_the_number_is_read_by_pressing_and_each_reading_is_written_down(
    site: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, helper = person(), new_id()
    await site.do(bank_details.give_details, who, details(), VAULT, by=acting(helper, who.id))
    details_id = (await site.row("SELECT id FROM bank_details")).id
    changed = (site.now - timedelta(days=2)).isoformat()
    card = {"phone": "07700 900666", "phone_changes": [{"at": changed, "before": "07700 900001"}]}

    async def requests(subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        return {"cards": {payload["person_ids"][0]: card}}

    monkeypatch.setattr(site.app.state.service, "requests", requests)
    finance = site.visitor(Role.FINANCE)
    page = await finance.get("/payments/confirm-details")
    assert "07700" not in page.text and "entered for them by staff" in page.text
    shown = await finance.post(f"/payments/confirm-details/{details_id}/number", data={"person": str(who.id)})
    assert "07700 900001" in shown.text and "07700 900666" not in shown.text and "was changed on" in shown.text
    assert (
        len(await site.rows("SELECT 1 FROM steps WHERE what = 'contact-details-read' AND about = :id", id=who.id)) == 1
    )
    entered = site.visitor(Role.FINANCE, person_id=helper)
    refused = await entered.post(f"/payments/confirm-details/{details_id}/number", data={"person": str(who.id)})
    assert "07700" not in refused.text and "You entered these bank details" in refused.text
    assert (
        await finance.post(f"/payments/confirm-details/{details_id}/number", data={"person": str(new_id())})
    ).status_code == 404


async def test_pri_03_nobody_reads_the_number_of_somebody_who_does_not_wait_to_be_rung(site: World) -> None:
    finance, who = site.visitor(Role.FINANCE), person()
    assert (await finance.post(f"/payments/confirm-details/people/{who.id}/number")).status_code == 404
    assert await site.rows("SELECT 1 FROM steps WHERE what = 'contact-details-read'") == []


async def test_pay_19_a_claim_is_sent_by_phone_bank_details_too(site: World) -> None:
    who = person()
    claim_id = await site.opened(who)
    helper = site.visitor(Role.COORDINATOR, acting_for=who.id)
    base = f"/payments/claims/{claim_id}"
    await followed(helper, await post(helper, f"{base}/thanks", recognition="bank-transfer"))
    form = f"/payments/bank-details/change?claim={claim_id}"
    assert form in (await helper.get(base)).text
    account = {
        "account_name": "Alex Example",
        "sort_code": ACCOUNTS[0][0],
        "account_number": ACCOUNTS[0][1],
        "claim": str(claim_id),
    }
    sent = await helper.post(
        "/payments/bank-details/change", data=account | {"idempotency_key": key_of(await helper.get(form))}
    )
    page = await followed(helper, sent)
    assert ACCOUNTS[0][1] not in page.text and f"Ending {ACCOUNTS[0][1][-4:]}" in page.text
    assert ACCOUNTS[0][1] not in (await helper.get("/payments/bank-details")).text
    assert (
        await post(helper, f"{base}/check", f"{base}/check", confirmation="Read to them on the phone")
    ).status_code == 303
    assert (await site.row("SELECT state FROM bank_details")).state == "unconfirmed"


async def test_pay_30_no_page_shows_a_helper_a_link_that_leads_nowhere(site: World) -> None:
    """Each link of every page of payments that a helper or its owner can reach is answered."""
    who = person()
    claim_id = await site.opened(who)
    for acting_for, person_id in ((who.id, None), (None, who.id)):
        reader = site.visitor(
            Role.COORDINATOR if acting_for else Role.PARTICIPANT, person_id=person_id, acting_for=acting_for
        )
        await post(reader, f"/payments/claims/{claim_id}/thanks", recognition="bank-transfer")
        seen, to_see = set[str](), ["/payments/claims", f"/payments/claims/{claim_id}"]
        while to_see:
            path = to_see.pop()
            seen.add(path)
            answer = await reader.get(path)
            assert answer.status_code == 200, (path, acting_for)
            found = re.findall(r'href="(/payments/[^"#]*)"', answer.text)
            to_see += [link for link in dict.fromkeys(found) if link not in seen and link not in to_see]
        assert len(seen) > 8
        assert any("my-limit" in path for path in seen) == (acting_for is None)
