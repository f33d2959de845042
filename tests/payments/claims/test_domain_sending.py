"""The rules of sending a claim (PAY-06, PAY-08, PAY-13) and of one's own limit (PAY-09)."""

from datetime import date
from typing import Any

import pytest

from services.payments.claims.domain import own_limits, sending
from services.payments.claims.domain.claims import ClaimState, Line, LineKind, LineState
from services.payments.claims.domain.sending import ToSend
from shared.db import new_id

EVERY_STATE = list(ClaimState)


def texts(reasons) -> list[tuple[str, str | None]]:
    return [(reason.rule, reason.field) for reason in reasons]


def line(
    kind: LineKind = LineKind.PARTICIPATION,
    pence: int = 1500,
    state: LineState = LineState.READY,
    full: int | None = None,
) -> Line:
    return Line(new_id(), kind, state, pence, pence if full is None else full)


# Sending


def to_send(**facts) -> ToSend:
    values: dict[str, Any] = {
        "state": ClaimState.OPEN,
        "recognition": "bank-transfer",
        "expenses_method": None,
        "lines": [line()],
        "has_bank_details": True,
    }
    return ToSend(**{**values, **facts})


@pytest.mark.parametrize("state", EVERY_STATE)
def test_pay_06_a_claim_is_sent_once(state: ClaimState) -> None:
    reasons = sending.reasons_not_to_submit(to_send(state=state))
    assert texts(reasons) == ([] if state is ClaimState.OPEN else [("PAY-06", None)])


def test_pay_06_something_must_be_in_it() -> None:
    assert texts(sending.reasons_not_to_submit(to_send(lines=[]))) == [("PAY-06", None)]
    assert texts(sending.reasons_not_to_submit(to_send(lines=[line(state=LineState.REFUSED)]))) == [("PAY-06", None)]


def test_pay_08_the_choice_is_made_first() -> None:
    assert texts(sending.reasons_not_to_submit(to_send(recognition=None))) == [("PAY-08", "recognition")]


def test_pay_13_bank_details_are_given_where_they_are_needed() -> None:
    assert texts(sending.reasons_not_to_submit(to_send(has_bank_details=False))) == [("PAY-13", "bank_details")]
    assert sending.reasons_not_to_submit(to_send(has_bank_details=False, recognition="vouchers")) == []
    costs_too = {"recognition": "vouchers", "lines": [line(), line(LineKind.MILEAGE, 540)], "has_bank_details": False}
    assert texts(sending.reasons_not_to_submit(to_send(**costs_too))) == [("PAY-13", "bank_details")]
    assert sending.reasons_not_to_submit(to_send(**costs_too, expenses_method="vouchers")) == []


def test_pay_05_what_waits_for_a_receipt_asks_for_no_account_before_it_goes_on() -> None:
    waits = line(LineKind.FARE, 320, LineState.WAITING)
    vouchers = {"recognition": "vouchers", "has_bank_details": False}
    assert sending.reasons_not_to_submit(to_send(**vouchers, lines=[line(), waits])) == []
    with_receipt = [line(), line(LineKind.FARE, 320)]
    assert texts(sending.reasons_not_to_submit(to_send(**vouchers, lines=with_receipt))) == [("PAY-13", "bank_details")]


def test_pay_05_a_waiting_line_never_stands_in_the_way_but_is_not_sent_alone() -> None:
    waits = line(LineKind.FARE, 320, LineState.WAITING)
    assert sending.reasons_not_to_submit(to_send(lines=[line(), waits])) == []
    assert texts(sending.reasons_not_to_submit(to_send(lines=[waits]))) == [("PAY-05", None)]
    assert texts(sending.reasons_not_to_submit(to_send(lines=[line(pence=0, full=1500), waits]))) == [("PAY-05", None)]
    assert texts(
        sending.reasons_not_to_submit(to_send(recognition="none", lines=[line(pence=0, full=1500), waits]))
    ) == [("PAY-05", None)]


def test_pay_08_thanks_without_money_can_be_sent_alone() -> None:
    for recognition in ("training", "volunteering-role", "award"):
        assert sending.reasons_not_to_submit(to_send(recognition=recognition, lines=[line(pence=0, full=1500)])) == []


def test_pay_06_a_helper_says_how_it_was_confirmed() -> None:
    assert texts(sending.reasons_not_to_submit(to_send(by_helper=True))) == [("PAY-06", "confirmation")]
    assert texts(sending.reasons_not_to_submit(to_send(by_helper=True, confirmation="  "))) == [
        ("PAY-06", "confirmation")
    ]
    assert sending.reasons_not_to_submit(to_send(by_helper=True, confirmation="On the phone")) == []


# PAY-09


@pytest.mark.parametrize(
    ("day", "period", "first", "last"),
    [
        (date(2026, 11, 18), "week", date(2026, 11, 16), date(2026, 11, 22)),
        (date(2026, 11, 16), "week", date(2026, 11, 16), date(2026, 11, 22)),
        (date(2026, 11, 22), "week", date(2026, 11, 16), date(2026, 11, 22)),
        (date(2026, 11, 18), "month", date(2026, 11, 1), date(2026, 11, 30)),
        (date(2026, 12, 31), "month", date(2026, 12, 1), date(2026, 12, 31)),
        (date(2028, 2, 1), "month", date(2028, 2, 1), date(2028, 2, 29)),
        (date(2027, 1, 31), "month", date(2027, 1, 1), date(2027, 1, 31)),
    ],
)
def test_pay_09_the_week_or_month_of_a_day(day: date, period, first: date, last: date) -> None:
    assert own_limits.week_or_month(day, period) == (first, last)


@pytest.mark.parametrize(("already", "passes"), [(500, False), (501, True), (0, False)])
def test_pay_09_a_choice_that_would_pass_the_persons_own_limit(already: int, passes: bool) -> None:
    assert own_limits.passes_own_limit(2000, already, 1500) is passes
