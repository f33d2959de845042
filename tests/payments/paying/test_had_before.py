"""PAY-12: what a bank refuses because it has it already may have been paid by the first file."""

from collections.abc import Sequence

import pytest

from services.payments.owing.domain.bank_reasons import HAD_BEFORE, BankReason, says_it_was_had
from services.payments.paying.domain import answers, applying
from services.payments.paying.domain.answers import BankAnswer, Batch, SentPayment, StatusLine

WORDS = [
    BankReason("NARR", "", "Duplicate file"),
    BankReason("", "DUPL-77", ""),
    BankReason("FF01", "", "DuplicateSubmission"),
    BankReason("MS03", "", "This file was already received on 3 March"),
    BankReason("NARR", "", "Batch previously submitted"),
    BankReason("NARR", "", "This reference was used before."),
    BankReason("NARR", "", "Message id already exists"),
    BankReason("FF01", "", "File previously loaded"),
    BankReason("NARR", "", "MsgId not unique"),
    BankReason("NARR", "DUP", ""),
    BankReason("NARR", "", "Payment already executed"),
    BankReason("NARR", "", "Identical file exists"),
    BankReason("NARR", "", "Repeated submission"),
    BankReason("NARR", "", "File loaded twice"),
]
NOT_HAD = [
    BankReason("AC04"),
    BankReason("NARR", "", "Account already closed"),
    BankReason("NARR", "", "Sent back to the payer"),
    BankReason("AM04", "", "Not enough money"),
    BankReason("BE01", "", "The name is not identical"),
    BankReason("TM01", "", "Must be received before 15:30"),
    BankReason("NARR", "", "Not submitted before the cut-off"),
    BankReason(),
]


def payments(state: str) -> list[SentPayment]:
    return [SentPayment("CH-1", 1500, state), SentPayment("CH-2", 1700, state)]


def at(level: str, *reasons: BankReason, status: str = "RJCT") -> BankAnswer:
    """Refused in one word, of the file, of its batch, or of each payment."""
    of: dict[str, tuple[str, Sequence[BankReason]]] = {level: (status, reasons)}
    none: tuple[str, Sequence[BankReason]] = ("", ())
    lines = [StatusLine(f"CH-{number}", *of.get("payment", none)) for number in (1, 2)]
    return BankAnswer("B", "RUN-1", *of.get("file", none), [Batch("RUN-1", *of.get("batch", none), lines)])


@pytest.mark.parametrize("reason", [*map(BankReason, sorted(HAD_BEFORE)), *WORDS], ids=str)
@pytest.mark.parametrize("level", ["file", "batch", "payment"])
@pytest.mark.parametrize("state", ["sent", "perhaps-gone", "paid"])
def test_pay_12_a_refused_duplicate_ends_nothing_and_is_said(reason: BankReason, level: str, state: str) -> None:
    told, ours = at(level, reason), payments(state)
    assert applying.reasons_not_to_apply(told, ["RUN-1"], ours) == []
    reading = answers.read(told, ours)
    assert (reading.outcomes, reading.pending) == ([], 2 if state == "sent" else 0)
    assert any("because it has that already" in warning and "CH-1, CH-2" in warning for warning in reading.warnings)


def test_pay_12_a_duplicate_counts_beside_whatever_reason_else() -> None:
    for told in (
        at("payment", BankReason("AC04"), BankReason("DU03")),
        BankAnswer("B", "RUN-1", "RJCT", [BankReason("DU01")], [Batch("RUN-1", "", [BankReason("AM04")])]),
        at("file", BankReason("DUPL"), status="CANC"),
    ):
        assert answers.read(told, payments("sent")).outcomes == []


def test_pay_12_the_answer_to_the_first_file_counts_after_a_refused_duplicate() -> None:
    reading = answers.read(at("file", status="ACSC"), payments("sent"))
    assert [outcome.state for outcome in reading.outcomes] == ["paid", "paid"]


@pytest.mark.parametrize("reason", NOT_HAD, ids=str)
def test_pay_12_any_other_reason_ends_what_it_refuses(reason: BankReason) -> None:
    assert not says_it_was_had(reason)
    assert {outcome.state for outcome in answers.read(at("payment", reason), payments("sent")).outcomes} == {"rejected"}
