"""Which lines of our account's statement are payments of ours (PAY-12). A line that names a payment and has its sum
is that payment. A line that comes near is shown to a person, who chooses: nothing is guessed. Amounts are pence;
negative amounts left the account."""

import re
from collections.abc import Container, Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from anyascii import anyascii

from services.payments.owing.domain import bank_reasons
from services.payments.owing.domain.leaving import DAYS_AFTER, DAYS_BEFORE
from services.payments.owing.domain.movements import Movements
from shared.reasons import Reason

_REFERENCE = re.compile(r"(?<![A-Z0-9])CH\W?(\d{7})\W{0,3}(\d{4,6})(?!\d)", re.IGNORECASE)
_MESSAGE = re.compile(r"(?<![A-Z0-9])CHORUS\W?(\d{7})\W?([0-9A-F]{8})(?:(\W{1,3})(\d+))?(?![0-9A-Z])", re.IGNORECASE)
CAME_BACK = re.compile(r"\b(return|returned|rtn|rtd|unpaid|reversal|reversed|rejected|recall|refund)", re.IGNORECASE)
DAYS_TO_COME_BACK = 92
DAYS_APART = 5
"""How far apart two statements may date one booking, and how near a second payment of the same money may be."""
LENGTH_OF_FIRST_FILE = len("CHORUS-0000012-36CABAC7")
"""Length of the name of a run's first file; a later file of the run has the same name with a number after it."""


@dataclass(frozen=True, slots=True)
class BankLine:
    """One line of a statement. text: everything that the bank writes except day and sum. code: why money came back,
    as ISO's code, where the bank says. is_reversal: the bank undoes an earlier booking. said: why it came back in
    the bank's own words, for staff only."""

    day: date
    pence: int
    text: str
    code: str = ""
    is_reversal: bool = False
    said: str = ""
    currency: str = ""
    """The currency in which the bank says that it was paid; empty for pounds."""
    reference: str = ""
    """The bank's own reference for this booking, if it gives one: the same on every statement that shows it."""
    also_on: frozenset[date] = frozenset()
    """Other days that the bank gives for it (order or value date). Another statement may show it under one of these."""


@dataclass(frozen=True, slots=True)
class Booking:
    """A booking that the bank made of a payment, on whichever statement. state: "counts", "waits" (somebody has to
    decide about the line that is kept) or "not-ours" (two people said that it is not this payment). is_sure: it may
    count without a person once nothing else about it is open."""

    id: UUID
    went_out: bool
    day: date
    state: str
    entry_id: UUID | None = None
    is_sure: bool = False
    file: str = ""
    """The file of the run that the line names, if any."""
    reference: str = ""
    """The bank's own reference of this booking alone, if it gave one."""
    by_answer: bool = False
    """Only the bank's answer to the run says so, and no statement that was read."""


@dataclass(frozen=True, slots=True)
class OfOurs:
    """A transfer of ours and its state; and the day its run was sent (None: not sent), or its file was fetched if it
    was taken out."""

    id: UUID
    reference: str
    message_id: str
    pence: int
    state: str
    sent_on: date | None
    files: frozenset[str] = frozenset()
    """The names of all files that hold it; if empty, message_id is the only one."""
    was_seen: bool = False
    """It counts as paid because an earlier statement shows it leaving."""
    known_until: date | None = None
    """It counts as not paid or as come back, and came back on this day by a statement, or came back after it was paid
    by the word of others: it must have left by then."""
    losses: int = 0
    """How many more times it left than we count: noted as paid twice."""
    booked: Sequence[Booking] = ()
    ended_on: date | None = None
    """On which day it was told how it ended, or that it did not go."""

    @property
    def counted(self) -> list[Booking]:
        return [each for each in self.booked if each.state == "counts"]

    @property
    def known(self) -> Movements:
        """What is known of its money, except what somebody other than the statement said."""
        out = [each.day for each in self.counted if each.went_out]
        return Movements(self.state, self.losses, out, [each.day for each in self.counted if not each.went_out])

    @property
    def is_known_to_have_gone(self) -> bool:
        return self.state in ("paid", "returned") or self.known_until is not None

    @property
    def is_known_to_have_come_back(self) -> bool:
        return self.state == "returned" or self.known_until is not None


MAY_HAVE_GONE = frozenset({"sent", "perhaps-gone", "said-not-gone"})
"""States that the bank's word turns into paid. The last two were taken out of a run whose file the bank may have
(PAY-17)."""


FAILED = frozenset({"rejected", "returned"})
"""States that we count as not paid or as come back, so that it may be owed or paid again."""
COUNTS_AS_NOT_PAID = FAILED | {"said-not-gone", "cancelled"}
"""In the last two, somebody said that the bank did not pay it, or it was taken out before any file with it was
fetched. It may be owed or paid again, too."""


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
    "same-sum": "The sum and the day are those of a payment of ours, or of a whole payment run, but it names none. If "
    "another line paid that already, the bank may have paid it twice: ask the bank.",
    "own": "It waits for a second person, who looks at the account.",
    "reversal": "The bank undid something that it had booked, and names a payment of ours. Look at the account: was "
    "it paid in the end?",
    "went-out": "It names a payment that we count as not paid, or as come back. But it went out. Say "
    "here that it is this payment, before anybody pays it again. Was it paid again already? Then say so too: we write "
    "down what is lost.",
    "unseen": "It names a payment of ours, and says that the money came in. But nobody has seen yet that it went out "
    "before that. A second person, who did not bring"
    " this statement, looks at the account.",
    "duplicate": "The bank sent this back because it had the same payment already. So the other one may have arrived. "
    "Look at the account: did it pay this twice? Then the person has their money, and nothing is owed.",
    "came-back": "It looks like money that came back, but it does not say which. A second person, who did not bring "
    "this statement, looks at the account.",
}


def says_it_was_had(line: BankLine) -> bool:
    """PAY-12: whether the bank sends it back because it is one of two, so that the other may have arrived."""
    return bank_reasons.says_it_was_had(bank_reasons.BankReason(line.code, line.said, line.text))


def references_in(text: str) -> set[str]:
    """Our references, however the bank writes them: "CH0000012-0003", "ch0000012 0003", "CH00000120003"."""
    return {f"CH{number}-{position}" for number, position in _REFERENCE.findall(text)}


def first_files_in(text: str) -> set[str]:
    """The names of runs' first files: "CHORUS-0000012-36CABAC7", also where a later one is meant."""
    return {f"CHORUS-{number}-{tail.upper()}" for number, tail, *_ in _MESSAGE.findall(text)}


def names_any(line: BankLine) -> bool:
    """Whether it has a name like those of our payments or files, known or not."""
    return bool(references_in(line.text) or first_files_in(line.text))


def files_in(text: str, ours: Container[str]) -> set[str]:
    """PAY-12: which of our files a text names.

    A number after a dash says which file of its run ("-2"). Banks also write there how many payments it holds ("4
    ITEMS", "/4"), so after anything else it may be either, and a number that no file has says how many."""
    named: set[str] = set()
    for number, tail, mark, again in _MESSAGE.findall(text):
        first = f"CHORUS-{number}-{tail.upper()}"
        exact = {f"{first}-{again}"} if again else {first}
        meant = {each for each in (exact if mark == "-" else exact | {first}) if each in ours}
        named |= meant or {each for each in (first,) if each in ours}
    return named


def file_named(line: BankLine, payment: OfOurs) -> str:
    """Which of a payment's files a line names; empty if it names none, or several."""
    named = files_in(line.text, {payment.message_id, *payment.files})
    return named.pop() if len(named) == 1 else ""


def without_charges(pence: int, instructed: int | None, charges: int) -> int:
    """Pence that a line is about where the bank booked its charge with it: the instructed sum, if that sum and the
    charge make up what was booked. pence: negative if it left the account. instructed, charges: never negative."""
    if instructed is not None and charges and pence < 0 and -pence == instructed + charges:
        return -instructed
    return pence


def may_have_come_back(payment: OfOurs, line: BankLine) -> bool:
    """Whether money that came in under no name may be this payment."""
    if payment.state not in ("sent", "paid") or payment.sent_on is None:
        return False
    return timedelta(0) <= line.day - payment.sent_on <= timedelta(DAYS_TO_COME_BACK)


def may_be(payment: OfOurs, line: BankLine) -> bool:
    """PAY-12: whether a line that names nothing may be this payment: the same sum, and no earlier than its file. A
    payment that is on its way may be booked however late. One that counts as not paid may be meant for a month, if no
    statement has shown it leaving."""
    if payment.sent_on is None or payment.pence != -line.pence or line.day < payment.sent_on - timedelta(DAYS_BEFORE):
        return False
    if payment.state in ("rejected", "said-not-gone"):
        until = max(payment.sent_on, payment.ended_on or payment.sent_on) + timedelta(DAYS_AFTER)
        return line.day <= until and payment.known_until is None and not payment.losses and not payment.known.out
    return payment.state in ("sent", "perhaps-gone")


def is_shown_leaving(payment: OfOurs) -> bool:
    """Whether a statement shows it, and not only the bank's answer."""
    return any(booking.went_out and not booking.by_answer for booking in payment.counted)


def may_be_its_debit(payment: OfOurs, line: BankLine) -> bool:
    """PAY-12: whether a line may be the debit of a payment that counts as paid by the bank's answer or a person's word
    alone. It comes within a month of its file."""
    if payment.state != "paid" or payment.pence != -line.pence or line.currency or payment.losses:
        return False
    waits = any(booking.state == "waits" for booking in payment.booked)
    return is_near_its_file(payment, line) and not waits and not is_shown_leaving(payment)


def is_near_its_file(payment: OfOurs, line: BankLine) -> bool:
    """Whether it was booked within a month of its file."""
    sent_on = payment.sent_on
    return sent_on is not None and -timedelta(DAYS_BEFORE) <= line.day - sent_on <= timedelta(DAYS_AFTER)


def may_be_once_more(payment: OfOurs, line: BankLine) -> bool:
    """PAY-12: whether a line that names nothing may be one more payment of what another line of about its day paid."""
    paid = payment.state == "paid" and payment.pence == -line.pence
    return paid and any(booking.went_out and is_near(booking.day, line) for booking in payment.counted)


def is_near(day: date, line: BankLine) -> bool:
    return any(abs(day - each) <= timedelta(DAYS_APART) for each in (line.day, *line.also_on))


_BANKS_WORDS = re.compile(
    "faster|payments?|fp[ois]?|fps|bacs|bgc|bp|chaps|credit|debit|direct|transfer|trf|tfr|online|internet|mobile|"
    "banking|bank|bill|pay|paid|to|from|out|ref|reference|acc?|account|mrs?|ms|miss|mx|dr|the|and|of|for|via|outward|"
    "outgoing|sent|single|immediate|electronic|gbp|standing|order|so|dd|app|bulk|batch|multiple|file|items?"
)


def _words(text: str) -> list[str]:
    return [word for word in re.findall("[a-z]+", anyascii(text).casefold()) if not _BANKS_WORDS.fullmatch(word)]


def has_own_words(text: str) -> bool:
    """Whether a text has words that may name somebody."""
    return any(len(word) > 1 for word in _words(text))


def may_mean(text: str, name: str) -> bool:
    """PAY-12: whether the words of a line that names no payment may mean this account holder: they contain the name,
    part of it or its initials, or name nobody. A reference like ours that we do not know means some other payment.
    name: "" if unknown."""
    if references_in(text) or first_files_in(text):
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
    """PAY-12: whether two lines that name no payment, on two statements, are one booking: by currency and sum, and by
    the bank's reference or, if either lacks one, by day and words."""
    if (line.pence, line.currency) != (other.pence, other.currency):
        return False
    if line.reference and other.reference:
        return line.reference == other.reference
    return line.day == other.day and line.text.casefold().split() == other.text.casefold().split()


def may_be_again(line: BankLine, before: BankLine) -> bool:
    """PAY-12: whether a line that names no payment may be one more payment of what another one paid before."""
    return (line.pence, line.currency) == (before.pence, before.currency) and is_near(before.day, line)


def named_in(line: BankLine, ours: Iterable[OfOurs]) -> list[OfOurs]:
    """PAY-12: the payments that a line names directly or, failing that, through a file that holds them."""
    references, payments = references_in(line.text), list(ours)
    named = [payment for payment in payments if payment.reference in references]
    return named or [payment for payment in payments if files_in(line.text, {payment.message_id, *payment.files})]


def candidates(line: BankLine, ours: Iterable[OfOurs], waiting: Set[UUID] | None = None) -> list[OfOurs]:
    """PAY-12: the payments that a person may choose for a line that came near: those that it can be about, among
    those it names or, if it names none, among all. If none can be, those that it may pay once more. waiting: those
    about which it still says something; if a line is the sum of several, each is chosen by itself."""
    payments = list(ours)
    named = named_in(line, payments)
    found = []
    for payment in named or payments:
        by_sum = may_be(payment, line) or may_be_its_debit(payment, line)
        went = payment.state in {*MAY_HAVE_GONE, *COUNTS_AS_NOT_PAID, "paid"} if named else by_sum
        goes = went if line.pence < 0 else payment.state in ("sent", "paid", "perhaps-gone") or payment.losses > 0
        if goes and (payment.id in waiting if waiting else payment.pence == abs(line.pence)):
            found.append(payment)
    if not named and not found:
        found = [payment for payment in payments if may_be_once_more(payment, line)]
    return sorted(found, key=lambda payment: payment.reference)


def about(line: BankLine, ours: Iterable[OfOurs]) -> list[OfOurs]:
    """PAY-12: the payments that a line names, directly or through their file, or otherwise may be by its sum."""
    payments = list(ours)
    return named_in(line, payments) or candidates(line, payments)


DECIDED_BEFORE = Reason("PAY-12", "Somebody has decided about this line before. Nothing was changed.")
NOT_CHOSEN = Reason("PAY-12", "Choose a payment, or say that it is not ours.", "payment")


def reasons_not_to_choose(
    line: BankLine, payment_id: UUID, ours: Iterable[OfOurs], waiting: Set[UUID] | None = None
) -> list[Reason]:
    """PAY-12: a person may say which payment a line is, but not that a different sum is the same, nor that it is
    none of those that it names. ours: all that it can be about. waiting: as for candidates()."""
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
    """PAY-12: questions to put before money that came in is booked to a payment that nobody has seen leave: it would
    be owed again while its file may still be on its way. The same for money that left for a payment that counts as
    not paid, or as paid already. asked: they have read the question."""
    if asked:
        return []
    if line.pence < 0:
        again = payment.state == "paid" and not may_be_its_debit(payment, line)
        asks = again or payment.state in COUNTS_AS_NOT_PAID
        return [Reason("PAY-12", "Say first that this went out all the same, or once more.", "payment")] if asks else []
    if payment.state == "paid":
        return []
    return [Reason("PAY-12", "Nobody has seen yet that this payment went out. Say first whether it did.", "payment")]
