"""What is refused, and beside which field: of choices, files, figures and receipts."""

from datetime import date

import pytest

from services.payments.approving import domain as deciding
from services.payments.claims.domain import claims
from services.payments.claims.domain.claims import ClaimState, LineKind
from services.payments.paying.domain import bank_files, releasing
from services.payments.policy import domain as rates
from shared.reasons import Reason

OPEN, DECIDED = ClaimState.OPEN, ClaimState.APPROVED
WAITS = Reason("PAY-13", "The details wait.")


def said(reasons: list[Reason]) -> list[tuple[str, str | None]]:
    return [(reason.rule, reason.field) for reason in reasons]


@pytest.mark.parametrize(
    ("chosen", "waiting", "ready", "why"),
    [
        (0, [], 0, "Tick what"),
        (2, [WAITS, WAITS], 0, "The details wait."),
        (2, [], 1, "no longer there"),
        (2, [], 2, None),
    ],
)
def test_pay_12_a_choice_that_cannot_go_refuses_the_whole(
    chosen: int, waiting: list[Reason], ready: int, why: str | None
):
    reasons = releasing.reasons_not_to_put_in(chosen, waiting, ready)
    assert said(reasons) == ([("PAY-12", "chosen")] if why else [])
    assert all((why or "") in reason.text for reason in reasons)


@pytest.mark.parametrize(
    ("words", "sums", "amount", "paid_out", "paid_in", "marker", "field"),
    [
        ((), "two", None, 2, 3, None, "words"),
        ((1,), "two", None, 2, 3, None, None),
        ((1,), "two", 4, None, 3, None, "paid_out"),
        ((1,), "two", 4, 2, None, None, "paid_out"),
        ((1,), "two", 4, 2, 2, None, "paid_out"),
        ((1,), "one", None, 2, 3, None, "amount"),
        ((1,), "one", 0, None, None, None, None),
        ((1,), "one", 0, None, None, 0, None),
        ((1,), "marker", 0, None, None, None, "marker"),
        ((1,), "marker", 0, None, None, 0, "marker"),
        ((1,), "marker", 0, None, None, 1, None),
    ],
)
def test_pay_12_each_way_of_writing_sums_needs_its_columns(words, sums, amount, paid_out, paid_in, marker, field):
    assert said(bank_files.reasons_not_to_take_columns(words, sums, amount, paid_out, paid_in, marker)) == (
        [("PAY-12", field)] if field else []
    )


def test_pay_12_a_line_that_cannot_be_read_is_named_by_its_number_and_little_of_what_it_says():
    assert bank_files.no_sum(12, "x" * 99).text.startswith(
        "Line 12 below the headings has a sum that we cannot read: “" + "x" * 30 + "”"
    )
    assert bank_files.no_direction(3, "y" * 99).text.count("y" * 30 + "”") == 1
    assert {
        each.field
        for each in (bank_files.no_day(1), bank_files.out_and_in(1), bank_files.too_many_lines(9), bank_files.NO_CSV)
    } == {"statement"}
    assert "(EUR)" in bank_files.other_currency("EUROS", "answer").text


@pytest.mark.parametrize(
    ("kind", "state", "refused"),
    [
        (LineKind.PARTICIPATION, OPEN, True),
        (LineKind.FARE, OPEN, False),
        (LineKind.OTHER, ClaimState.SUBMITTED, False),
        (LineKind.FARE, DECIDED, True),
    ],
)
def test_pay_05_a_receipt_is_changed_where_one_is_needed_and_until_the_claim_is_decided(
    kind: LineKind, state: ClaimState, refused: bool
):
    assert said(claims.reasons_not_to_change_receipt(kind, state)) == ([("PAY-05", "receipt")] if refused else [])


def test_pay_05_a_cost_whose_receipt_would_come_too_late_is_not_added():
    last_day = date(2026, 12, 3)
    assert claims.reasons_against_late_expense(LineKind.FARE, last_day, last_day) == []
    assert said(claims.reasons_against_late_expense(LineKind.FARE, date(2026, 12, 4), last_day)) == [
        ("PAY-05", "amount")
    ]


def test_pay_08_anything_but_the_fee_is_taken_out():
    assert {kind for kind in LineKind if claims.reasons_not_to_take_out(kind)} == {LineKind.PARTICIPATION}


def test_pay_12_only_what_the_bank_sent_back_is_sent_again():
    assert {state for state in ClaimState if not claims.reasons_not_to_send_again(state)} == {ClaimState.RETURNED}


@pytest.mark.parametrize("why", ["", "  "])
def test_pay_14_a_refusal_says_why(why: str):
    assert said(deciding.reasons_against_why(why)) == [("PAY-14", "reason")]
    assert deciding.reasons_against_why("It was paid in June.") == []


def test_pay_15_a_value_that_cannot_be_read_and_a_period_that_ends_before_it_begins_are_refused():
    assert said(rates.reasons_not_to_read_rate("mileage", "many")) == [("PAY-15", "value")]
    assert rates.reasons_not_to_read_rate("mileage", "0.45") == []
    assert said(rates.reasons_not_to_set_budget(date(2026, 4, 2), date(2026, 4, 1))) == [("PAY-11", "holds_until")]
    assert rates.reasons_not_to_set_budget(date(2026, 4, 1), date(2026, 4, 1)) == []
