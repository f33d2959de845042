"""NET-03 as pure rules: the lines of a month's statement, how both sides agree on it, and how it is settled."""

from datetime import date
from uuid import UUID

import pytest

from services.payments.ledger.domain import Amounts
from services.payments.recharging.domain import recharges as rules
from services.payments.recharging.domain import statements as statement_rules
from services.payments.recharging.domain.statements import StatementState

# Lines of a statement


@pytest.mark.parametrize(
    ("worth", "elsewhere", "line"), [(100, 0, 100), (100, 99, 1), (100, 100, 0), (100, 101, 0), (0, 0, 0)]
)
def test_net_03_a_line_is_what_stands_on_no_other_statement(worth: int, elsewhere: int, line: int) -> None:
    assert rules.line_of_home(worth, elsewhere) == line


@pytest.mark.parametrize(
    ("asked", "accepted", "elsewhere", "line"),
    [
        (100, 100, 0, 100),
        (100, 120, 0, 100),
        (100, 90, 0, 90),
        (100, 100, 40, 60),
        (40, 100, 40, 40),
        (100, 100, 101, 0),
        (0, 100, 0, 0),
    ],
)
def test_net_03_the_hosts_figure_is_never_more_than_asked_or_accepted(
    asked: int, accepted: int, elsewhere: int, line: int
) -> None:
    assert rules.line_of_host(asked, accepted, elsewhere) == line


def test_net_03_a_register_put_right_shows_until_the_statement_is_agreed() -> None:
    accepted, now = Amounts(1800, 0), Amounts(1200, 500)
    assert rules.still_accepted(accepted, now, agreed=False) == 1200
    assert rules.still_accepted(accepted, now, agreed=True) == 1800
    assert rules.still_accepted(Amounts(1200, 300), Amounts(1800, 500), agreed=False) == 1500


def test_net_03_figures_agree_line_by_line_and_not_by_their_total() -> None:
    one, two = UUID(int=1), UUID(int=2)
    assert rules.same_lines({one: 5, two: 7}, {two: 7, one: 5})
    assert not rules.same_lines({one: 5, two: 7}, {one: 7, two: 5})
    assert not rules.same_lines({one: 5}, {one: 5, two: 7})
    assert not rules.same_lines({one: 5, two: 7}, {one: 5})
    assert rules.same_lines({one: 5, two: 0}, {one: 5})
    assert rules.same_lines({one: 5}, {one: 5, two: 0})
    assert rules.same_lines({}, {})


def test_both_sides_call_a_recharge_alike() -> None:
    assert rules.reference(UUID("01a201db-9f29-7f40-b11e-38fd1fc2dc7b")) == "RC2DC7B"


# Statements


@pytest.mark.parametrize(
    ("today", "month", "until"),
    [
        (date(2026, 12, 1), "2026-11", date(2026, 12, 1)),
        (date(2026, 12, 31), "2026-11", date(2026, 12, 1)),
        (date(2027, 1, 1), "2026-12", date(2027, 1, 1)),
        (date(2026, 3, 5), "2026-02", date(2026, 3, 1)),
    ],
)
def test_net_03_a_statement_is_for_the_month_before(today: date, month: str, until: date) -> None:
    assert statement_rules.month_before(today) == (month, until)


def test_months_are_said_in_words() -> None:
    assert statement_rules.month_in_words("2026-11") == "November 2026"
    assert statement_rules.month_in_words("2027-01") == "January 2027"


def test_net_03_more_lines_than_one_statement_holds_make_several() -> None:
    assert statement_rules.in_statements(list("abcde"), 2) == [["a", "b"], ["c", "d"], ["e"]]
    assert statement_rules.in_statements(list("abcd"), 2) == [["a", "b"], ["c", "d"]]
    assert statement_rules.in_statements([]) == []
    assert [len(part) for part in statement_rules.in_statements(range(501))] == [500, 1]
    assert [len(part) for part in statement_rules.in_statements(range(500))] == [500]


def test_net_03_the_reference_of_a_payment_fits_a_bank_and_names_nobody() -> None:
    reference = statement_rules.payment_reference(UUID("01a201db-9f29-7f40-b11e-38fd1fc2dc7b"), "2026-11")
    assert reference == "CH2611-1FC2DC7B"
    assert len(reference) <= 18


def test_net_03_the_host_agrees_where_every_line_is_the_same() -> None:
    assert statement_rules.state_of_comparison(True) is StatementState.AGREED
    assert statement_rules.state_of_comparison(False) is StatementState.DIFFERS


@pytest.mark.parametrize("before", list(StatementState))
@pytest.mark.parametrize("answered", ["agreed", "differs", "settled"])
@pytest.mark.parametrize("same", [True, False])
def test_net_03_how_our_statement_stands_after_the_hosts_word(
    before: StatementState, answered: str, same: bool
) -> None:
    after = statement_rules.state_after_answer(before, answered, same)
    if before is StatementState.RECEIVED:
        assert after is StatementState.RECEIVED
    elif before is StatementState.SETTLED or answered == "settled":
        assert after is StatementState.SETTLED
    elif answered == "differs":
        assert after is StatementState.DIFFERS
    else:
        assert after is (StatementState.AGREED if same else StatementState.ISSUED)


def test_what_is_agreed_is_not_open() -> None:
    assert {StatementState.ISSUED, StatementState.DIFFERS} == statement_rules.OPEN
    assert {StatementState.AGREED, StatementState.SETTLED, StatementState.RECEIVED} == statement_rules.AGREED


def said(reasons: list) -> list[tuple[str, str]]:
    return [(reason.rule, reason.text) for reason in reasons]


DIFFERENT = [("NET-03", "The figures are not the same on both sides. Talk to them before you pay.")]


def test_net_03_an_agreed_statement_is_paid_once() -> None:
    assert statement_rules.reasons_not_to_settle(StatementState.AGREED, 1, True) == []
    assert said(statement_rules.reasons_not_to_settle(StatementState.SETTLED, 1, True)) == [
        ("NET-03", "This statement was marked as paid before. Nothing was changed.")
    ]
    assert said(statement_rules.reasons_not_to_settle(StatementState.DIFFERS, 1, True)) == DIFFERENT
    assert said(statement_rules.reasons_not_to_settle(StatementState.AGREED, 1, False)) == DIFFERENT
    assert said(statement_rules.reasons_not_to_settle(StatementState.AGREED, 0, True)) == [
        ("NET-03", "There is nothing to pay in this statement.")
    ]


def test_net_03_money_that_came_in_is_confirmed_once_heard_of_or_not() -> None:
    for state in (StatementState.AGREED, StatementState.SETTLED):
        assert statement_rules.reasons_not_to_confirm(state, 1) == []
        assert said(statement_rules.reasons_not_to_confirm(state, 0)) == [
            ("NET-03", "There is nothing to receive for this statement.")
        ]
    for state in (StatementState.ISSUED, StatementState.DIFFERS):
        assert said(statement_rules.reasons_not_to_confirm(state, 1)) == [
            ("NET-03", "They have not agreed to this statement yet, so there is no payment to confirm.")
        ]
    assert said(statement_rules.reasons_not_to_confirm(StatementState.RECEIVED, 1)) == [
        ("NET-03", "This money was confirmed before. Nothing was changed.")
    ]


def test_net_03_a_difference_is_answered_while_there_is_one() -> None:
    assert statement_rules.reasons_not_to_answer_difference(StatementState.DIFFERS) == []
    for state in set(StatementState) - {StatementState.DIFFERS}:
        assert said(statement_rules.reasons_not_to_answer_difference(state)) == [
            ("NET-03", "There is no difference in this statement now. Open it again to see how it stands.")
        ]
