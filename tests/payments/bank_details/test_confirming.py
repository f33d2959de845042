"""PAY-10, PAY-13: whom to ring and who may; people whom somebody took in; a small charity in which nobody pays themselves and nothing stands still."""

import re
from datetime import UTC, datetime, timedelta
from itertools import permutations, product
from typing import Any
from uuid import UUID

import pytest

from services.payments.approving import domain as deciding
from services.payments.approving.domain import ToApprove
from services.payments.bank_details.domain import confirming
from services.payments.bank_details.domain.confirming import NumberToRing, ToConfirm
from services.payments.bank_details.gateways.vault import AccountDetails
from services.payments.bank_details.use_cases import bank_details, cards
from services.payments.claims.domain.claims import ClaimState
from services.payments.claims.use_cases import claims
from services.payments.paying.domain import endings, releasing
from services.payments.paying.domain.endings import ByHand
from services.payments.paying.domain.releasing import ToRelease, ToSend
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
        ("07700 900003", [(ago(1), "07700 900002"), (ago(2), "07700 900001")], NumberToRing("07700 900001", changed_at=ago(1))),
        ("07700 900003", [(ago(1), "07700 900002"), (ago(90), "07700 900001")], NumberToRing("07700 900002", changed_at=ago(1))),
        ("07700 900002", [(ago(-1), "07700 900001")], NumberToRing("07700 900001", changed_at=ago(-1))),
        ("07700 900001", [(ago(2), "")], NumberToRing("07700 900001", held_since=ago(2))),
        ("07700 900002", [(ago(1), "07700 900001"), (ago(2), "")], NumberToRing("07700 900001", changed_at=ago(1), held_since=ago(2))),
        ("", [], NumberToRing("")),
    ],
)
def test_pay_13_the_number_to_ring_is_the_one_held_before_the_details_were_given(phone: str, changes: Any, says: NumberToRing) -> None:
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


async def known(world: World, person_id: UUID, *, added_by: UUID | None = None, email_entered_by: UUID | None = None) -> None:
    card = {"version": 1, "name": "Alex", "added_by": added_by and str(added_by), "email_entered_by": email_entered_by and str(email_entered_by)}
    await world.do(cards.keep_card, person_id, card)


async def is_owed_to(world: World, who: UUID, releaser: UUID) -> bool:
    try:
        run_id = await world.run(releaser)
    except Refused:
        return False
    await world.do(runs.cancel_run, run_id, by=releaser)
    return True


@pytest.mark.parametrize("how", ["added", "address", "details"])
async def test_pay_10_who_took_somebody_in_neither_approves_nor_releases_until_another_has_rung_them(world: World, how: str) -> None:
    who, taker = person(), new_id()
    await known(world, who.id, added_by=taker if how == "added" else None, email_entered_by=taker if how == "address" else None)
    if how == "details":
        await world.do(bank_details.give_details, who, details(), VAULT, by=acting(taker, who.id))
    claim_id = await world.submitted(who, recognition="vouchers")
    with pytest.raises(Refused, match="PAY-10"):
        await world.approve(claim_id, taker)
    with pytest.raises(Refused, match="PAY-10"):
        await world.do(bank_details.confirm_person, who.id, "in-person", by=taker)
    await world.approve(claim_id)
    assert not await is_owed_to(world, who.id, taker)
    await world.do(bank_details.confirm_person, who.id, "rang-known-number", by=world.coordinator)
    assert await is_owed_to(world, who.id, taker)


async def test_pay_13_details_given_while_helped_wait_like_changed_ones(world: World) -> None:
    who, helper = person(), new_id()
    assert await world.do(bank_details.give_details, who, details(), VAULT, by=acting(helper, who.id)) == "unconfirmed"
    details_id = (await world.row("SELECT id FROM bank_details")).id
    for somebody in (who.id, helper):
        with pytest.raises(Refused):
            await world.do(bank_details.confirm_details, details_id, "rang-known-number", by=somebody)
    claim_id = await world.submitted(who, recognition="bank-transfer")
    await world.approve(claim_id)
    assert not await is_owed_to(world, who.id, world.finance)
    await world.do(bank_details.confirm_details, details_id, "rang-known-number", by=world.coordinator)
    assert await is_owed_to(world, who.id, world.finance)
    assert await is_owed_to(world, who.id, helper)  # somebody else has rung, so the helper may release


async def test_pay_10_who_confirmed_what_another_of_us_entered_is_a_second_person_and_may_release_it(world: World) -> None:
    """One of three claims over the limit, a second took them in and entered their account, the third recorded the register."""
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


# A charity of two and one trustee

THREE = ("anna", "bert", "trustee")
ROLES = ("recorder", "approver", "second_approver", "confirmer", "releaser", "ender")
"""ender: says how a payment ended, by hand or by bringing the bank's word."""


def allowed(part: dict[str, str], *, claimant: str, took_in: str | None, pence: int, over: int, way: str = "bank-transfer") -> bool:
    """Whether these people may do these parts of one claim, by the rules of the domain. took_in also entered the bank details."""
    ids: dict[str, UUID] = {name: UUID(int=number) for number, name in enumerate((*THREE, "claimant"), start=1)}
    introducers = frozenset({ids[took_in]}) if took_in else frozenset()
    to_confirm = ToConfirm("unconfirmed", ids[claimant], ids[took_in] if took_in else None, introducers)
    by_bank, confirmer = way == "bank-transfer", ids[part["confirmer"]]
    if took_in and by_bank and confirming.reasons_not_to_confirm_details(to_confirm, "in-person", confirmer):
        return False
    if took_in and not by_bank and confirming.reasons_not_to_confirm_person(introducers, ids[claimant], "in-person", confirmer):
        return False
    after = frozenset(introducers - {ids[took_in]}) if took_in and part["confirmer"] != took_in else introducers
    facts: dict[str, Any] = {"claimant": ids[claimant], "helpers": frozenset(), "recorders": frozenset({ids[part["recorder"]]}), "introducers": after}
    facts |= {"amount_pence": pence, "approver_limit_pence": 5000, "over_budget_pence": over}
    first, second = ids[part["approver"]], ids[part["second_approver"]]
    if deciding.reasons_not_to_approve(ToApprove(ClaimState.SUBMITTED, **facts), first):
        return False
    if over and deciding.reasons_not_to_approve(ToApprove(ClaimState.SECOND_APPROVER, **facts, first_approver=first), second):
        return False
    release = ToRelease(
        method=way,
        approvers=frozenset({first, second} if over else {first}),
        claimant=ids[claimant],
        held=False,
        bank_details="confirmed",
        introducers=after,
        confirmed_by=confirmer if took_in else None,
        entered_by=ids[took_in] if took_in else None,
    )
    if releasing.reasons_not_to_release(release, ids[part["releaser"]]):
        return False
    payment = ByHand(way, "sent", ids[part["releaser"]], ids[part["releaser"]], ids[claimant], introducers=after)
    ender = ids[part["ender"]]
    by_hand = endings.reasons_not_to_end_by_hand(payment, "paid" if by_bank else "handed-over", ender)
    assert not by_bank or bool(by_hand) == bool(endings.reasons_not_to_bring([payment], ender)), "a file is no way around the second person"
    return not by_hand


def may_send_again(part: dict[str, str], sender: str, *, claimant: str, took_in: str | None) -> bool:
    """After the ender said that it did not arrive: whether this person may send it anew."""
    ids = {name: UUID(int=number) for number, name in enumerate((*THREE, "claimant"), start=1)}
    said = {"has_said_it_failed": sender == part["ender"], "has_approved": sender in (part["approver"], part["second_approver"])}
    confirmed = took_in is not None and sender == part["confirmer"] and releasing.may_not_release_what_they_confirmed(ids[claimant], ids[took_in])
    run = ToSend("made", is_paid=sender == claimant, left=1, changed=0, has_confirmed=confirmed, has_taken_in=False, **said)
    return not releasing.reasons_not_to_send(run)


def everything() -> list[dict[str, str]]:
    return [dict(zip(ROLES, people, strict=True)) for people in product(THREE, repeat=len(ROLES))]


@pytest.mark.parametrize("recorder", THREE)
@pytest.mark.parametrize("took_in", [None, *THREE])
@pytest.mark.parametrize("pence", [5000, 9000])
@pytest.mark.parametrize("way", ["bank-transfer", "vouchers"])
def test_pay_10_in_a_charity_of_two_and_a_trustee_no_participants_money_stands_still(recorder: str, took_in: str | None, pence: int, way: str) -> None:
    """All three hold every role; whoever recorded it and whoever took the person in are given."""
    ways = [part for part in everything() if part["recorder"] == recorder]
    assert any(allowed(part, claimant="claimant", took_in=took_in, pence=pence, over=0, way=way) for part in ways)


def test_pay_10_nor_do_the_vouchers_of_one_of_the_three_whom_another_took_in() -> None:
    for recorder, claimant, took_in in product(THREE, repeat=3):
        ways = [part for part in everything() if part["recorder"] == recorder]
        if claimant != took_in:
            assert any(allowed(part, claimant=claimant, took_in=took_in, pence=4000, over=0, way="vouchers") for part in ways), (recorder, claimant, took_in)


@pytest.mark.parametrize("over", [0, 1000])
@pytest.mark.parametrize("way", ["vouchers", "cash", "cheque", "training"])
def test_pay_10_nobody_alone_gives_thanks_of_any_kind_to_somebody_whom_they_took_in(over: int, way: str) -> None:
    for part in everything():
        for claimant in (*THREE, "claimant"):
            if allowed(part, claimant=claimant, took_in="anna", pence=9000, over=over, way=way):
                assert part["confirmer"] != "anna" and claimant not in (part["approver"], part["releaser"], part["ender"]), part
                assert part["approver"] != part["releaser"] != part["ender"], part


@pytest.mark.parametrize("recorder", THREE)
@pytest.mark.parametrize("took_in", [None, *THREE])
@pytest.mark.parametrize("pence", [5000, 9000])
@pytest.mark.parametrize("way", ["bank-transfer", "vouchers"])
def test_pay_10_nor_does_the_money_of_one_of_the_three(recorder: str, took_in: str | None, pence: int, way: str) -> None:
    for claimant in THREE:
        ways = [part for part in everything() if part["recorder"] == recorder]
        if claimant != took_in:
            assert any(allowed(part, claimant=claimant, took_in=took_in, pence=pence, over=0, way=way) for part in ways), (claimant, recorder)


@pytest.mark.parametrize("recorder", THREE)
@pytest.mark.parametrize("took_in", [None, *THREE])
def test_pay_12_nor_does_money_that_did_not_arrive_and_nobody_has_it_sent_twice_alone(recorder: str, took_in: str | None) -> None:
    """Whoever says that it failed, somebody else of the three can send it anew, and only somebody else."""
    for claimant in ("claimant", *(each for each in THREE if each != took_in)):
        facts = {"claimant": claimant, "took_in": took_in}
        ways = [part for part in everything() if part["recorder"] == recorder and allowed(part, **facts, pence=4000, over=0)]  # pyright: ignore[reportArgumentType]
        again = [(part, sender) for part in ways for sender in THREE if may_send_again(part | {"second_approver": ""}, sender, **facts)]  # pyright: ignore[reportArgumentType]
        assert again, (claimant, recorder, took_in)
        assert all(sender not in (part["ender"], part["approver"], claimant) for part, sender in again)


@pytest.mark.parametrize("over", [0, 1000])
@pytest.mark.parametrize("took_in", [None, "anna"])
def test_pay_10_no_one_person_can_pay_themselves_or_anybody(over: int, took_in: str | None) -> None:
    for part in everything():
        for claimant in (*THREE, "claimant"):
            if not allowed(part, claimant=claimant, took_in=took_in, pence=9000, over=over):
                continue
            hands = {part["approver"], part["releaser"], part["ender"]}
            assert len(hands) >= 2 and part["approver"] != part["releaser"], part
            assert claimant not in hands, part
            if took_in:
                assert part["confirmer"] != took_in, part


@pytest.mark.parametrize("recorder", THREE)
@pytest.mark.parametrize("took_in", [None, *THREE])
@pytest.mark.parametrize("way", ["bank-transfer", "vouchers"])
def test_pay_11_over_budget_a_participants_money_moves_and_that_of_one_of_the_three_waits_for_a_fourth(recorder: str, took_in: str | None, way: str) -> None:
    ways = [part for part in everything() if part["recorder"] == recorder]
    facts: dict[str, Any] = {"took_in": took_in, "over": 1000, "way": way}
    assert any(allowed(part, claimant="claimant", pence=9000, **facts) for part in ways)
    assert not any(allowed(part, claimant=claimant, pence=pence, **facts) for part in ways for claimant in THREE for pence in (4000, 9000))


def test_pay_10_over_budget_it_takes_two_to_approve_and_a_third_to_release() -> None:
    ways = [part for part in everything() if allowed(part, claimant="claimant", took_in=None, pence=4000, over=1000)]
    assert ways and all(len({part["approver"], part["second_approver"], part["releaser"]}) == 3 for part in ways)
    assert {tuple(part[role] for role in ("approver", "second_approver", "releaser")) for part in ways} == set(permutations(THREE))


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


async def test_pay_13_the_number_is_read_by_pressing_and_each_reading_is_written_down(site: World, monkeypatch: pytest.MonkeyPatch) -> None:
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
    assert len(await site.rows("SELECT 1 FROM steps WHERE what = 'contact-details-read' AND about = :id", id=who.id)) == 1
    entered = site.visitor(Role.FINANCE, person_id=helper)
    refused = await entered.post(f"/payments/confirm-details/{details_id}/number", data={"person": str(who.id)})
    assert "07700" not in refused.text and "You entered these bank details" in refused.text
    assert (await finance.post(f"/payments/confirm-details/{details_id}/number", data={"person": str(new_id())})).status_code == 404


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
    account = {"account_name": "Alex Example", "sort_code": ACCOUNTS[0][0], "account_number": ACCOUNTS[0][1], "claim": str(claim_id)}
    sent = await helper.post("/payments/bank-details/change", data=account | {"idempotency_key": key_of(await helper.get(form))})
    page = await followed(helper, sent)
    assert ACCOUNTS[0][1] not in page.text and f"Ending {ACCOUNTS[0][1][-4:]}" in page.text
    assert ACCOUNTS[0][1] not in (await helper.get("/payments/bank-details")).text
    assert (await post(helper, f"{base}/check", f"{base}/check", confirmation="Read to them on the phone")).status_code == 303
    assert (await site.row("SELECT state FROM bank_details")).state == "unconfirmed"


async def test_pay_30_no_page_shows_a_helper_a_link_that_leads_nowhere(site: World) -> None:
    """Each link of every page of payments that a helper or its owner can reach is answered."""
    who = person()
    claim_id = await site.opened(who)
    for acting_for, person_id in ((who.id, None), (None, who.id)):
        reader = site.visitor(Role.COORDINATOR if acting_for else Role.PARTICIPANT, person_id=person_id, acting_for=acting_for)
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
