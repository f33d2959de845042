"""Which lines of the account's own statement are payments of ours (PAY-12). What names a payment and has its sum is
one; what comes near is shown to a person, who chooses; nothing is guessed. Amounts are pence; below nothing went out of
the account."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from uuid import UUID

from shared.reasons import Reason

_REFERENCE = re.compile(r"(?<![A-Z0-9])CH\W?(\d{7})\W{0,3}(\d{4,6})(?!\d)", re.IGNORECASE)
_MESSAGE = re.compile(r"(?<![A-Z0-9])CHORUS\W?(\d{7})\W?([0-9A-F]{8})(?:\W(\d+))?(?![0-9A-Z])", re.IGNORECASE)
_CAME_BACK = re.compile(r"\b(return|returned|rtn|rtd|unpaid|reversal|reversed|rejected|recall|refund)", re.IGNORECASE)
DAYS_BEFORE, DAYS_AFTER = 1, 31
"""How far from the day on which a run was sent a line without a reference may lie and still be shown."""
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
    back, or it is noted that it was paid twice (which has no end: date.max)."""


MAY_HAVE_GONE = frozenset({"sent", "perhaps-gone", "said-not-gone"})
"""Where a payment stands that the bank's own word makes paid: the last two were taken out of a run whose file the bank
may have (PAY-17)."""


FAILED = frozenset({"rejected", "returned"})
"""Where a payment stands that we count as not paid, or as come back, so that it may be owed or paid again."""
COUNTS_AS_NOT_PAID = FAILED | {"said-not-gone"}
"""The last: somebody has said that the bank did not pay it, so that it may be owed or paid again, too."""


@dataclass(frozen=True, slots=True)
class Matching:
    """paid and returned are certain. near: with a word why it is not; a person chooses. known: what we have written
    down before, so that nothing changes. others: what is not about our payments."""

    paid: Sequence[tuple[BankLine, OfOurs]] = field(default=())
    returned: Sequence[tuple[BankLine, OfOurs]] = field(default=())
    near: Sequence[tuple[BankLine, str]] = field(default=())
    known: Sequence[tuple[BankLine, Sequence[OfOurs]]] = field(default=())
    others: Sequence[BankLine] = field(default=())


WHY_NEAR = {
    "amount": "It names a payment of ours, but the sum is another. Ask the bank.",
    "several": "It names more than one payment of ours.",
    "twice": "It names a payment that another line names, too. If both are right, the bank paid it twice.",
    "state": "It names a payment that we had noted as not sent, as sent back, or as paid in another run since. If the "
    "bank made it all the same, do not pay it"
    " again. Say here that its run was sent, or take the run back, if it waits. Else ask the bank for the money.",
    "same-sum": "The sum and the day are those of a payment of ours, but it does not name one.",
    "own": "It waits for a second person, who looks at the account.",
    "reversal": "The bank undid something that it had booked, and names a payment of ours. Look at the account: was "
    "it paid in the end?",
    "went-out": "It names a payment that we count as not paid, or as come back. But it went out. Do not pay it again: "
    "say here that it is this payment.",
    "unseen": "It names a payment of ours, and says that the money came in. But nobody has seen yet that it went out. "
    "A second person, who did not bring"
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


def without_charges(pence: int, instructed: int | None, charges: int) -> int:
    """What a line is about, where the bank booked its charge with it: the sum that was asked for, if that and the
    charge make up what was booked. pence: below nothing went out. instructed, charges: never below nothing."""
    if instructed is not None and charges and pence < 0 and -pence == instructed + charges:
        return -instructed
    return pence


def match(lines: Sequence[BankLine], ours: Iterable[OfOurs]) -> Matching:
    """PAY-12: what goes out first, then what comes back: both may be on one statement."""
    matcher = _Matcher(ours)
    for line in lines:
        if line.pence < 0:
            matcher.went_out(line)
    for line in lines:
        if line.pence > 0:
            matcher.came_in(line)
    others = [*matcher.others, *(line for line in lines if line.pence == 0)]
    return Matching(matcher.paid, matcher.returned, matcher.near, matcher.known, others)


class _Matcher:
    def __init__(self, ours: Iterable[OfOurs]) -> None:
        self.ours = {payment.reference: payment for payment in ours}
        self.paid: list[tuple[BankLine, OfOurs]] = []
        self.returned: list[tuple[BankLine, OfOurs]] = []
        self.near: list[tuple[BankLine, str]] = []
        self.known: list[tuple[BankLine, Sequence[OfOurs]]] = []
        self.others: list[BankLine] = []
        self.twice: set[str] = set()
        self.by_sum: dict[int, list[str]] = {}
        self.by_message: dict[str, list[str]] = {}
        for payment in self.ours.values():
            self.by_sum.setdefault(payment.pence, []).append(payment.reference)
            if payment.state != "cancelled":
                for file in payment.files or {payment.message_id}:
                    self.by_message.setdefault(file, []).append(payment.reference)

    def went_out(self, line: BankLine) -> None:
        named = self._named(line)
        if line.is_reversal or line.code:  # what goes out again because something that came in was undone is no payment
            self._leave(line, "reversal" if named else "")
        elif not named:
            self._unnamed(line)
        elif len(named) > 1:
            self._several(line, named)
        elif (payment := named[0]).pence != -line.pence:
            self.near.append((line, "amount"))
        elif (
            payment.known_until is not None and payment.state in COUNTS_AS_NOT_PAID and line.day <= payment.known_until
        ):
            self.known.append((line, named))
        elif payment.state in MAY_HAVE_GONE:
            self._end(line, payment, "paid")
        elif payment.state == "paid":
            self._known_or_twice(line, named)
        elif payment.state in FAILED:
            self._leave(line, "went-out")
        else:
            self._leave(line, "state")

    def came_in(self, line: BankLine) -> None:
        named = self._named(line)
        if len(named) > 1:
            self.near.append((line, "several"))
        elif named and named[0].pence != line.pence:
            self.near.append((line, "amount"))
        elif (
            named and named[0].reference in self.twice
        ):  # one of two bookings came back: was it paid once, or not at all?
            self.near.append((line, "reversal"))
        elif named and named[0].state == "paid":
            self._end(line, named[0], "returned")
        elif named and named[0].state in ("sent", "perhaps-gone"):  # or it is no return, but read the wrong way round
            self.near.append((line, "unseen"))
        elif named:
            if named[0].state == "returned":  # both ways are known: it is an older part of the account
                known = [
                    (each, why)
                    for each, why in self.near
                    if why == "went-out" and named[0].reference in references_in(each.text)
                ]
                self.near = [(each, why) for each, why in self.near if not any(each is old for old, _ in known)]
                self.known += [(each, named) for each, _ in known]
            self.known.append((line, named))
        else:
            back = line.code or _CAME_BACK.search(line.text)
            same = any(
                self._may_have_come_back(self.ours[reference], line) for reference in self.by_sum.get(line.pence, ())
            )
            self._leave(line, "came-back" if back and same else "")

    def _several(self, line: BankLine, named: list[OfOurs]) -> None:
        """An entry that names several, and has the sum of all of them, is all of them."""
        if sum(payment.pence for payment in named) == -line.pence and all(
            payment.state in MAY_HAVE_GONE for payment in named
        ):
            for payment in named:
                self._end(line, payment, "paid")
        elif sum(payment.pence for payment in named) == -line.pence and all(
            payment.state == "paid" for payment in named
        ):
            self._known_or_twice(line, named)
        else:
            self.near.append((line, "several"))

    def _unnamed(self, line: BankLine) -> None:
        """A file that was booked as a whole names itself and has its sum; else only sum and day tell."""
        for message in messages_in(line.text):
            of_file = [self.ours[reference] for reference in self.by_message.get(message, ())]
            if not of_file or sum(payment.pence for payment in of_file) != -line.pence:
                continue
            if all(payment.state in MAY_HAVE_GONE for payment in of_file):
                for payment in of_file:
                    self._end(line, payment, "paid")
                return
            if all(payment.state == "paid" for payment in of_file):
                return self._known_or_twice(line, of_file)
            if any(payment.state == "made" for payment in of_file):
                return self._leave(line, "state")
        same = any(_may_be(self.ours[reference], line) for reference in self.by_sum.get(-line.pence, ()))
        self._leave(line, "same-sum" if same else "")

    def _known_or_twice(self, line: BankLine, payments: Sequence[OfOurs]) -> None:
        """payments: of this line, and paid. If another line of this statement says so, too, the bank may have paid
        twice."""
        here = {payment.id for _, payment in self.paid}
        if any(payment.id in here for payment in payments):
            self.twice |= {payment.reference for payment in payments}
            self.near.append((line, "twice"))
        else:
            self.known.append((line, payments))

    def _named(self, line: BankLine) -> list[OfOurs]:
        return [self.ours[reference] for reference in sorted(references_in(line.text)) if reference in self.ours]

    def _end(self, line: BankLine, payment: OfOurs, state: str) -> None:
        (self.paid if state == "paid" else self.returned).append((line, payment))
        self.ours[payment.reference] = replace(payment, state=state)

    def _leave(self, line: BankLine, why: str) -> None:
        if why:
            self.near.append((line, why))
        else:
            self.others.append(line)

    def _may_have_come_back(self, payment: OfOurs, line: BankLine) -> bool:
        if payment.state not in ("sent", "paid") or payment.sent_on is None:
            return False
        return timedelta(0) <= line.day - payment.sent_on <= timedelta(DAYS_TO_COME_BACK)


def _may_be(payment: OfOurs, line: BankLine) -> bool:
    """Whether a line that names nothing may be this payment: the same sum, on its way, and about then."""
    if payment.state not in ("sent", "perhaps-gone") or payment.sent_on is None or payment.pence != -line.pence:
        return False
    return timedelta(-DAYS_BEFORE) <= line.day - payment.sent_on <= timedelta(DAYS_AFTER)


def named_in(line: BankLine, ours: Iterable[OfOurs]) -> list[OfOurs]:
    """PAY-12: the payments that a line names: by themselves, else with a file that holds them."""
    references, messages = references_in(line.text), messages_in(line.text)
    payments = list(ours)
    named = [payment for payment in payments if payment.reference in references]
    return named or [payment for payment in payments if messages & {payment.message_id, *payment.files}]


def candidates(line: BankLine, ours: Iterable[OfOurs]) -> list[OfOurs]:
    """PAY-12: the payments that a person may choose for a line that came near: of those that it names, or of all where
    it names none, those of its sum that it can be about."""
    payments = list(ours)
    named = named_in(line, payments)
    found = []
    for payment in named or payments:
        went = payment.state in MAY_HAVE_GONE or (bool(named) and payment.state in FAILED)
        goes = went if line.pence < 0 else payment.state in ("sent", "paid", "perhaps-gone")
        if goes and payment.pence == abs(line.pence):
            found.append(payment)
    return sorted(found, key=lambda payment: payment.reference)


def settled_since(line: BankLine, ours: Iterable[OfOurs]) -> OfOurs | None:
    """PAY-12: the one payment that a line names by which money came in, if it counts as not paid or as come back by
    now: the line says no more."""
    named = [payment for payment in ours if payment.reference in references_in(line.text)]
    if len(named) != 1 or line.pence != named[0].pence or named[0].state not in FAILED:
        return None
    return named[0]


def about(line: BankLine, ours: Iterable[OfOurs]) -> list[OfOurs]:
    """PAY-12: the payments that a line names, by themselves or with their file; or that it can be by its sum."""
    payments = list(ours)
    return named_in(line, payments) or candidates(line, payments)


DECIDED_BEFORE = Reason("PAY-12", "Somebody has decided about this line before. Nothing was changed.")
NOT_CHOSEN = Reason("PAY-12", "Choose a payment, or say that it is not ours.", "payment")


def reasons_not_to_choose(line: BankLine, payment: OfOurs, ours: Iterable[OfOurs]) -> list[Reason]:
    """PAY-12: a person may say which payment a line is, not that another sum is the same, nor that it differs from
    those that it names. ours: all that it can be about."""
    if payment.id not in {each.id for each in candidates(line, ours)}:
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
    paid. asked: they have."""
    if asked:
        return []
    if line.pence < 0:
        counts_as_not_paid = payment.state in COUNTS_AS_NOT_PAID
        return (
            [Reason("PAY-12", "We count this payment as not paid. Say first that it went out all the same.", "payment")]
            if counts_as_not_paid
            else []
        )
    if payment.state == "paid":
        return []
    return [Reason("PAY-12", "Nobody has seen yet that this payment went out. Say first whether it did.", "payment")]
