"""Lines of the account's statement that name none of our payments and have the sum of a whole run (PAY-12)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.payments.bank_statements.domain.bank_lines import BankLine, OfOurs, first_files_in, references_in
from services.payments.owing.domain.leaving import DAYS_BEFORE
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
    names = references_in(line.text) or first_files_in(line.text)
    if line.pence != -run.pence or line.code or line.is_reversal or line.currency or names:
        return False
    return len(run.payments) > 1 and not run.other_lines and all(_only_sent(each, line) for each in run.payments)


def _only_sent(payment: OfOurs, line: BankLine) -> bool:
    if payment.state != "sent" or payment.sent_on is None or payment.losses or payment.known_until:
        return False
    booked = any(booking.state != "not-ours" for booking in payment.booked)
    return not booked and line.day >= payment.sent_on - timedelta(DAYS_BEFORE)


def that_fit(line: BankLine, runs: Iterable[WholeRun]) -> list[WholeRun]:
    return [run for run in runs if fits(run, line)]
