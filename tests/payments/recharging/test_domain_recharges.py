"""NET-03 as pure rules: what a host funds, what is asked and accepted, and how it is booked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.payments.ledger import domain as ledger
from services.payments.ledger.domain import Amounts
from services.payments.policy import domain as policy_rules
from services.payments.policy.domain import Rates
from services.payments.recharging.domain import recharges as rules
from services.payments.recharging.domain.recharges import Asked, Attended, Offer, Terms
from shared.db import new_id

DAY = datetime(2026, 11, 18, 0, 0, tzinfo=UTC)
RECORDED = DAY + timedelta(hours=13)
FULL = Terms(1200, "fees-and-expenses", 500)


# What was agreed


def test_net_03_an_hour_is_paid_as_the_host_advertised_and_all_else_by_our_own_policy() -> None:
    own = Rates(participation=1000, mileage=60)
    assert policy_rules.at_the_hosts_rate(own, 1200) == Rates(participation=1200, mileage=60)
    assert policy_rules.at_the_hosts_rate(own, 0) == Rates(participation=0, mileage=60)
    assert policy_rules.at_the_hosts_rate(own, None) == own


def offers(*given: tuple[Terms, timedelta]) -> list[Offer]:
    return [Offer(terms, DAY + after) for terms, after in given]


NO_TIME, A_MINUTE = timedelta(), timedelta(minutes=1)


def test_net_03_what_was_offered_when_the_day_began_holds() -> None:
    low = Terms(900, "fees", 100)
    history = offers((FULL, -timedelta(days=9)), (low, -timedelta(days=1)))
    assert rules.agreed_terms(history, DAY, RECORDED) == low
    assert rules.agreed_terms(history, DAY - timedelta(days=1, seconds=1), RECORDED) == FULL
    assert rules.agreed_terms(offers((FULL, NO_TIME)), DAY, RECORDED) == FULL
    assert rules.agreed_terms(offers((low, -A_MINUTE), (FULL, NO_TIME)), DAY, RECORDED) == FULL
    assert rules.agreed_terms(offers((FULL, -A_MINUTE), (low, NO_TIME)), DAY, RECORDED) == low
    assert rules.agreed_terms(offers((FULL, NO_TIME), (low, NO_TIME)), DAY, RECORDED) == low


def test_net_03_a_lower_offer_on_the_day_or_afterwards_changes_nothing() -> None:
    history = offers(
        (FULL, -timedelta(days=9)), (Terms(900, "none", 0), A_MINUTE), (Terms(1, "none", 0), timedelta(days=2))
    )
    assert rules.agreed_terms(history, DAY, RECORDED) == FULL


def test_net_03_a_better_offer_counts_until_the_attendance_was_recorded() -> None:
    better = Terms(1500, "fees-and-expenses", 900)
    assert rules.agreed_terms(offers((FULL, -A_MINUTE), (better, timedelta(hours=13))), DAY, RECORDED) == better
    assert (
        rules.agreed_terms(offers((FULL, -A_MINUTE), (better, timedelta(hours=13, seconds=1))), DAY, RECORDED) == FULL
    )


def test_net_03_the_best_of_each_in_whatever_order_they_are_known() -> None:
    history = offers((Terms(800, "fees-and-expenses", 100), A_MINUTE), (Terms(None, "fees", 300), -A_MINUTE))
    assert rules.agreed_terms(history, DAY, RECORDED) == Terms(800, "fees-and-expenses", 300)
    assert rules.agreed_terms(reversed(history), DAY, RECORDED) == Terms(800, "fees-and-expenses", 300)


def test_net_03_nothing_offered_is_nothing_agreed() -> None:
    assert rules.agreed_terms([], DAY, RECORDED) == rules.NOTHING_OFFERED == Terms(None, "none", 0)


def test_net_03_where_the_register_was_heard_of_before_any_offer_the_first_holds() -> None:
    history = offers((Terms(2000, "fees-and-expenses", 900), timedelta(days=2)), (FULL, timedelta(days=1)))
    assert rules.agreed_terms(history, DAY, RECORDED) == FULL


def test_net_03_a_host_that_pays_costs_alone_has_no_rate() -> None:
    assert rules.agreed_terms(offers((Terms(None, "fees", 0), -A_MINUTE)), DAY, RECORDED).rate_pence is None


@pytest.mark.parametrize(
    ("terms", "present", "minutes", "most"),
    [
        (FULL, True, 90, Amounts(1800, 500)),
        (FULL, True, 1, Amounts(20, 500)),
        (Terms(1000, "fees", 500), True, 1, Amounts(17, 0)),
        (Terms(1000, "fees-and-expenses", 0), True, 60, Amounts(1000, 0)),
        (Terms(None, "fees-and-expenses", 700), True, 60, Amounts(0, 700)),
        (Terms(1000, "none", 500), True, 60, Amounts()),
        (FULL, False, 60, Amounts()),
        (FULL, True, 0, Amounts(0, 500)),
    ],
)
def test_net_03_the_host_funds_the_fee_rounded_up_and_costs_up_to_the_cap(
    terms: Terms, present: bool, minutes: int, most: Amounts
) -> None:
    assert rules.funded(terms, present, minutes) == most


# Raising it


@pytest.mark.parametrize(
    ("paid", "asked"),
    [
        (Amounts(1800, 500), Amounts(1800, 500)),
        (Amounts(1801, 501), Amounts(1800, 500)),
        (Amounts(900, 0), Amounts(900, 0)),
        (Amounts(0, 700), Amounts(0, 500)),
        (Amounts(), Amounts()),
    ],
)
def test_net_03_what_was_paid_is_asked_and_never_more_than_is_funded(paid: Amounts, asked: Amounts) -> None:
    assert rules.to_recharge(Amounts(1800, 500), paid) == asked


@pytest.mark.parametrize(
    ("before", "now", "agreed", "raised"),
    [
        (None, Amounts(1, 0), 0, True),
        (None, Amounts(0, 1), 0, True),
        (None, Amounts(), 0, False),
        (Amounts(100, 0), Amounts(100, 0), 0, False),
        (Amounts(100, 0), Amounts(0, 100), 0, True),
        (Amounts(100, 0), Amounts(), 0, True),
        (Amounts(100, 0), Amounts(100, 20), 100, True),
        (Amounts(100, 20), Amounts(100, 0), 100, True),
        (Amounts(100, 20), Amounts(99, 0), 100, False),
    ],
)
def test_net_03_a_recharge_is_raised_when_something_changed_and_never_below_what_is_agreed(
    before: Amounts | None, now: Amounts, agreed: int, raised: bool
) -> None:
    assert rules.must_be_raised(before, now, agreed, paid_pence=agreed) is raised


def test_net_03_below_what_is_agreed_it_is_raised_only_where_what_was_paid_came_back() -> None:
    assert rules.must_be_raised(Amounts(500, 450), Amounts(0, 450), settled_pence=950, paid_pence=450)
    assert not rules.must_be_raised(Amounts(500, 450), Amounts(0, 450), settled_pence=950, paid_pence=950)


def test_net_03_a_credit_is_taken_off_line_by_line_and_never_more_than_there_is() -> None:
    first, second = sorted([new_id(), new_id()])
    lines = {second: 800, first: 500}
    assert rules.less_credit(lines, 0) == lines
    assert rules.less_credit(lines, 600) == {second: 700}
    assert rules.less_credit(lines, 1300) == rules.less_credit(lines, 2000) == {}


@pytest.mark.parametrize(
    ("total", "lowered"),
    [
        (2300, Amounts(1800, 500)),
        (2299, Amounts(1799, 500)),
        (500, Amounts(0, 500)),
        (499, Amounts(0, 499)),
        (0, Amounts()),
    ],
)
def test_net_03_the_fee_is_lowered_first(total: int, lowered: Amounts) -> None:
    assert rules.lowered_to(Amounts(1800, 500), total) == lowered


def test_net_03_nothing_is_raised_by_lowering() -> None:
    assert rules.lowered_to(Amounts(1800, 500), 9999) == Amounts(1800, 500)


@pytest.mark.parametrize(
    ("state", "accepted", "because", "heard"),
    [
        ("accepted", 2300, "", ("accepted", "")),
        ("accepted", 2299, "", ("refused", "more-than-agreed")),
        ("accepted", 2301, "", ("refused", "more-than-agreed")),
        ("refused", 0, "not-present", ("refused", "not-present")),
        ("refused", 2300, "", ("refused", "more-than-agreed")),
    ],
)
def test_net_03_a_part_accepted_is_refused(state: str, accepted: int, because: str, heard: tuple[str, str]) -> None:
    assert rules.heard_answer(2300, state, accepted, because) == heard


# Answering it

GUEST, OPPORTUNITY = new_id(), new_id()
ASKED = Asked("viewpoint", GUEST, OPPORTUNITY, Amounts(1800, 500))
ATTENDED = Attended(True, "viewpoint", GUEST, OPPORTUNITY, True)
MOST = Amounts(1800, 500)


def judged(
    asked: Asked = ASKED,
    attended: Attended = ATTENDED,
    *,
    terms: Terms = FULL,
    most: Amounts = MOST,
    before: bool = False,
) -> str:
    return rules.because_refused(asked, attended, terms, most, before)


def test_net_03_what_was_agreed_is_accepted_to_the_penny() -> None:
    assert judged() == ""
    assert judged(replace(ASKED, amounts=Amounts(0, 1))) == ""


@pytest.mark.parametrize(
    "amounts", [Amounts(1801, 500), Amounts(1800, 501), Amounts(0, 501), Amounts(1801, 0), Amounts(2300, 0)]
)
def test_net_03_a_penny_above_what_was_agreed_is_refused(amounts: Amounts) -> None:
    assert judged(replace(ASKED, amounts=amounts)) == "more-than-agreed"


@pytest.mark.parametrize(
    "change",
    [{"home": "other"}, {"guest_id": UUID(int=1)}, {"opportunity_id": UUID(int=1)}, {"is_guest": False}],
    ids=["home", "guest", "opportunity", "person"],
)
def test_net_03_another_organisations_guest_or_our_own_person_is_unknown_and_nothing_more_is_told(change: dict) -> None:
    not_theirs = replace(ATTENDED, present=False, **change)
    assert judged(attended=not_theirs, terms=rules.NOTHING_OFFERED) == "unknown-attendance"
    assert judged(replace(ASKED, amounts=Amounts()), not_theirs) == "unknown-attendance"


def test_net_03_who_was_not_there_costs_nothing() -> None:
    assert judged(attended=replace(ATTENDED, present=False), terms=rules.NOTHING_OFFERED) == "not-present"


def test_net_03_what_was_never_offered_is_refused() -> None:
    assert judged(terms=Terms(1200, "none", 500), most=Amounts()) == "not-funded"
    assert judged(terms=Terms(1200, "fees", 500), most=Amounts(1800, 0)) == "more-than-agreed"


def test_net_03_asked_twice_for_one_attendance_is_accepted_once() -> None:
    assert judged(before=True) == "more-than-agreed"


def test_net_03_a_recharge_taken_back_is_always_accepted() -> None:
    taken_back = replace(ASKED, amounts=Amounts())
    assert (
        judged(taken_back, replace(ATTENDED, present=False), terms=rules.NOTHING_OFFERED, most=Amounts(), before=True)
        == ""
    )


def test_every_reason_has_words_for_finance() -> None:
    assert set(rules.WHY_REFUSED) == {"not-funded", "unknown-attendance", "not-present", "more-than-agreed"}
    assert rules.WHY_REFUSED["not-funded"] == "The host did not offer to pay for this"
    assert rules.WHY_REFUSED["unknown-attendance"] == "The host’s register does not show this guest there"
    assert rules.WHY_REFUSED["not-present"] == "The host’s register says that the guest was not there"
    assert rules.WHY_REFUSED["more-than-agreed"] == "It is more than the host agreed to pay"


# The ledger


def entries(postings: list[ledger.Posting]) -> dict[str, int]:
    assert ledger.is_balanced(postings)
    return {posting.account.value: posting.pence for posting in postings}


def test_pay_11_a_recharge_is_income_beside_the_expense_and_gives_our_budget_back() -> None:
    assert entries(ledger.recharged(2300)) == {
        "recharge-receivable": 2300,
        "recharge-income": -2300,
        "budget-free": 2300,
        "budget-spent": -2300,
    }
    assert ledger.recharged(0) == []


def test_pay_11_an_accepted_recharge_is_the_hosts_expense_and_spends_its_budget() -> None:
    assert entries(ledger.accepted(1800, 500)) == {
        "participation-expense": 1800,
        "travel-expense": 500,
        "recharge-payable": -2300,
        "budget-spent": 2300,
        "budget-free": -2300,
    }
    assert "travel-expense" not in entries(ledger.accepted(1800, 0))
    assert ledger.accepted(0, 0) == []


def test_pay_11_a_settled_month_clears_what_is_owed_on_both_sides() -> None:
    assert entries(ledger.settled(2300)) == {"recharge-payable": 2300, "bank": -2300}
    assert entries(ledger.received(2300)) == {"bank": 2300, "recharge-receivable": -2300}
