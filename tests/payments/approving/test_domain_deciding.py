"""Who may decide a claim and release its money; the clocks; the ledger."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.payments.approving import domain as deciding
from services.payments.approving.domain import Decision, ToApprove
from services.payments.claims.domain import claims, days
from services.payments.claims.domain.claims import ClaimState, Line, LineKind, LineState
from services.payments.claims.domain.days import Clocks
from services.payments.ledger import domain as ledger
from services.payments.ledger.domain import Account, Posting
from services.payments.paying.domain import releasing
from services.payments.paying.domain.releasing import ToRelease
from shared import working_days
from shared.db import new_id

CLAIMANT, RECORDER, APPROVER, OTHER = (new_id() for _ in range(4))


def to_approve(**facts) -> ToApprove:
    values: dict[str, Any] = {
        "state": ClaimState.SUBMITTED,
        "claimant": CLAIMANT,
        "helpers": frozenset(),
        "recorders": frozenset({RECORDER}),
        "amount_pence": 5000,
        "approver_limit_pence": 5000,
        "over_budget_pence": 0,
    }
    return ToApprove(**{**values, **facts})


def refused(claim: ToApprove, approver: UUID) -> str | None:
    reasons = deciding.reasons_not_to_approve(claim, approver)
    assert len(reasons) <= 1
    return reasons[0].text if reasons else None


# PAY-10


@pytest.mark.parametrize("state", list(ClaimState))
def test_pay_10_only_a_claim_that_was_sent_can_be_decided(state: ClaimState) -> None:
    text = refused(to_approve(state=state), APPROVER)
    assert (text is None) == (state in (ClaimState.SUBMITTED, ClaimState.SECOND_APPROVER))
    if text is not None:
        assert text == "Somebody has already decided this claim. Nothing was changed."


def test_pay_10_the_approver_is_never_the_claimant() -> None:
    assert "your own claim" in str(refused(to_approve(amount_pence=0), CLAIMANT))


def test_pay_10_nor_who_filled_it_in_for_them() -> None:
    assert "You helped" in str(refused(to_approve(helpers=frozenset({OTHER})), OTHER))
    assert refused(to_approve(helpers=frozenset({OTHER})), APPROVER) is None


@pytest.mark.parametrize(("pence", "allowed"), [(5000, True), (5001, False), (4999, True)])
def test_pay_10_nor_who_recorded_the_attendance_above_the_limit(pence: int, allowed: bool) -> None:
    text = refused(to_approve(amount_pence=pence), RECORDER)
    assert (text is None) is allowed
    if text:
        assert "£50.00" in text
    assert refused(to_approve(amount_pence=pence), APPROVER) is None


def test_pay_14_another_look_is_somebody_elses() -> None:
    claim = to_approve(decided_before=frozenset({APPROVER}))
    assert "another look" in str(refused(claim, APPROVER))
    assert refused(claim, OTHER) is None


def test_pay_11_a_second_approver_is_somebody_else() -> None:
    claim = to_approve(state=ClaimState.SECOND_APPROVER, first_approver=APPROVER)
    assert "second person" in str(refused(claim, APPROVER))
    assert refused(claim, OTHER) is None
    assert refused(to_approve(first_approver=APPROVER), APPROVER) is None


@pytest.mark.parametrize(
    ("state", "over", "after"),
    [
        (ClaimState.SUBMITTED, 0, ClaimState.APPROVED),
        (ClaimState.SUBMITTED, 1, ClaimState.SECOND_APPROVER),
        (ClaimState.SECOND_APPROVER, 1, ClaimState.APPROVED),
        (ClaimState.SECOND_APPROVER, 0, ClaimState.APPROVED),
    ],
)
def test_pay_11_over_budget_needs_a_second_approver(state: ClaimState, over: int, after: ClaimState) -> None:
    assert deciding.state_after_approval(to_approve(state=state, over_budget_pence=over)) is after


@pytest.mark.parametrize(
    ("budget", "used", "pence", "over"),
    [(None, 9000, 1, 0), (2000, 500, 1500, 0), (2000, 501, 1500, 1), (0, 0, 1, 1), (2000, 0, 100, 0)],
)
def test_pay_11_by_how_much_a_claim_passes_its_budget(budget: int | None, used: int, pence: int, over: int) -> None:
    assert ledger.over_budget(budget, used, pence) == over


# PAY-14


def line(pence: int = 1500) -> Line:
    return Line(new_id(), LineKind.PARTICIPATION, LineState.READY, pence, pence)


@pytest.mark.parametrize("reason", ["", " ", ".", "...", "\u200b", "-"])
def test_pay_14_pay_17_a_reason_that_says_nothing_is_none(reason: str) -> None:
    assert [each.field for each in deciding.reasons_against_why(reason)] == ["reason"]
    assert deciding.reasons_against_why("Not in our policy") == []


@pytest.mark.parametrize(
    ("pence", "reason", "field"),
    [
        (1500, "", None),
        (1499, "", "reason"),
        (1499, " ", "reason"),
        (1499, ".", "reason"),
        (1499, "- ?", "reason"),
        (1499, "Shorter", None),
        (0, "", "reason"),
        (0, "No", None),
        (1501, "No", "pence"),
    ],
)
def test_pay_14_less_carries_a_reason_and_nothing_is_raised(pence: int, reason: str, field: str | None) -> None:
    asked = line()
    reasons = deciding.reasons_not_to_decide([asked], {asked.id: Decision(asked.id, pence, reason)})
    assert [(each.rule, each.field) for each in reasons] == ([("PAY-14", f"{field}-{asked.id}")] if field else [])
    if field == "pence":
        assert "£15.00" in reasons[0].text


def test_pay_14_nothing_is_less_than_nothing() -> None:
    asked = line()
    assert [
        each.field for each in deciding.reasons_not_to_decide([asked], {asked.id: Decision(asked.id, -1, "No")})
    ] == [f"pence-{asked.id}"]


def test_pay_14_every_line_is_decided_and_every_reason_told() -> None:
    one, two = line(), line(0)
    assert [reason.field for reason in deciding.reasons_not_to_decide([one, two], {})] == [
        f"pence-{one.id}",
        f"pence-{two.id}",
    ]
    assert deciding.reasons_not_to_decide([two], {two.id: Decision(two.id, 0)}) == []


@pytest.mark.parametrize(
    ("states", "lowered", "before", "allowed"),
    [
        ([LineState.REFUSED], False, False, True),
        ([LineState.APPROVED], True, False, True),
        ([LineState.APPROVED], False, False, False),
        ([], False, False, False),
        ([LineState.REFUSED], True, True, False),
    ],
)
def test_pay_14_one_more_look_at_what_was_refused_or_reduced(
    states: list[LineState], lowered: bool, before: bool, allowed: bool
) -> None:
    reasons = claims.reasons_not_to_look_again(ClaimState.PAID, iter(states), lowered, before)
    assert [reason.rule for reason in reasons] == ([] if allowed else ["PAY-14"])
    if before:
        assert "asked us before to look at this again" in reasons[0].text


# PAY-09, PAY-10, PAY-13: releasing


def to_release(**facts) -> ToRelease:
    values: dict[str, Any] = {
        "method": "bank-transfer",
        "approvers": frozenset({APPROVER}),
        "claimant": CLAIMANT,
        "held": False,
        "bank_details": "confirmed",
    }
    return ToRelease(**{**values, **facts})


@pytest.mark.parametrize(
    ("facts", "releaser", "rule"),
    [
        ({}, OTHER, None),
        ({"held": True}, OTHER, "PAY-09"),
        ({}, APPROVER, "PAY-10"),
        ({}, CLAIMANT, "PAY-10"),
        ({"bank_details": "none"}, OTHER, "PAY-13"),
        ({"bank_details": "unconfirmed"}, OTHER, "PAY-13"),
        ({"bank_details": "none", "method": "vouchers"}, OTHER, None),
        ({"bank_details": "unconfirmed", "method": "cash"}, OTHER, None),
    ],
)
def test_pay_10_nobody_approves_and_releases_one_claim_and_what_is_not_sure_waits(
    facts: dict, releaser: UUID, rule: str | None
) -> None:
    reasons = releasing.reasons_not_to_release(to_release(**facts), releaser)
    assert [reason.rule for reason in reasons] == ([rule] if rule else [])


def test_pay_13_why_a_payment_waits_is_told_apart() -> None:
    assert "no bank details" in releasing.reasons_not_to_release(to_release(bank_details="none"), OTHER)[0].text
    assert "not confirmed" in releasing.reasons_not_to_release(to_release(bank_details="unconfirmed"), OTHER)[0].text
    assert "approved this claim" in releasing.reasons_not_to_release(to_release(), APPROVER)[0].text
    assert "your own claim" in releasing.reasons_not_to_release(to_release(), CLAIMANT)[0].text


@pytest.mark.parametrize("state", list(ClaimState))
def test_pay_09_a_payment_can_be_held_from_sending_until_it_has_left(state: ClaimState) -> None:
    running = state in (ClaimState.SUBMITTED, ClaimState.SECOND_APPROVER, ClaimState.APPROVED, ClaimState.RETURNED)
    assert [reason.rule for reason in claims.reasons_not_to_hold(state, False)] == ([] if running else ["PAY-09"])
    assert "on its way" in claims.reasons_not_to_hold(state, True)[0].text


@pytest.mark.parametrize(
    ("others", "state"),
    [
        ([], ClaimState.PAID),
        (["paid"], ClaimState.PAID),
        (["paid", "owed"], ClaimState.APPROVED),
        (["in-run"], ClaimState.APPROVED),
        (["returned"], ClaimState.RETURNED),
        (["paid", "returned", "owed"], ClaimState.RETURNED),
    ],
)
def test_pay_12_a_claim_is_paid_when_all_of_it_is(others: list[str], state: ClaimState) -> None:
    assert claims.claim_state_after_payment(iter(others)) is state


# PAY-07


EASTER_SUNDAYS = [
    (2024, (3, 31)), (2025, (4, 20)), (2026, (4, 5)), (2027, (3, 28)), (2000, (4, 23)), (2049, (4, 18)), (1954, (4, 18)),  # noqa: E501
    *((year, (3, 22)) for year in (1761, 1818, 2285)),  # the earliest that it can be
    *((year, (4, 25)) for year in (1734, 1886, 1943, 2038)),  # and the latest
]  # fmt: skip


@pytest.mark.parametrize(("year", "day"), EASTER_SUNDAYS)
def test_pay_07_the_friday_before_easter_and_the_monday_after_are_bank_holidays(
    year: int, day: tuple[int, int]
) -> None:
    sunday = date(year, *day)
    spring = {
        each for each in working_days.bank_holidays(year) if each <= sunday + timedelta(days=1) and each.month > 1
    }
    assert spring == {sunday - timedelta(days=2), sunday + timedelta(days=1)}


BANK_HOLIDAYS = {
    2021: ["01-01", "04-02", "04-05", "05-03", "05-31", "08-30", "12-27", "12-28"],
    2022: ["01-03", "04-15", "04-18", "05-02", "06-02", "06-03", "08-29", "09-19", "12-26", "12-27"],
    2023: ["01-02", "04-07", "04-10", "05-01", "05-08", "05-29", "08-28", "12-25", "12-26"],
    2024: ["01-01", "03-29", "04-01", "05-06", "05-27", "08-26", "12-25", "12-26"],
    2025: ["01-01", "04-18", "04-21", "05-05", "05-26", "08-25", "12-25", "12-26"],
    2026: ["01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"],
    2027: ["01-01", "03-26", "03-29", "05-03", "05-31", "08-30", "12-27", "12-28"],
    2028: ["01-03", "04-14", "04-17", "05-01", "05-29", "08-28", "12-25", "12-26"],
    2033: ["01-03", "04-15", "04-18", "05-02", "05-30", "08-29", "12-26", "12-27"],
}


@pytest.mark.parametrize("year", list(BANK_HOLIDAYS))
def test_pay_07_the_bank_holidays_of_england(year: int) -> None:
    assert sorted(f"{day:%m-%d}" for day in working_days.bank_holidays(year)) == BANK_HOLIDAYS[year]
    assert {day.year for day in working_days.bank_holidays(year)} == {year}


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 11, 23), 5, date(2026, 11, 30)),
        (date(2026, 11, 20), 1, date(2026, 11, 23)),
        (date(2026, 11, 21), 1, date(2026, 11, 23)),
        (date(2026, 12, 24), 1, date(2026, 12, 29)),
        (date(2026, 12, 31), 1, date(2027, 1, 4)),
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
    ],
)
def test_pay_07_working_days_pass_over_weekends_and_bank_holidays(day: date, count: int, expected: date) -> None:
    assert working_days.add_working_days(day, count) == expected


def test_pay_07_weekends_do_not_count() -> None:
    assert [working_days.is_working_day(date(2026, 11, day)) for day in (20, 21, 22, 23)] == [True, False, False, True]


def test_pay_07_both_clocks_start_on_the_day_the_form_is_returned() -> None:
    assert days.clocks(date(2026, 11, 23), 5, 14) == Clocks(date(2026, 11, 30), date(2026, 12, 7))


@pytest.mark.parametrize(
    ("stopped", "today", "expected"),
    [
        (date(2026, 11, 24), date(2026, 11, 24), Clocks(date(2026, 11, 30), date(2026, 12, 7))),
        (date(2026, 11, 24), date(2026, 11, 25), Clocks(date(2026, 12, 1), date(2026, 12, 8))),
        (date(2026, 11, 27), date(2026, 11, 30), Clocks(date(2026, 12, 1), date(2026, 12, 10))),
        (date(2026, 11, 25), date(2026, 11, 24), Clocks(date(2026, 11, 30), date(2026, 12, 7))),
    ],
)
def test_pay_07_the_clocks_get_back_the_days_on_which_they_stood(stopped: date, today: date, expected: Clocks) -> None:
    assert days.clocks_after_stop(Clocks(date(2026, 11, 30), date(2026, 12, 7)), stopped, today) == expected


@pytest.mark.parametrize(
    ("today", "stopped", "overdue"),
    [(date(2026, 12, 7), None, False), (date(2026, 12, 8), None, True), (date(2026, 12, 8), date(2026, 12, 1), False)],
)
def test_pay_07_overdue_is_the_day_after_the_limit_with_the_clock_running(
    today: date, stopped: date | None, overdue: bool
) -> None:
    assert days.is_overdue(date(2026, 12, 7), today, stopped) is overdue


# PAY-11


def test_pay_11_every_movement_balances() -> None:
    movements = [
        ledger.approval(1500, 540),
        ledger.sent(2040),
        *(ledger.confirmed(2040, method) for method in ledger.SETTLES),
    ]
    for postings in movements:
        assert ledger.is_balanced(postings) and ledger.is_balanced(ledger.reversal(postings))
    assert not ledger.is_balanced([Posting(Account.BANK, 1)])


def test_pay_11_approval_owes_and_commits() -> None:
    assert ledger.approval(1500, 540) == [
        Posting(Account.PARTICIPATION_EXPENSE, 1500),
        Posting(Account.TRAVEL_EXPENSE, 540),
        Posting(Account.PARTICIPANT_PAYABLE, -2040),
        Posting(Account.BUDGET_COMMITTED, 2040),
        Posting(Account.BUDGET_FREE, -2040),
    ]


def test_pay_11_what_moves_nothing_is_not_entered() -> None:
    assert [posting.account for posting in ledger.approval(0, 540)] == [
        Account.TRAVEL_EXPENSE,
        Account.PARTICIPANT_PAYABLE,
        Account.BUDGET_COMMITTED,
        Account.BUDGET_FREE,
    ]
    assert ledger.approval(0, 0) == ledger.sent(0) == []


def test_pay_11_sent_and_confirmed() -> None:
    assert ledger.sent(2040) == [
        Posting(Account.PARTICIPANT_PAYABLE, 2040),
        Posting(Account.PAYMENTS_IN_TRANSIT, -2040),
    ]
    assert ledger.confirmed(2040, "bank-transfer") == [
        Posting(Account.PAYMENTS_IN_TRANSIT, 2040),
        Posting(Account.BANK, -2040),
        Posting(Account.BUDGET_SPENT, 2040),
        Posting(Account.BUDGET_COMMITTED, -2040),
    ]
    settled = {method: ledger.confirmed(1, method)[1].account for method in ("cheque", "vouchers", "cash")}
    assert settled == {"cheque": Account.BANK, "vouchers": Account.VOUCHER_STOCK, "cash": Account.CASH}


def test_pay_11_a_reversal_is_the_opposite() -> None:
    assert ledger.reversal(ledger.sent(2040)) == [
        Posting(Account.PARTICIPANT_PAYABLE, -2040),
        Posting(Account.PAYMENTS_IN_TRANSIT, 2040),
    ]


def test_pay_14_what_an_approval_leaves_out_is_counted() -> None:
    lines = [
        (LineState.APPROVED, 1500, 1500),
        (LineState.APPROVED, 900, 450),
        (LineState.REFUSED, 320, 0),
        (LineState.REFUSED, 0, 0),
        (LineState.WAITING, 310, 0),
    ]
    assert claims.not_paid(lines) == claims.NotPaid(
        not_agreed_lines=2, not_agreed_pence=770, waiting_lines=1, waiting_pence=310
    )
    assert claims.not_paid(lines[:1]) == claims.NotPaid(0, 0, 0, 0)
