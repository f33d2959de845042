"""Whether a statement may be read as it is, and on whose word (PAY-12)."""

from collections.abc import Collection, Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from services.payments.bank_statements.domain.bank_lines import (
    MAY_HAVE_GONE,
    BankLine,
    OfOurs,
    references_in,
)
from services.payments.bank_statements.domain.matching import Matching
from services.payments.owing.domain.leaving import DAYS_BEFORE
from services.payments.paying.domain import bank_files
from services.payments.paying.domain.endings import ByHand, is_the_only_one
from shared.reasons import Reason

LATELY = 5
"""Days after sending in which a run's payments leave, and hardly ever come back."""
NO_MINUS = (
    "By this, money came in on every line, and none went out. Does your bank write what went out without a minus?"
)
OURS_COME_IN = (
    "By this, payments that we sent lately came in, and it does not show them going out. So this is almost "
    "surely read the wrong way round."
)


def come_in(lines: Sequence[BankLine], ours: Iterable[OfOurs]) -> set[UUID]:
    """PAY-12: recently sent payments that these lines show coming in with their sum, and neither these nor earlier
    lines leaving before that. Other payments that leave prove nothing: in a statement read the wrong way round, a
    return looks like a payment."""
    by_reference = {payment.reference: payment for payment in ours}
    found, go_out = set(), set()
    for line in lines:
        for payment in [by_reference[reference] for reference in references_in(line.text) if reference in by_reference]:
            if line.pence < 0:
                go_out.add(payment.id)
            lately = payment.sent_on is not None and timedelta(-DAYS_BEFORE) <= line.day - payment.sent_on <= timedelta(
                LATELY
            )
            shown = [booking for booking in payment.counted if booking.went_out and not booking.by_answer]
            left = any(booking.day < line.day for booking in shown)
            if lately and not left and line.pence == payment.pence and payment.state in (*MAY_HAVE_GONE, "paid"):
                found.add(payment.id)
    return found - go_out


def doubts_of_reading(lines: Sequence[BankLine], ours: Iterable[OfOurs], *, by_minus: bool) -> list[str]:
    """PAY-12: signs, in words, that a statement may be read the wrong way round. by_minus: only a minus sign marks
    money that left."""
    doubts = [OURS_COME_IN] if come_in(lines, ours) else []
    if by_minus and lines and not any(line.pence < 0 for line in lines):
        doubts.append(NO_MINUS)
    return doubts


def reasons_not_to_read(lines: Sequence[BankLine], ours: Iterable[OfOurs]) -> list[Reason]:
    """PAY-12: several recently sent payments come in and are never seen to leave: reading it so would pay all of
    them again."""
    if len(come_in(lines, ours)) > 1:
        text = (
            f"{OURS_COME_IN} Say again what the columns mean. If they did come back, bring a statement that also "
            "shows them going out."
        )
        return [Reason("PAY-12", text, "statement")]
    return []


DAYS_AHEAD = 5
"""A bank may book on the next day of business, over a long weekend too."""


def reasons_not_to_take_days(lines: Iterable[BankLine], today: date) -> list[Reason]:
    """PAY-12: what a bank is still to do is no booking: such a day was read or written wrongly."""
    last = max((line.day for line in lines), default=today)
    return [bank_files.day_to_come(last)] if last > today + timedelta(days=DAYS_AHEAD) else []


def waits_for_another(matching: Matching, *, another_looked: bool, doubted: Set[UUID] = frozenset()) -> list[BankLine]:
    """PAY-12: money that came back is owed again, so it is never booked on one person's word. Somebody else looks at
    the line first, unless a statement shows that the payment left and somebody else has confirmed the columns.

    another_looked: somebody other than the reader has seen what these columns give; a camt.053 needs no such person.
    doubted: payments that seem to be read the wrong way round (come_in).
    """
    went_out = {payment.id for line, payment in [*matching.paid, *matching.known] if line.pence < 0}
    return [
        line
        for line, payment in matching.returned
        if not another_looked or payment.id in doubted or not (payment.was_seen or payment.id in went_out)
    ]


def reasons_to_leave_to_another(
    line: BankLine, given_by: UUID, who: UUID, theirs: Collection[ByHand] = ()
) -> list[Reason]:
    """PAY-12: two people say that money came back: one brought the statement, the other looked at the line. Not where
    nobody else may: by hand, their word would count alone, and they do not send it again alone either. theirs: the
    payments that it may be."""
    nobody_else = bool(theirs) and all(is_the_only_one(each, who) for each in theirs)
    if line.pence > 0 and who == given_by and not nobody_else:
        return [
            Reason(
                "PAY-12",
                "You brought this statement. That money came back is said by a second person, who looks at the "
                "account.",
                "payment",
            )
        ]
    return []


def reasons_not_to_name_columns(given_by: UUID, who: UUID) -> list[Reason]:
    """PAY-12: who says what a statement's columns mean answers for what is read in them, as does who brought it."""
    if who != given_by:
        return [
            Reason(
                "PAY-12",
                "Somebody else brought this file. Bring it yourself, and then say what its columns mean.",
                "day",
            )
        ]
    return []


@dataclass(frozen=True, slots=True)
class Holds:
    """What tells a file from others that wait: its name, the days of its lines, their number and sums in pence."""

    name: str = ""
    first: str = ""
    last: str = ""
    lines: int = 0
    out_pence: int = 0
    in_pence: int = 0

    @property
    def days(self) -> list[date]:
        return [date.fromisoformat(each) for each in sorted({self.first, self.last}) if each]


def what_it_holds(name: str, lines: Sequence[BankLine]) -> Holds:
    """lines: none as long as nobody has named the columns."""
    days = [line.day.isoformat() for line in lines]
    out = sum(-line.pence for line in lines if line.pence < 0)
    came = sum(line.pence for line in lines if line.pence > 0)
    return Holds(name[:100], min(days, default=""), max(days, default=""), len(lines), out, came)
