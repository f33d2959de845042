"""The rules of the figures of the policy (PAY-15)."""

from datetime import date

import pytest

from services.payments.policy import domain as figures
from services.payments.policy.domain import Rates, RateValue

RATES = Rates()


def texts(reasons) -> list[tuple[str, str | None]]:
    return [(reason.rule, reason.field) for reason in reasons]


# PAY-15 rates


def test_pay_01_the_figure_of_the_sessions_day_holds() -> None:
    values = [
        RateValue("participation", date(2026, 4, 1), 1000),
        RateValue("participation", date(2027, 4, 1), 1200),
        RateValue("participation", date(2025, 4, 1), 900),
        RateValue("mileage", date(2026, 11, 18), 50),
    ]
    assert figures.rates_on(date(2026, 11, 17), values) == Rates(participation=1000, mileage=45)
    assert figures.rates_on(date(2026, 11, 18), values) == Rates(participation=1000, mileage=50)
    assert figures.rates_on(date(2027, 3, 31), values).participation == 1000
    assert figures.rates_on(date(2027, 4, 1), values).participation == 1200
    assert figures.rates_on(date(2026, 1, 1), values).participation == 900


def test_pay_the_defaults_are_those_of_the_specification() -> None:
    assert (RATES.participation, RATES.mileage, RATES.approver_limit, RATES.target_working_days, RATES.limit_days) == (
        1000,
        45,
        5000,
        5,
        14,
    )


def test_pay_15_every_figure_has_words() -> None:
    assert tuple(figures.RATE_WORDS) == figures.RATE_NAMES


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("participation", 0, None),
        ("participation", -1, "value"),
        ("offers_cash", 1, None),
        ("offers_cash", 0, None),
        ("offers_cash", 2, "value"),
        ("planned_time_is_least", 2, "value"),
        ("pays_other_expenses", 2, "value"),
        ("limit_days", 0, "value"),
        ("limit_days", 1, None),
        ("target_working_days", 0, "value"),
        ("receipt_days", 0, "value"),
        ("route_needed_above", 0, None),
        ("lunch", 1, "name"),
    ],
)
def test_pay_15_what_a_figure_may_be(name: str, value: int, field: str | None) -> None:
    assert texts(figures.reasons_not_to_set_rate(name, value)) == ([("PAY-15", field)] if field else [])


@pytest.mark.parametrize(
    ("name", "written", "value", "words"),
    [
        ("participation", "10.00", 1000, "£10.00"),
        ("mileage", "0.45", 45, "45p"),
        ("approver_limit", "£50", 5000, "£50.00"),
        ("offers_cash", "Yes", 1, "Yes"),
        ("offers_cash", "no", 0, "No"),
        ("limit_days", "14", 14, "14"),
        ("limit_days", "99999", 99999, "99999"),
    ],
)
def test_pay_15_a_figure_as_a_spreadsheet_and_as_the_page_write_it(
    name: str, written: str, value: int, words: str
) -> None:
    assert figures.rate_value(name, written) == value
    assert figures.rate_in_words(name, value) == words


@pytest.mark.parametrize(
    ("name", "written", "says"),
    [
        ("participation", "ten", "pounds and pence"),
        ("offers_cash", "1", "yes or no"),
        ("limit_days", "14.5", "whole number"),
        ("limit_days", "-14", "whole number"),
        ("limit_days", "١٤", "whole number"),
        ("limit_days", "100000", "whole number"),
    ],
)
def test_pay_15_a_figure_that_cannot_be_read_says_how_to_write_it(name: str, written: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        figures.rate_value(name, written)
