"""PAY-10, PAY-11, PAY-12: a charity of two and a trustee, in which nobody pays themselves and nothing stands still."""

from itertools import permutations, product
from typing import Any
from uuid import UUID

import pytest

from services.payments.approving import domain as deciding
from services.payments.approving.domain import ToApprove
from services.payments.bank_details.domain import confirming
from services.payments.bank_details.domain.confirming import ToConfirm
from services.payments.claims.domain.claims import ClaimState
from services.payments.paying.domain import endings, releasing
from services.payments.paying.domain.endings import ByHand
from services.payments.paying.domain.releasing import ToRelease
from services.payments.paying.domain.who_sends import ToSend, reasons_not_to_send

THREE = ("anna", "bert", "trustee")
ROLES = ("recorder", "approver", "second_approver", "confirmer", "releaser", "ender")
"""ender: says how a payment ended, by hand or by bringing the bank's word."""


def allowed(
    part: dict[str, str], *, claimant: str, took_in: str | None, pence: int, over: int, way: str = "bank-transfer"
) -> bool:
    """Whether these people may do these parts of one claim, by the rules of the domain. took_in also entered the bank
    details."""
    ids: dict[str, UUID] = {name: UUID(int=number) for number, name in enumerate((*THREE, "claimant"), start=1)}
    introducers = frozenset({ids[took_in]}) if took_in else frozenset()
    to_confirm = ToConfirm("unconfirmed", ids[claimant], ids[took_in] if took_in else None, introducers)
    by_bank, confirmer = way == "bank-transfer", ids[part["confirmer"]]
    if took_in and by_bank and confirming.reasons_not_to_confirm_details(to_confirm, "in-person", confirmer):
        return False
    if (
        took_in
        and not by_bank
        and confirming.reasons_not_to_confirm_person(introducers, ids[claimant], "in-person", confirmer)
    ):
        return False
    after = frozenset(introducers - {ids[took_in]}) if took_in and part["confirmer"] != took_in else introducers
    facts: dict[str, Any] = {
        "claimant": ids[claimant],
        "helpers": frozenset(),
        "recorders": frozenset({ids[part["recorder"]]}),
        "introducers": after,
    }
    facts |= {"amount_pence": pence, "approver_limit_pence": 5000, "over_budget_pence": over}
    first, second = ids[part["approver"]], ids[part["second_approver"]]
    if deciding.reasons_not_to_approve(ToApprove(ClaimState.SUBMITTED, **facts), first):
        return False
    if over and deciding.reasons_not_to_approve(
        ToApprove(ClaimState.SECOND_APPROVER, **facts, first_approver=first), second
    ):
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
    assert not by_bank or bool(by_hand) == bool(endings.reasons_not_to_bring([payment], ender)), (
        "a file is no way around the second person"
    )
    return not by_hand


def may_send_again(part: dict[str, str], sender: str, *, claimant: str, took_in: str | None) -> bool:
    """After the ender said that it did not arrive: whether this person may send it again."""
    ids = {name: UUID(int=number) for number, name in enumerate((*THREE, "claimant"), start=1)}
    said = {
        "has_said_it_failed": sender == part["ender"],
        "has_approved": sender in (part["approver"], part["second_approver"]),
    }
    confirmed = (
        took_in is not None
        and sender == part["confirmer"]
        and releasing.may_not_release_what_they_confirmed(ids[claimant], ids[took_in])
    )
    run = ToSend(
        "made", is_paid=sender == claimant, left=1, changed=0, has_confirmed=confirmed, has_taken_in=False, **said
    )
    return not reasons_not_to_send(run)


def everything() -> list[dict[str, str]]:
    return [dict(zip(ROLES, people, strict=True)) for people in product(THREE, repeat=len(ROLES))]


@pytest.mark.parametrize("recorder", THREE)
@pytest.mark.parametrize("took_in", [None, *THREE])
@pytest.mark.parametrize("pence", [5000, 9000])
@pytest.mark.parametrize("way", ["bank-transfer", "vouchers"])
def test_pay_10_in_a_charity_of_two_and_a_trustee_no_participants_money_stands_still(
    recorder: str, took_in: str | None, pence: int, way: str
) -> None:
    """All three hold every role; whoever recorded it and whoever took the person in are given."""
    ways = [part for part in everything() if part["recorder"] == recorder]
    assert any(allowed(part, claimant="claimant", took_in=took_in, pence=pence, over=0, way=way) for part in ways)


def test_pay_10_nor_do_the_vouchers_of_one_of_the_three_whom_another_took_in() -> None:
    for recorder, claimant, took_in in product(THREE, repeat=3):
        ways = [part for part in everything() if part["recorder"] == recorder]
        if claimant != took_in:
            assert any(
                allowed(part, claimant=claimant, took_in=took_in, pence=4000, over=0, way="vouchers") for part in ways
            ), (recorder, claimant, took_in)


@pytest.mark.parametrize("over", [0, 1000])
@pytest.mark.parametrize("way", ["vouchers", "cash", "cheque", "training"])
def test_pay_10_nobody_alone_gives_thanks_of_any_kind_to_somebody_whom_they_took_in(over: int, way: str) -> None:
    for part in everything():
        for claimant in (*THREE, "claimant"):
            if allowed(part, claimant=claimant, took_in="anna", pence=9000, over=over, way=way):
                assert part["confirmer"] != "anna" and claimant not in (
                    part["approver"],
                    part["releaser"],
                    part["ender"],
                ), part
                assert part["approver"] != part["releaser"] != part["ender"], part


@pytest.mark.parametrize("recorder", THREE)
@pytest.mark.parametrize("took_in", [None, *THREE])
@pytest.mark.parametrize("pence", [5000, 9000])
@pytest.mark.parametrize("way", ["bank-transfer", "vouchers"])
def test_pay_10_nor_does_the_money_of_one_of_the_three(
    recorder: str, took_in: str | None, pence: int, way: str
) -> None:
    for claimant in THREE:
        ways = [part for part in everything() if part["recorder"] == recorder]
        if claimant != took_in:
            assert any(
                allowed(part, claimant=claimant, took_in=took_in, pence=pence, over=0, way=way) for part in ways
            ), (claimant, recorder)


@pytest.mark.parametrize("recorder", THREE)
@pytest.mark.parametrize("took_in", [None, *THREE])
def test_pay_12_nor_does_money_that_did_not_arrive_and_nobody_has_it_sent_twice_alone(
    recorder: str, took_in: str | None
) -> None:
    """Whoever says that it failed, somebody else of the three can send it again, and only somebody else."""
    for claimant in ("claimant", *(each for each in THREE if each != took_in)):
        facts = {"claimant": claimant, "took_in": took_in}
        ways = [
            part for part in everything() if part["recorder"] == recorder and allowed(part, **facts, pence=4000, over=0)
        ]  # pyrefly: ignore
        again = [
            (part, sender)
            for part in ways
            for sender in THREE
            if may_send_again(part | {"second_approver": ""}, sender, **facts)
        ]  # pyrefly: ignore
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
def test_pay_11_over_budget_a_participants_money_moves_and_that_of_one_of_the_three_waits_for_a_fourth(
    recorder: str, took_in: str | None, way: str
) -> None:
    ways = [part for part in everything() if part["recorder"] == recorder]
    facts: dict[str, Any] = {"took_in": took_in, "over": 1000, "way": way}
    assert any(allowed(part, claimant="claimant", pence=9000, **facts) for part in ways)
    assert not any(
        allowed(part, claimant=claimant, pence=pence, **facts)
        for part in ways
        for claimant in THREE
        for pence in (4000, 9000)
    )


def test_pay_10_over_budget_it_takes_two_to_approve_and_a_third_to_release() -> None:
    ways = [part for part in everything() if allowed(part, claimant="claimant", took_in=None, pence=4000, over=1000)]
    assert ways and all(len({part["approver"], part["second_approver"], part["releaser"]}) == 3 for part in ways)
    assert {tuple(part[role] for role in ("approver", "second_approver", "releaser")) for part in ways} == set(
        permutations(THREE)
    )
