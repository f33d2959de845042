"""The rules of claims: what may be claimed, what it comes to, how a person is thanked."""

from datetime import date

import pytest

from services.payments.claims.domain import claims as rules
from services.payments.claims.domain import sending, thanks
from services.payments.claims.domain.claims import ClaimState, Line, LineKind, LineState, NoClaim
from services.payments.claims.domain.thanks import Payable
from services.payments.ledger.domain import Amounts
from services.payments.policy import domain as figures
from services.payments.policy.domain import Rates
from shared.db import new_id

RATES = Rates()
EVERY_STATE = list(ClaimState)


def line(
    kind: LineKind = LineKind.PARTICIPATION,
    pence: int = 1500,
    state: LineState = LineState.READY,
    full: int | None = None,
) -> Line:
    return Line(new_id(), kind, state, pence, pence if full is None else full)


def texts(reasons) -> list[tuple[str, str | None]]:
    return [(reason.rule, reason.field) for reason in reasons]


# PAY-01, PAY-04


@pytest.mark.parametrize(
    ("minutes", "rate", "pence"),
    [
        (90, 1000, 1500),
        (75, 1000, 1250),
        (60, 1000, 1000),
        (1, 1000, 17),
        (7, 1000, 117),
        (6, 1000, 100),
        (0, 1000, 0),
        (61, 1001, 1018),
        (60, 1001, 1001),
    ],
)
def test_pay_01_time_taking_part_is_paid_by_the_hour_rounded_up_to_the_penny(
    minutes: int, rate: int, pence: int
) -> None:
    assert figures.participation_pence(minutes, rate) == pence


def test_pay_01_the_planned_time_is_the_least_where_policy_says_so() -> None:
    assert rules.paid_minutes(60, 90, True) == 90
    assert rules.paid_minutes(100, 90, True) == 100
    assert rules.paid_minutes(60, 90, False) == 60


def test_pay_01_the_fee_line_is_filled_in() -> None:
    assert rules.fee_line(True, 90, 120, RATES) == (90, 1500)
    assert rules.fee_line(True, 90, 120, Rates(planned_time_is_least=1)) == (120, 2000)
    assert rules.fee_line(True, 1, 1, Rates(participation=1)) == (1, 1)
    assert rules.fee_line(False, 90, 120, RATES) is None
    assert rules.fee_line(True, 0, 120, RATES) is None


# PAY-02


@pytest.mark.parametrize(
    ("tenths", "rate", "pence"),
    [(120, 45, 540), (1, 45, 5), (2, 45, 9), (3, 45, 14), (125, 45, 563), (10, 45, 45), (0, 45, 0)],
)
def test_pay_02_miles_are_paid_in_tenths_rounded_up_to_the_penny(tenths: int, rate: int, pence: int) -> None:
    assert rules.mileage_pence(tenths, rate) == pence


@pytest.mark.parametrize(("tenths", "needed"), [(300, False), (301, True), (299, False)])
def test_pay_02_above_the_distance_the_route_is_noted(tenths: int, needed: bool) -> None:
    assert rules.needs_route(tenths, 30) is needed
    assert texts(rules.reasons_not_to_add_miles(tenths, "", RATES)) == ([("PAY-02", "route")] if needed else [])
    assert texts(rules.reasons_not_to_add_miles(tenths, " \n", RATES)) == ([("PAY-02", "route")] if needed else [])
    assert rules.reasons_not_to_add_miles(tenths, "By Ely", RATES) == []


@pytest.mark.parametrize(("before", "needed"), [(0, False), (180, False), (181, True), (400, True)])
def test_pay_02_the_distance_is_that_of_all_miles_of_a_claim(before: int, needed: bool) -> None:
    reasons = rules.reasons_not_to_add_miles(120, "", RATES, before)
    assert texts(reasons) == ([("PAY-02", "route")] if needed else [])
    assert rules.reasons_not_to_add_miles(120, "By Ely", RATES, before) == []


def test_pay_02_the_reason_names_the_distance() -> None:
    assert "more than 12 miles" in rules.reasons_not_to_add_miles(121, "", Rates(route_needed_above=12))[0].text


@pytest.mark.parametrize(("tenths", "refused"), [(0, True), (-1, True), (1, False), (9_999, False), (10_000, True)])
def test_pay_02_miles_have_bounds(tenths: int, refused: bool) -> None:
    reasons = rules.reasons_not_to_add_miles(tenths, "By Ely", RATES)
    assert texts(reasons) == ([("PAY-02", "miles")] if refused else [])
    if refused:
        assert ("more than 0" in reasons[0].text) == (tenths <= 0)


# PAY-03, PAY-05


@pytest.mark.parametrize(("pence", "refused"), [(0, True), (-320, True), (1, False), (100_000, False), (100_001, True)])
@pytest.mark.parametrize("kind", [LineKind.FARE, LineKind.OTHER])
def test_pay_03_what_was_paid_has_bounds(kind: LineKind, pence: int, refused: bool) -> None:
    reasons = rules.reasons_not_to_add_expense(kind, pence, RATES)
    assert texts(reasons) == ([("PAY-03", "amount")] if refused else [])
    if refused:
        assert ("more than £0.00" in reasons[0].text) == (pence <= 0)


def test_pay_03_other_costs_are_paid_where_the_policy_says_so() -> None:
    without = Rates(pays_other_expenses=0)
    assert texts(rules.reasons_not_to_add_expense(LineKind.OTHER, 320, without)) == [("PAY-03", "amount")]
    assert "policy does not pay" in rules.reasons_not_to_add_expense(LineKind.OTHER, 320, without)[0].text
    assert rules.reasons_not_to_add_expense(LineKind.FARE, 320, without) == []


LAST = date(2027, 2, 16)


def test_pay_05_the_last_day_for_a_receipt() -> None:
    assert rules.receipt_last_day(date(2026, 11, 18), 90) == LAST


@pytest.mark.parametrize(
    ("kind", "receipt", "none", "today", "state"),
    [
        (LineKind.FARE, False, False, LAST, LineState.WAITING),
        (LineKind.OTHER, False, False, LAST, LineState.WAITING),
        (LineKind.FARE, False, False, date(2027, 2, 17), LineState.REFUSED),
        (LineKind.FARE, False, True, LAST, LineState.REFUSED),
        (LineKind.FARE, True, False, date(2027, 2, 17), LineState.READY),
        (LineKind.FARE, True, True, LAST, LineState.READY),
        (LineKind.MILEAGE, False, False, date(2027, 2, 17), LineState.READY),
        (LineKind.PARTICIPATION, False, True, LAST, LineState.READY),
    ],
)
def test_pay_05_no_receipt_no_reimbursement(
    kind: LineKind, receipt: bool, none: bool, today: date, state: LineState
) -> None:
    assert rules.line_state(kind, receipt, none, today, LAST) is state


def test_pay_05_what_waits_and_what_is_refused_say_why() -> None:
    assert rules.why_waiting(LineKind.FARE, LAST) == (
        "We need the ticket or receipt before we can pay this. You can send it until 16 February 2027. The rest of "
        "your claim does not wait for it."
    )
    assert "The rest" not in rules.why_waiting(LineKind.FARE, LAST, alone=True)
    assert rules.why_waiting(LineKind.OTHER, LAST).startswith("We need the receipt before we can pay this. ")
    assert (
        rules.why_refused_without_receipt(True, LAST)
        == "You told us there is no receipt. We can only pay this back with a receipt."
    )
    assert (
        rules.why_refused_without_receipt(False, LAST)
        == "We can only pay this back with a receipt, and none came by 16 February 2027."
    )


# PAY-06, OPP-11


def test_pay_06_who_was_there_gets_a_claim_and_who_was_not_a_reason() -> None:
    assert rules.no_claim_because(True, False) is None
    assert rules.no_claim_because(False, False) is NoClaim.NOT_PRESENT
    assert rules.no_claim_because(False, True) is NoClaim.NOT_PRESENT
    assert rules.no_claim_because(True, True) is NoClaim.PAID_BY_HOME


@pytest.mark.parametrize(("should_be", "already", "owed"), [(2000, 1500, 500), (1500, 1500, 0), (1000, 1500, 0)])
def test_pay_16_a_correction_pays_what_is_missing_and_writes_off_what_was_too_much(
    should_be: int, already: int, owed: int
) -> None:
    assert rules.still_owed(should_be, already) == owed


@pytest.mark.parametrize("state", EVERY_STATE)
def test_pay_06_lines_change_until_the_claim_is_sent(state: ClaimState) -> None:
    assert texts(rules.reasons_not_to_change(state)) == ([] if state is ClaimState.OPEN else [("PAY-06", None)])


# PAY-08


def test_pay_08_what_is_offered_is_the_organisations_choice_and_none_always_is() -> None:
    assert thanks.offered(RATES) == ("bank-transfer", "vouchers", "training", "volunteering-role", "award", "none")
    every = Rates(offers_cash=1, offers_cheque=1)
    assert thanks.offered(every) == (
        "bank-transfer",
        "vouchers",
        "cash",
        "cheque",
        "training",
        "volunteering-role",
        "award",
        "none",
    )
    least = Rates(offers_vouchers=0, offers_training=0, offers_volunteering_role=0, offers_award=0)
    assert thanks.offered(least) == ("bank-transfer", "none")


@pytest.mark.parametrize("state", EVERY_STATE)
def test_pay_08_the_choice_can_change_until_approval(state: ClaimState) -> None:
    allowed = state in (ClaimState.OPEN, ClaimState.SUBMITTED)
    assert texts(thanks.reasons_not_to_choose("vouchers", state, RATES)) == ([] if allowed else [("PAY-08", None)])
    assert texts(thanks.reasons_not_to_choose_expenses_method("vouchers", state, RATES)) == (
        [] if allowed else [("PAY-08", None)]
    )
    before = state in (ClaimState.OPEN, ClaimState.SUBMITTED, ClaimState.SECOND_APPROVER)
    assert texts(sending.reasons_not_to_decline(state)) == ([] if before else [("PAY-08", None)])


def test_pay_08_only_what_is_offered_can_be_chosen() -> None:
    assert texts(thanks.reasons_not_to_choose("cash", ClaimState.OPEN, RATES)) == [("PAY-08", "recognition")]
    assert thanks.reasons_not_to_choose("cash", ClaimState.OPEN, Rates(offers_cash=1)) == []
    assert texts(thanks.reasons_not_to_choose_expenses_method("cash", ClaimState.OPEN, RATES)) == [("PAY-08", "method")]
    assert texts(thanks.reasons_not_to_choose_expenses_method("training", ClaimState.OPEN, RATES)) == [
        ("PAY-08", "method")
    ]
    assert thanks.reasons_not_to_choose_expenses_method("cash", ClaimState.OPEN, Rates(offers_cash=1)) == []


@pytest.mark.parametrize(("pence", "refused"), [(0, False), (1500, False), (1501, True), (-1, True)])
def test_pay_08_the_fee_may_be_lowered_not_raised(pence: int, refused: bool) -> None:
    reasons = thanks.reasons_not_to_lower_fee(pence, 1500)
    assert texts(reasons) == ([("PAY-08", "amount")] if refused else [])
    if refused:
        assert "£15.00" in reasons[0].text


@pytest.mark.parametrize(
    ("lowered", "recognition", "asked"),
    [
        (None, None, 1500),
        (1000, None, 1000),
        (0, "vouchers", 0),
        (None, "bank-transfer", 1500),
        (1000, "training", 0),
        (None, "none", 0),
        (None, "award", 0),
    ],
)
def test_pay_08_thanks_that_are_not_money_ask_for_no_money(
    lowered: int | None, recognition: str | None, asked: int
) -> None:
    assert thanks.fee_asked(1500, lowered, recognition) == asked


def test_pay_08_none_without_costs_takes_nothing() -> None:
    fee = line()
    assert thanks.takes_nothing("none", [fee])
    assert not thanks.takes_nothing("vouchers", [fee])
    for state, kept in [
        (LineState.READY, True),
        (LineState.WAITING, True),
        (LineState.APPROVED, True),
        (LineState.REFUSED, False),
    ]:
        assert thanks.takes_nothing("none", [fee, line(LineKind.MILEAGE, state=state)]) is not kept


@pytest.mark.parametrize(
    ("recognition", "chosen", "method"),
    [
        ("bank-transfer", None, "bank-transfer"),
        ("cash", None, "cash"),
        ("cheque", None, "cheque"),
        ("vouchers", None, "bank-transfer"),
        ("training", None, "bank-transfer"),
        ("none", None, "bank-transfer"),
        ("vouchers", "vouchers", "vouchers"),
        ("bank-transfer", "cash", "cash"),
    ],
)
def test_pay_08_expenses_are_kept_whatever_the_thanks_are(recognition: str, chosen: str | None, method: str) -> None:
    assert thanks.method_of_expenses(recognition, chosen) == method


def test_pay_05_amounts_count_the_lines_of_these_states_alone() -> None:
    lines = [
        line(),
        line(LineKind.MILEAGE, 540),
        line(LineKind.FARE, 320, LineState.WAITING),
        line(LineKind.OTHER, 100, LineState.REFUSED),
    ]
    assert rules.amounts(lines) == Amounts(1500, 540)
    assert rules.amounts(lines).total == 2040
    assert rules.amounts(lines, (LineState.READY, LineState.WAITING)) == Amounts(1500, 860)
    assert rules.amounts(lines, iter([LineState.WAITING])) == Amounts(0, 320)


@pytest.mark.parametrize(
    ("recognition", "method", "amounts", "expected"),
    [
        ("bank-transfer", None, Amounts(1500, 540), [Payable("bank-transfer", 2040)]),
        ("vouchers", None, Amounts(1500, 540), [Payable("vouchers", 1500), Payable("bank-transfer", 540)]),
        ("cash", None, Amounts(1500, 540), [Payable("cash", 2040)]),
        ("vouchers", "vouchers", Amounts(1500, 540), [Payable("vouchers", 2040)]),
        ("vouchers", None, Amounts(1500, 0), [Payable("vouchers", 1500)]),
        ("training", None, Amounts(0, 540), [Payable("training", 0), Payable("bank-transfer", 540)]),
        ("none", None, Amounts(0, 540), [Payable("bank-transfer", 540)]),
        ("none", None, Amounts(0, 0), []),
        ("bank-transfer", None, Amounts(0, 540), [Payable("bank-transfer", 540)]),
        ("bank-transfer", None, Amounts(0, 0), []),
    ],
)
def test_pay_08_how_an_approved_claim_leaves_us(
    recognition: str, method: str | None, amounts: Amounts, expected: list[Payable]
) -> None:
    assert thanks.payables(recognition, method, amounts) == expected


def test_pay_08_the_message_of_an_approval_says_of_costs_that_come_in_another_way_how_much_and_how() -> None:
    both = Amounts(167, 270)
    apart = {"rest_pence": 270, "rest_recognition": "bank-transfer"}
    assert thanks.costs_apart("vouchers", None, both) == thanks.costs_apart("cash", "bank-transfer", both) == apart
    for recognition, method, amounts in (
        ("bank-transfer", None, both),
        ("vouchers", "vouchers", both),
        ("vouchers", None, Amounts(167, 0)),
        ("training", None, Amounts(0, 270)),
    ):
        assert thanks.costs_apart(recognition, method, amounts) == {}


def test_pay_13_bank_details_are_needed_where_something_goes_into_a_bank() -> None:
    fee, waits = line(), line(LineKind.FARE, 320, LineState.WAITING)
    assert thanks.uses_bank("bank-transfer", None, [fee])
    assert not thanks.uses_bank("vouchers", None, [fee])
    assert thanks.uses_bank("vouchers", None, [fee, waits])
    assert thanks.uses_bank("vouchers", None, [fee, line(LineKind.MILEAGE, 540, LineState.APPROVED)])
    assert not thanks.uses_bank("vouchers", None, [fee, line(LineKind.MILEAGE, 540, LineState.REFUSED)])
    assert not thanks.uses_bank("vouchers", "vouchers", [fee, waits])
    assert not thanks.uses_bank(None, None, [fee])
