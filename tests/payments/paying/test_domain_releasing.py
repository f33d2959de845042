"""PAY-10, PAY-12, PAY-13: what may leave with a run, who sends it, and who says how its payments ended."""

from typing import Any

import pytest

from services.payments.claims.domain.claims import ClaimState
from services.payments.paying.domain import endings, releasing
from services.payments.paying.domain.endings import ByHand
from services.payments.paying.domain.releasing import Leaving
from services.payments.paying.domain.who_sends import ToSend, reasons_not_to_send
from shared.db import new_id

MAKER, SENDER, PAYEE, SECOND = new_id(), new_id(), new_id(), new_id()


def leaving(**facts: object) -> Leaving:
    values: dict[str, Any] = {
        "method": "bank-transfer",
        "claim": ClaimState.APPROVED,
        "held": False,
        "withdrawn": False,
        "details": "confirmed",
        "changed": False,
    }
    return Leaving(**{**values, **facts})  # pyrefly: ignore


@pytest.mark.parametrize(
    ("payment", "before_the_file", "after_it"),
    [
        (leaving(), "", ""),
        (leaving(claim=ClaimState.RETURNED), "", ""),
        (leaving(changed=True), "", "changed"),
        (leaving(changed=True, details="unconfirmed"), "unconfirmed", "unconfirmed"),
        (leaving(details="none", changed=True), "no-details", "no-details"),
        (leaving(held=True), "held", "held"),
        (leaving(held=True, method="vouchers"), "held", "held"),
        (leaving(correction_due=True), "correction", "correction"),
        (leaving(withdrawn=True), "withdrawn", "withdrawn"),
        (leaving(claim=ClaimState.SUBMITTED), "withdrawn", "withdrawn"),
        (leaving(method="vouchers", details="none", changed=True), "", ""),
        (leaving(writable=False), "name", "name"),
    ],
)
def test_pay_13_what_a_payment_needs_is_asked_again_when_it_leaves(
    payment: Leaving, before_the_file: str, after_it: str
) -> None:
    assert (releasing.why_it_stays(payment, file_is_out=False), releasing.why_it_stays(payment, file_is_out=True)) == (
        before_the_file,
        after_it,
    )
    assert {before_the_file, after_it} - {""} <= set(releasing.WHY_IT_STAYS)


def to_send(**facts: object) -> ToSend:
    values: dict[str, Any] = {"state": "made", "has_approved": False, "is_paid": False, "left": 2, "changed": 0}
    return ToSend(**{**values, **facts})  # pyrefly: ignore


@pytest.mark.parametrize(
    ("run", "rule", "says"),
    [
        (to_send(), None, ""),
        (to_send(state="sent"), "PAY-12", "sent before"),
        (to_send(state="cancelled"), "PAY-12", "sent before"),
        (to_send(has_approved=True), "PAY-10", "You approved"),
        (to_send(is_paid=True), "PAY-10", "You are paid in this run"),
        (to_send(has_taken_in=True), "PAY-10", "You added this person"),
        (to_send(has_confirmed=True), "PAY-10", "You confirmed bank details"),
        (to_send(changed=1), "PAY-13", "has changed since the file was fetched"),
        (to_send(changed=1, knows_of_changes=True), None, ""),
        (to_send(changed=1, left=0, knows_of_changes=True), None, ""),
        (to_send(changed=1, withdrawn=1, knows_of_changes=True), "PAY-17", "withdrawn"),
        (to_send(left=0), "PAY-12", "Nothing in this run can leave"),
    ],
)
def test_pay_10_who_sends_a_run_and_with_what(run: ToSend, rule: str | None, says: str) -> None:
    reasons = reasons_not_to_send(run)
    assert [reason.rule for reason in reasons] == ([rule] if rule else [])
    assert says in "".join(reason.text for reason in reasons)


def by_hand(method: str = "bank-transfer", state: str = "sent") -> ByHand:
    return ByHand(method, state, MAKER, SENDER, PAYEE)


@pytest.mark.parametrize(
    ("payment", "how", "ends"),
    [
        (by_hand(), "paid", "paid"),
        (by_hand(), "not-paid", "rejected"),
        (by_hand(), "not-paid-details", "rejected"),
        (by_hand(state="paid"), "came-back", "returned"),
        (by_hand("vouchers"), "handed-over", "paid"),
        (by_hand("vouchers"), "lost", "rejected"),
        (by_hand("cash", "paid"), "lost", "returned"),
        (by_hand("cheque", "paid"), "taken-back", "returned"),
    ],
)
def test_pay_12_a_second_person_says_how_a_payment_ended(payment: ByHand, how: str, ends: str) -> None:
    assert endings.reasons_not_to_end_by_hand(payment, how, SECOND) == []
    assert endings.ends_as(how, payment.state) == ends


@pytest.mark.parametrize(
    ("payment", "how", "who", "rule"),
    [
        (by_hand(), "paid", MAKER, "PAY-12"),
        (by_hand(), "paid", SENDER, "PAY-12"),
        (by_hand("vouchers"), "handed-over", MAKER, "PAY-12"),
        (by_hand(), "paid", PAYEE, "PAY-10"),
        (by_hand(state="made"), "paid", SECOND, "PAY-12"),
        (by_hand(state="paid"), "paid", SECOND, "PAY-12"),
        (by_hand(state="sent"), "came-back", SECOND, "PAY-12"),
        (by_hand(state="returned"), "came-back", SECOND, "PAY-12"),
        (by_hand(state="rejected"), "paid", SECOND, "PAY-12"),
        (by_hand(), "handed-over", SECOND, "PAY-12"),
        (by_hand("vouchers"), "paid", SECOND, "PAY-12"),
        (by_hand(), "anything", SECOND, "PAY-12"),
    ],
)
def test_pay_12_nobody_else_says_so_and_nothing_ends_twice(payment: ByHand, how: str, who: object, rule: str) -> None:
    assert [reason.rule for reason in endings.reasons_not_to_end_by_hand(payment, how, who)] == [rule]  # pyrefly: ignore


def test_pay_12_references_fit_the_rail_and_are_each_their_own() -> None:
    assert releasing.end_to_end_id(12, 3) == "CH0000012-0003"
    assert len(releasing.end_to_end_id(9_999_999, 99_999)) <= 18
    run_id = new_id()
    names = [releasing.message_id(12, run_id, number) for number in (1, 2, 12)]
    assert len(set(names)) == 3 and all(len(name) <= 35 for name in names)
