"""PAY-12: what the bank's word comes to, by the state of the payment. Nothing that it says of money is passed over."""

from datetime import UTC, datetime

import pytest

from services.payments.owing.domain.bank_reasons import BankReason
from services.payments.paying.domain import answers, applying
from services.payments.paying.domain.answers import BankAnswer, Batch, SentPayment, StatusLine

MORNING, NOON, EVENING = (datetime(2026, 11, 24, hour, tzinfo=UTC) for hour in (9, 12, 18))


def paid() -> StatusLine:
    return StatusLine("CH-1", "ACSC", amount_pence=1500)


def rejected() -> StatusLine:
    return StatusLine("CH-1", "RJCT", [BankReason("AC04")])


def answer(line: StatusLine, written_at: datetime | None) -> BankAnswer:
    return BankAnswer("B1", "RUN-1", "", (), [Batch("RUN-1", "", lines=(line,))], written_at=written_at)


@pytest.mark.parametrize(
    ("state", "paid_before", "paid_after", "rejected_after"),
    [
        ("made", "somebody looks", "somebody looks", ""),
        ("sent", "paid", "paid", "rejected"),
        ("perhaps-gone", "paid", "paid", "rejected"),
        ("said-not-gone", "paid", "paid", ""),
        ("paid", "", "", "returned"),
        ("rejected", "somebody looks", "somebody looks", ""),
        ("returned", "somebody looks", "somebody looks", ""),
    ],
)
@pytest.mark.parametrize("made_anew", [False, True])
def test_pay_12_what_the_banks_word_comes_to_in_each_state_is_never_nothing_against_what_we_count(
    state: str, paid_before: str, paid_after: str, rejected_after: str, made_anew: bool
) -> None:
    """Written before or after the payment ended (paid_before, paid_after, rejected_after). If the bank does not say
    when, it counts as after."""
    payments = [SentPayment("CH-1", 1500, state, NOON)]

    def comes_to(line: StatusLine, written_at: datetime | None) -> str:
        told = answer(line, written_at)
        assert applying.reasons_not_to_apply(told, ["RUN-1"], payments) == []
        reading = answers.read(told, payments, ["CH-1"] if made_anew else None)
        looks = ["somebody looks"] * len(reading.went_out)
        [what] = [*looks, *(outcome.state for outcome in reading.outcomes)] or [""]
        return what

    assert comes_to(paid(), MORNING) == paid_before
    assert comes_to(paid(), EVENING) == comes_to(paid(), None) == paid_after
    assert comes_to(rejected(), EVENING) == rejected_after
    assert comes_to(StatusLine("CH-1", "PDNG"), EVENING) == ""
