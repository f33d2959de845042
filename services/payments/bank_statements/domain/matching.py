"""What the bank has booked of our payments, and what follows of it (PAY-12): which payments each line books, and where
a payment stands by all that was booked of it. No line is judged by itself and forgotten, so the order in which
statements are brought changes nothing. Amounts are pence; below nothing went out of the account."""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.payments.bank_statements.domain.bank_lines import (
    CAME_BACK,
    COUNTS_AS_NOT_PAID,
    MAY_HAVE_GONE,
    BankLine,
    Booking,
    OfOurs,
    file_named,
    may_be,
    may_have_come_back,
    messages_in,
    references_in,
)

WAITS = ("went-out", "twice", "unseen", "state")
"""Fates that wait for somebody's word, the most urgent first. The others count: "paid", "returned", "loss-back" (one of
two payments came back, so that nothing is lost by it any more) and "known" (nothing changes)."""
UNRESOLVED = ("amount", "several", "file", "reversal", "currency")
"""Why a line that names payments of ours books none of them before a person has said what it is; none of them a fate of
WAITS, for either is why a line is kept."""


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking of one payment: by a line, or one that waits since before (booking). fate: what it comes to."""

    payment: OfOurs
    fate: str
    line: BankLine | None = None
    booking: Booking | None = None


@dataclass(frozen=True, slots=True)
class Matching:
    """booked: of each line what it books. waiting: what waits since before, of the same payments. near: lines that only
    a person can say what they are, with a word why. others: what is not about our payments."""

    booked: Sequence[Booked] = field(default=())
    waiting: Sequence[Booked] = field(default=())
    near: Sequence[tuple[BankLine, str]] = field(default=())
    others: Sequence[BankLine] = field(default=())

    def _of(self, fate: str) -> list[tuple[BankLine, OfOurs]]:
        return [(each.line, each.payment) for each in self.booked if each.fate == fate and each.line is not None]

    @property
    def paid(self) -> list[tuple[BankLine, OfOurs]]:
        return self._of("paid")

    @property
    def returned(self) -> list[tuple[BankLine, OfOurs]]:
        return self._of("returned")

    @property
    def known(self) -> list[tuple[BankLine, OfOurs]]:
        return self._of("known")


@dataclass(slots=True)
class _Item:
    """line: of the statement that is read; None: it waits since before. booking: the same, as we have it already."""

    payment: OfOurs
    went_out: bool
    day: date
    line: BankLine | None = None
    booking: Booking | None = None
    fate: str = ""


def match(lines: Sequence[BankLine], ours: Iterable[OfOurs]) -> Matching:
    """PAY-12: of each line the payments that it books, and what follows for each of them, given all that was booked of
    it before. The same booking on another statement is not a second one: of one day it is as many as the statement with
    the most shows, and as there are files of its run that lines name."""
    payments = list(ours)
    resolve = _Resolver(payments)
    near, others, items = [], [], []
    here: set[UUID] = set()
    for line in lines:
        of_line, why = resolve(line)
        if why:
            near.append((line, why))
        elif not of_line:
            others.append(line)
        for payment in of_line:
            booking = _same(payment, line, here)
            is_over = booking is not None and booking.state != "waits"
            items.append(_Item(payment, line.pence < 0, line.day, line, booking, "known" if is_over else ""))
            here |= {booking.id} if booking is not None else set()
    waiting = [
        _Item(payment, booking.went_out, booking.day, booking=booking)
        for payment in payments
        for booking in payment.booked
        if booking.state == "waits" and booking.id not in here
    ]
    by_payment: dict[object, list[_Item]] = {}
    for item in [*items, *waiting]:
        if not item.fate:
            by_payment.setdefault(item.payment.id, []).append(item)
    for of_payment in by_payment.values():
        _follow(of_payment[0].payment, of_payment)
    done = [Booked(item.payment, item.fate, item.line, item.booking) for item in [*items, *waiting]]
    return Matching(done[: len(items)], done[len(items) :], near, others)


def _same(payment: OfOurs, line: BankLine, here: Set[UUID]) -> Booking | None:
    """The booking that this line shows once more: of the same day, and not of another file of its run. here: those that
    other lines of this statement show. What a CSV showed under another day is the same where the bank's own statement
    gives that day, too, and no second file could have paid it."""
    file = file_named(line, payment)
    may_be = [
        each
        for each in payment.booked
        if each.went_out == (line.pence < 0) and each.id not in here and (each.file == file or not (each.file and file))
    ]
    found = [each for each in may_be if each.day == line.day]
    if not found and len(payment.files) < 2 and not payment.losses:
        found = [each for each in may_be if each.day in line.also_on and not each.is_sure]
    return min(found, key=lambda each: each.file != file, default=None)


def _follow(payment: OfOurs, items: list[_Item]) -> None:
    """PAY-12: what each of these bookings comes to, which are all of this payment that do not count yet. What we know
    by another word than the account's statement (a person's, the bank's answer) is one booking that may still be
    shown."""
    in_order = sorted(items, key=lambda item: (item.line is None, item.day))
    outs, backs = [item for item in in_order if item.went_out], [item for item in in_order if not item.went_out]
    known, more = payment.known, payment.known.more_out_than_shown
    known_out = max(more, int(payment.is_known_to_have_gone) - len(known.out), 0)
    known_back = max(-more, int(payment.is_known_to_have_come_back) - len(known.back), 0)
    until = payment.known_until if payment.state in COUNTS_AS_NOT_PAID else None
    outs_left = _take(outs, known_out, lambda item: until is None or item.day <= until)
    unshown = known_out - (len(outs) - len(outs_left))
    early = _before_they_went_out(payment, outs, backs, unshown)
    outs, backs = outs_left, _take(backs, known_back, lambda item: True)
    state = payment.state
    if state == "made":
        _all(outs + backs, "state")
        return
    if state in MAY_HAVE_GONE and outs:
        outs.pop(0).fate, state = "paid", "paid"
    if state in ("sent", "perhaps-gone"):
        _all(backs, "unseen")
        return
    _all([item for item in backs if id(item) in early], "unseen" if state == "paid" else "known")
    backs = [item for item in backs if id(item) not in early]
    both = min(len(outs), len(backs))  # what was paid once more came back
    _all(outs[:both] + backs[:both], "known")
    _all(outs[both:], "twice" if state == "paid" else "went-out")
    rest = backs[both:]
    _all(rest[: payment.losses], "loss-back")
    rest = rest[payment.losses :]
    if state == "paid":
        _all(rest[:1], "returned")
        _all(rest[1:], "unseen")
    else:  # we know that it did not arrive: whether it went out before does not matter
        _all(rest, "known")


def _before_they_went_out(payment: OfOurs, outs: Sequence[_Item], backs: Sequence[_Item], unshown: int) -> set[int]:
    """PAY-12: what came back (by id()) on a day by which it is not seen to have gone out: what went out later is
    another time, that is still out. unshown: how often it went out by another word, that names no day."""
    went = [each.day for each in (*payment.counted, *outs) if each.went_out]
    came = [each.day for each in payment.counted if not each.went_out]
    early = set()
    for item in sorted(backs, key=lambda item: item.day):
        if unshown + sum(day <= item.day for day in went) > sum(day <= item.day for day in came):
            came.append(item.day)
        else:
            early.add(id(item))
    return early


def _take(items: list[_Item], number: int, fits: Callable[[_Item], bool]) -> list[_Item]:
    rest = []
    for item in items:
        if number and fits(item):
            item.fate, number = "known", number - 1
        else:
            rest.append(item)
    return rest


def _all(items: Iterable[_Item], fate: str) -> None:
    for item in items:
        item.fate = fate


class _Resolver:
    """Which payments a line books, or why only a person can say."""

    def __init__(self, ours: Sequence[OfOurs]) -> None:
        self.ours = {payment.reference: payment for payment in ours}
        self.by_sum: dict[int, list[OfOurs]] = {}
        self.by_file: dict[str, list[OfOurs]] = {}
        for payment in ours:
            self.by_sum.setdefault(payment.pence, []).append(payment)
            if payment.state != "cancelled":
                for file in payment.files or {payment.message_id}:
                    self.by_file.setdefault(file, []).append(payment)

    def __call__(self, line: BankLine) -> tuple[Sequence[OfOurs], str]:
        named = [self.ours[each] for each in sorted(references_in(line.text)) if each in self.ours]
        files = [of_file for each in sorted(messages_in(line.text)) if (of_file := self.by_file.get(each))]
        if line.pence == 0:
            return (), ""
        if line.pence < 0 and (line.is_reversal or line.code):
            # what goes out again because something that came in was undone is no payment
            return (), "reversal" if named or files else ""
        if line.currency:
            return (), "currency" if named or files or self._unnamed(line) else ""
        if len(named) == 1:
            return (named, "") if named[0].pence == abs(line.pence) else ((), "amount")
        if named:
            return (named, "") if _sum(named) == abs(line.pence) else ((), "several")
        if files:
            return next(((found, "") for each in files if (found := _of_file(each, line))), ((), "file"))
        return (), self._unnamed(line)

    def _unnamed(self, line: BankLine) -> str:
        same = self.by_sum.get(abs(line.pence), ())
        if line.pence < 0:
            return "same-sum" if any(may_be(payment, line) for payment in same) else ""
        back = line.code or CAME_BACK.search(line.text)
        return "came-back" if back and any(may_have_come_back(payment, line) for payment in same) else ""


def _of_file(payments: Sequence[OfOurs], line: BankLine) -> Sequence[OfOurs]:
    """PAY-12: a file that was booked as a whole, or that came back whole: all of its payments, or all that were not
    refused before (went out), or that are out (came back), or that came back by somebody's word.
    Nobody guesses by another sum."""
    some = [
        payment
        for payment in payments
        if (payment.state not in COUNTS_AS_NOT_PAID if line.pence < 0 else payment.known.times_out > 0)
    ]
    said = [payment for payment in payments if line.pence > 0 and _is_said_to_be_back(payment)]
    return next((each for each in (payments, some, said) if each and _sum(each) == abs(line.pence)), ())


def _is_said_to_be_back(payment: OfOurs) -> bool:
    """It counts as come back by another word than a statement's."""
    return payment.state == "returned" and all(booking.went_out for booking in payment.counted)


def _sum(payments: Sequence[OfOurs]) -> int:
    return sum(payment.pence for payment in payments)
