"""Which lines of the account's own statement are payments of ours (PAY-12). What names a payment and has its sum is
one; what comes near is shown to a person, who chooses; nothing is guessed. Amounts are pence; below nothing went out of
the account."""

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from anyascii import anyascii

from services.payments.owing.domain.leaving import DAYS_AFTER, DAYS_BEFORE
from services.payments.owing.domain.movements import Known
from shared.reasons import Reason

_REFERENCE = re.compile(r"(?<![A-Z0-9])CH\W?(\d{7})\W{0,3}(\d{4,6})(?!\d)", re.IGNORECASE)
_MESSAGE = re.compile(r"(?<![A-Z0-9])CHORUS\W?(\d{7})\W?([0-9A-F]{8})(?:\W(\d+))?(?![0-9A-Z])", re.IGNORECASE)
CAME_BACK = re.compile(r"\b(return|returned|rtn|rtd|unpaid|reversal|reversed|rejected|recall|refund)", re.IGNORECASE)
DAYS_TO_COME_BACK = 92
LENGTH_OF_FIRST_FILE = len("CHORUS-0000012-36CABAC7")
"""Of the name of a run's first file; one that was made again has that name with a number behind it."""


@dataclass(frozen=True, slots=True)
class BankLine:
    """One line of a statement. text: everything that the bank says beside day and sum. code: why money came back, where
    the bank says why (ISO's code). is_reversal: the bank undoes something that it had booked. said: why it came back in
    the bank's own words, for staff alone."""

    day: date
    pence: int
    text: str
    code: str = ""
    is_reversal: bool = False
    said: str = ""
    currency: str = ""
    """In which currency the bank says that it was paid, if not in pounds."""
    reference: str = ""
    """The bank's own, of this booking alone, if it gives one: the same on each statement that shows it."""
    also_on: frozenset[date] = frozenset()
    """Other days that the bank gives for it: of the order, of the value. Another statement may show it under these."""


@dataclass(frozen=True, slots=True)
class Booking:
    """What the bank has booked of a payment, on whichever statement. state: "counts", "waits" (for somebody's word on
    the line that is kept) or "not-ours" (two people said that it is not about it). is_sure: what brought it may count
    by itself once nothing else is to be said."""

    id: UUID
    went_out: bool
    day: date
    state: str
    entry_id: UUID | None = None
    is_sure: bool = False
    file: str = ""
    """The file of its run that the line names, if it names one."""


@dataclass(frozen=True, slots=True)
class OfOurs:
    """A transfer of ours: where it stands, and the day on which its run was sent (None: not sent), or its file was
    fetched if it was taken out."""

    id: UUID
    reference: str
    message_id: str
    pence: int
    state: str
    sent_on: date | None
    files: frozenset[str] = frozenset()
    """The names of all files that hold it; empty: of none but message_id."""
    was_seen: bool = False
    """It counts as paid because a statement that was read before shows it going out."""
    known_until: date | None = None
    """It counts as not paid or as come back, and it is known that it went out by then: a statement shows it coming
    back."""
    losses: int = 0
    """How often it went out beside what we count: noted as paid twice."""
    booked: Sequence[Booking] = ()

    @property
    def counted(self) -> list[Booking]:
        return [each for each in self.booked if each.state == "counts"]

    @property
    def known(self) -> Known:
        """Of its money, but what a word that is not the statement's said."""
        out = [each.day for each in self.counted if each.went_out]
        return Known(self.state, self.losses, out, [each.day for each in self.counted if not each.went_out])

    @property
    def is_known_to_have_gone(self) -> bool:
        return self.state in ("paid", "returned") or self.known_until is not None

    @property
    def is_known_to_have_come_back(self) -> bool:
        return self.state == "returned" or self.known_until is not None


MAY_HAVE_GONE = frozenset({"sent", "perhaps-gone", "said-not-gone"})
"""Where a payment stands that the bank's own word makes paid: the last two were taken out of a run whose file the bank
may have (PAY-17)."""


FAILED = frozenset({"rejected", "returned"})
"""Where a payment stands that we count as not paid, or as come back, so that it may be owed or paid again."""
COUNTS_AS_NOT_PAID = FAILED | {"said-not-gone", "cancelled"}
"""The last two: somebody has said that the bank did not pay it, or it was taken out before any file with it was
fetched, so that it may be owed or paid again, too."""


WHY_NEAR = {
    "amount": "It names a payment of ours, but the sum is another. Ask the bank.",
    "several": "It names more than one payment of ours.",
    "twice": "It names a payment that we count as paid already, by another line or on another day. If both are right, "
    "the bank may have paid it twice.",
    "state": "It names a payment whose run waits to be sent. Was it sent? Then say so on the run’s page. Else take the "
    "run back, and say here that it is this payment. Do not pay it again.",
    "currency": "The bank says that this was paid in another currency, and we pay in pounds. Look at the account: is "
    "it a payment of ours?",
    "file": "It names a whole payment file of ours, but its sum is not that of the payments in it. Ask the bank which "
    "of them it is about. Do not pay any of them again before you know.",
    "same-sum": "The sum and the day are those of a payment of ours, but it does not name one.",
    "own": "It waits for a second person, who looks at the account.",
    "reversal": "The bank undid something that it had booked, and names a payment of ours. Look at the account: was "
    "it paid in the end?",
    "went-out": "It names a payment that we count as not paid, or as come back. But it went out. Do not pay it again: "
    "say here that it is this payment.",
    "unseen": "It names a payment of ours, and says that the money came in. But nobody has seen yet that it went out "
    "before that. A second person, who did not bring"
    " this statement, looks at the account.",
    "came-back": "It looks like money that came back, but it does not say which. A second person, who did not bring "
    "this statement, looks at the account.",
}


def references_in(text: str) -> set[str]:
    """Our references, however the bank writes them: "CH0000012-0003", "ch0000012 0003", "CH00000120003"."""
    return {f"CH{number}-{position}" for number, position in _REFERENCE.findall(text)}


def messages_in(text: str) -> set[str]:
    """The names of our files: "CHORUS-0000012-36CABAC7"."""
    return {
        f"CHORUS-{number}-{tail.upper()}" + (f"-{again}" if again else "")
        for number, tail, again in _MESSAGE.findall(text)
    }


def file_named(line: BankLine, payment: OfOurs) -> str:
    """Which of the files that hold a payment a line names; empty: none, or more than one."""
    named = messages_in(line.text) & {payment.message_id, *payment.files}
    return named.pop() if len(named) == 1 else ""


def without_charges(pence: int, instructed: int | None, charges: int) -> int:
    """What a line is about, where the bank booked its charge with it: the sum that was asked for, if that and the
    charge make up what was booked. pence: below nothing went out. instructed, charges: never below nothing."""
    if instructed is not None and charges and pence < 0 and -pence == instructed + charges:
        return -instructed
    return pence


def may_have_come_back(payment: OfOurs, line: BankLine) -> bool:
    """Whether money that came in and names nothing may be this payment."""
    if payment.state not in ("sent", "paid") or payment.sent_on is None:
        return False
    return timedelta(0) <= line.day - payment.sent_on <= timedelta(DAYS_TO_COME_BACK)


def may_be(payment: OfOurs, line: BankLine) -> bool:
    """Whether a line that names nothing may be this payment: the same sum, on its way, and about then."""
    if payment.state not in ("sent", "perhaps-gone") or payment.sent_on is None or payment.pence != -line.pence:
        return False
    return timedelta(-DAYS_BEFORE) <= line.day - payment.sent_on <= timedelta(DAYS_AFTER)


_BANKS_WORDS = re.compile(
    "faster|payments?|fp[ois]?|fps|bacs|bgc|bp|chaps|credit|debit|direct|transfer|trf|tfr|online|internet|mobile|"
    "banking|bank|bill|pay|paid|to|from|out|ref|reference|acc?|account|mrs?|ms|miss|mx|dr|the|and|of|for|via|outward|"
    "outgoing|sent|single|immediate|electronic|gbp|standing|order|so|dd|app"
)


def _words(text: str) -> list[str]:
    return [word for word in re.findall("[a-z]+", anyascii(text).casefold()) if not _BANKS_WORDS.fullmatch(word)]


def may_mean(text: str, name: str) -> bool:
    """PAY-12: whether the words of a line that names no payment may mean the holder of an account: they say the name, a
    part or the initials of it, or nobody's. A reference of ours that we do not know means another payment. name: ""
    where it is not known."""
    if references_in(text) or messages_in(text):
        return False
    said, own = [word for word in _words(text) if len(word) > 1], _words(name)
    initials = "".join(word[0] for word in own)
    parts = [word for word in own if len(word) > 1]
    return (
        not said
        or not own
        or any(
            word == initials or any(word.startswith(part) or part.startswith(word) for part in parts) for word in said
        )
    )


def is_same_booking(line: BankLine, other: BankLine) -> bool:
    """PAY-12: whether two lines that name no payment, of two statements, are one: by the bank's own reference; where
    one of them has none, by day, sum and words."""
    if line.pence != other.pence:
        return False
    if line.reference and other.reference:
        return line.reference == other.reference
    return line.day == other.day and line.text.casefold().split() == other.text.casefold().split()


def named_in(line: BankLine, ours: Iterable[OfOurs]) -> list[OfOurs]:
    """PAY-12: the payments that a line names: by themselves, else with a file that holds them."""
    references, messages = references_in(line.text), messages_in(line.text)
    payments = list(ours)
    named = [payment for payment in payments if payment.reference in references]
    return named or [payment for payment in payments if messages & {payment.message_id, *payment.files}]


def candidates(line: BankLine, ours: Iterable[OfOurs], waiting: Set[UUID] | None = None) -> list[OfOurs]:
    """PAY-12: the payments that a person may choose for a line that came near: of those that it names, or of all where
    it names none, those that it can be about. waiting: those of which it says something that waits; of a line that is
    the sum of several, each by itself."""
    payments = list(ours)
    named = named_in(line, payments)
    found = []
    for payment in named or payments:
        went = payment.state in MAY_HAVE_GONE or (bool(named) and payment.state in COUNTS_AS_NOT_PAID)
        went |= bool(named) and payment.state == "paid"
        goes = went if line.pence < 0 else payment.state in ("sent", "paid", "perhaps-gone") or payment.losses > 0
        if goes and (payment.id in waiting if waiting else payment.pence == abs(line.pence)):
            found.append(payment)
    return sorted(found, key=lambda payment: payment.reference)


def about(line: BankLine, ours: Iterable[OfOurs]) -> list[OfOurs]:
    """PAY-12: the payments that a line names, by themselves or with their file; or that it can be by its sum."""
    payments = list(ours)
    return named_in(line, payments) or candidates(line, payments)


DECIDED_BEFORE = Reason("PAY-12", "Somebody has decided about this line before. Nothing was changed.")
NOT_CHOSEN = Reason("PAY-12", "Choose a payment, or say that it is not ours.", "payment")


def reasons_not_to_choose(
    line: BankLine, payment_id: UUID, ours: Iterable[OfOurs], waiting: Set[UUID] | None = None
) -> list[Reason]:
    """PAY-12: a person may say which payment a line is, not that another sum is the same, nor that it differs from
    those that it names. ours: all that it can be about. waiting: as candidates()."""
    if payment_id not in {each.id for each in candidates(line, ours, waiting)}:
        return [
            Reason(
                "PAY-12",
                "This payment cannot be that line of the statement. Choose another, or say that it is not ours.",
                "payment",
            )
        ]
    return []


def reasons_to_ask_first(line: BankLine, payment: OfOurs, *, asked: bool) -> list[Reason]:
    """PAY-12: money that came in, for a payment of which nobody has seen yet that it went out: it would be owed again
    while its file is on its way, so whoever says so reads that first. So do they for what went out and counts as not
    paid, or as paid already. asked: they have."""
    if asked:
        return []
    if line.pence < 0:
        asks = payment.state in COUNTS_AS_NOT_PAID or payment.state == "paid"
        return [Reason("PAY-12", "Say first that this went out all the same, or once more.", "payment")] if asks else []
    if payment.state == "paid":
        return []
    return [Reason("PAY-12", "Nobody has seen yet that this payment went out. Say first whether it did.", "payment")]
