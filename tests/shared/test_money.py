import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.money import parse_pounds, pounds


@pytest.mark.parametrize(
    ("pence", "shown"), [(0, "£0.00"), (5, "£0.05"), (1250, "£12.50"), (120000, "£1,200.00"), (-50, "-£0.50")]
)
def test_pay_11_pence_are_shown_as_pounds(pence: int, shown: str):
    assert pounds(pence) == shown


@given(st.integers(min_value=0, max_value=9_999_999_99))
def test_pay_11_what_is_shown_can_be_typed(pence: int):
    assert parse_pounds(pounds(pence)) == pence


@pytest.mark.parametrize("typed", ["-1", "1.5", "1.555", "12,50", "", "£", "ten", "1e3", "１２", "99999999", "1,2,3"])
def test_pay_11_anything_that_is_not_pounds_and_pence_is_refused(typed: str):
    with pytest.raises(ValueError, match="Enter an amount in pounds"):
        parse_pounds(typed)
