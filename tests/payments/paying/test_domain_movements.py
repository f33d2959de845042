"""PAY-12: one return that several tell is one; only what left again since can come back again."""

from collections.abc import Sequence
from datetime import date

import pytest

from services.payments.owing.domain.movements import Movements, comes_back, is_known_to_be_back


def days(numbers: Sequence[int]) -> list[date]:
    return [date(2026, 11, number) for number in numbers]


@pytest.mark.parametrize(
    ("out", "back", "said_back", "told_on", "known"),
    [
        ([], [], None, 20, False),
        ([3, 4], [], None, 20, False),
        ([3, 4], [5], None, 20, True),
        ([3, 4], [], 10, 20, True),
        ([3, 7], [5], None, 20, False),  # it left again since
        ([3, 7], [5], None, 6, True),  # but the word is older than that
        ([3, 7], [5], 10, 20, True),
        ([3, 7], [7], None, 20, True),
    ],
)
def test_pay_12_a_word_that_a_payment_came_back_may_tell_what_is_known(
    out: list[int], back: list[int], said_back: int | None, told_on: int, known: bool
) -> None:
    payment = Movements("paid", 0, days(out), days(back), days([said_back])[0] if said_back else None)
    assert is_known_to_be_back(payment, days([told_on])[0]) is known


@pytest.mark.parametrize(
    ("state", "losses", "comes_to"),
    [("paid", 0, "returned"), ("paid", 1, "loss-back"), ("returned", 1, "loss-back"), ("rejected", 0, "known")],
)
def test_pay_12_what_comes_back_ends_a_loss_first(state: str, losses: int, comes_to: str) -> None:
    assert comes_back(Movements(state, losses)) == comes_to
