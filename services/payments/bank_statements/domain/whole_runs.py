"""Lines of the account's statement that name none of our payments and have the sum of a whole run (PAY-12)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from services.payments.bank_statements.domain.bank_lines import BankLine, OfOurs, first_files_in, references_in
from services.payments.owing.domain.leaving import DAYS_AFTER, DAYS_BEFORE
from shared.reasons import Reason

NOT_THAT_RUN = Reason(
    "PAY-12",
    "This line cannot be all of this payment run. Its payments must come to exactly this sum, and none of them may "
    "have ended or be named by another line. Nothing was changed.",
    "run",
)


@dataclass(frozen=True, slots=True)
class WholeRun:
    """A run with all its transfers, except those that were taken out before any file held them. other_lines: an
    undecided line names one of them."""

    id: UUID
    number: int
    payments: Sequence[OfOurs]
    other_lines: bool

    @property
    def pence(self) -> int:
        return sum(payment.pence for payment in self.payments)


def fits(run: WholeRun, line: BankLine) -> bool:
    """PAY-12: whether a line that names nothing may be all of this run: exactly its sum, no earlier than its file,
    and nothing is known of any of its payments but that it was sent."""
    return _has_its_sum(run, line) and not run.other_lines and all(_only_sent(each, line) for each in run.payments)


def _has_its_sum(run: WholeRun, line: BankLine) -> bool:
    names = references_in(line.text) or first_files_in(line.text)
    if line.pence != -run.pence or line.code or line.is_reversal or line.currency or names:
        return False
    return len(run.payments) > 1


def _only_sent(payment: OfOurs, line: BankLine) -> bool:
    if payment.state != "sent" or payment.sent_on is None or payment.losses or payment.known_until:
        return False
    booked = any(booking.state != "not-ours" for booking in payment.booked)
    return not booked and line.day >= payment.sent_on - timedelta(DAYS_BEFORE)


def is_its_debit(run: WholeRun, line: BankLine) -> bool:
    """PAY-12: whether a line that names nothing may be the debit of this run, whose payments all count as paid by
    the bank's answer or a person's word alone. It comes within a month of its file."""
    known_by_word = all(not _shown(payment) and not payment.losses for payment in run.payments)
    return known_by_word and not run.other_lines and _may_have_paid(run, line)


def is_once_more(run: WholeRun, line: BankLine) -> bool:
    """PAY-12: whether a line that names nothing may have paid this run again, as statements show all of it leaving."""
    return all(_shown(payment) for payment in run.payments) and _may_have_paid(run, line)


def _may_have_paid(run: WholeRun, line: BankLine) -> bool:
    return _has_its_sum(run, line) and all(_is_paid(each, line) for each in run.payments)


def _is_paid(payment: OfOurs, line: BankLine) -> bool:
    if payment.state != "paid" or payment.sent_on is None:
        return False
    return -timedelta(DAYS_BEFORE) <= line.day - payment.sent_on <= timedelta(DAYS_AFTER)


def _shown(payment: OfOurs) -> bool:
    return any(booking.went_out and not booking.by_answer for booking in payment.counted)


What = Literal["pays", "debit", "again"]


def what_it_is(run: WholeRun, line: BankLine, kept_for: Collection[UUID] = ()) -> What | None:
    """What a person may say that this line is to this run. kept_for: the runs for which the line was kept."""
    if fits(run, line):
        return "pays"
    if is_its_debit(run, line):
        return "debit"
    return "again" if run.id in kept_for and is_once_more(run, line) else None


def what_it_may_be(runs: Iterable[WholeRun], line: BankLine, kept_for: Collection[UUID]) -> list[tuple[WholeRun, What]]:
    found: list[tuple[WholeRun, What]] = []
    for run in runs:
        if what := what_it_is(run, line, kept_for):
            found.append((run, what))
    return found


def that_fit(line: BankLine, runs: Iterable[WholeRun]) -> list[WholeRun]:
    """Those that it may have paid, or be the debit of."""
    return [run for run in runs if fits(run, line) or is_its_debit(run, line)]
