"""Lines of the account's statement that name none of our payments and have the sum of a whole run (PAY-12)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from services.payments.bank_statements.domain.bank_lines import (
    BankLine,
    OfOurs,
    is_near_its_file,
    is_shown_leaving,
    names_any,
)
from services.payments.owing.domain.leaving import DAYS_BEFORE
from shared.reasons import Reason

NOT_THAT_RUN = Reason(
    "PAY-12",
    "This line cannot be all of this payment run. Its payments that went must come to exactly this sum, and no other "
    "line may name one of them or have paid it. Nothing was changed.",
    "run",
)


@dataclass(frozen=True, slots=True)
class WholeRun:
    """A run with the transfers that the bank has debited, or may have: not those that it refused, that were taken out
    before any file held them or that did not go. other_lines: an undecided line names one of them."""

    id: UUID
    number: int
    payments: Sequence[OfOurs]
    other_lines: bool

    @property
    def pence(self) -> int:
        return sum(payment.pence for payment in self.payments)


def fits(run: WholeRun, line: BankLine) -> bool:
    """PAY-12: whether a line that names nothing may be all that went of this run: exactly its sum, no earlier than its
    file. Of some of its payments nothing is known but that they were sent; the others count as paid by word alone."""
    on_their_way = [each for each in run.payments if each.state == "sent"]
    others = [each for each in run.payments if each.state != "sent"]
    if not on_their_way or run.other_lines or not _has_its_sum(run, line):
        return False
    return all(_only_sent(each, line) for each in on_their_way) and all(_by_word(each, line) for each in others)


def _has_its_sum(run: WholeRun, line: BankLine) -> bool:
    if line.pence != -run.pence or line.code or line.is_reversal or line.currency or names_any(line):
        return False
    return len(run.payments) > 1


def _only_sent(payment: OfOurs, line: BankLine) -> bool:
    if payment.sent_on is None or payment.losses or payment.known_until:
        return False
    booked = any(booking.state != "not-ours" for booking in payment.booked)
    return not booked and line.day >= payment.sent_on - timedelta(DAYS_BEFORE)


def is_its_debit(run: WholeRun, line: BankLine) -> bool:
    """PAY-12: whether a line that names nothing may be the debit of this run, whose payments all count as paid by
    the bank's answer or a person's word alone. It comes within a month of its file."""
    by_word = _has_its_sum(run, line) and all(_by_word(payment, line) for payment in run.payments)
    return by_word and not run.other_lines


def is_once_more(run: WholeRun, line: BankLine) -> bool:
    """PAY-12: whether a line that names nothing may have paid this run again, as statements show all of it leaving."""
    if not _has_its_sum(run, line):
        return False
    return all(
        payment.state == "paid" and is_near_its_file(payment, line) and is_shown_leaving(payment)
        for payment in run.payments
    )


def _by_word(payment: OfOurs, line: BankLine) -> bool:
    """Whether it left by the bank's answer or a person's word alone, if it came back since: by then."""
    if is_shown_leaving(payment) or payment.losses or not is_near_its_file(payment, line):
        return False
    until = payment.known_until
    return payment.state == "paid" or (payment.state == "returned" and until is not None and line.day <= until)


What = Literal["pays", "debit", "again"]


def what_it_is(run: WholeRun, line: BankLine) -> What | None:
    """What a person may say that this line is to this run."""
    if fits(run, line):
        return "pays"
    if is_its_debit(run, line):
        return "debit"
    return "again" if is_once_more(run, line) else None


def what_it_may_be(line: BankLine, runs: Iterable[WholeRun]) -> list[tuple[WholeRun, What]]:
    """The runs of which it may be the debit; if there are none, those that it may have paid again."""
    found: list[tuple[WholeRun, What]] = []
    for run in runs:
        if what := what_it_is(run, line):
            found.append((run, what))
    return [each for each in found if each[1] != "again"] or found
