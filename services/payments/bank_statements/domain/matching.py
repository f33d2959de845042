"""What the bank has booked of our payments and what follows from it (PAY-12): which payments each line books, and
what state all its bookings together give a payment. No line is judged alone, so the order in which statements arrive
changes nothing. Amounts are pence; negative amounts left the account."""

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
    files_in,
    has_own_words,
    may_be,
    may_be_again,
    may_be_its_debit,
    may_have_come_back,
    names_any,
    references_in,
    says_it_was_had,
)
from services.payments.bank_statements.domain.whole_runs import WholeRun, what_it_may_be

WAITS = ("went-out", "twice", "unseen", "state")
"""Fates that need somebody's decision, the most urgent first. The others count by themselves: "paid", "returned",
"loss-back" (one of two payments came back, so that nothing is lost any more) and "known" (nothing changes)."""
UNRESOLVED = ("amount", "several", "file", "reversal", "currency", "duplicate")
"""Why a line that names payments of ours books nothing until a person has said what it is. None of these is a fate
in WAITS: both kinds are reasons to keep a line."""


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking of one payment, from a line or from one that was waiting already (booking). fate: what it comes to."""

    payment: OfOurs
    fate: str
    line: BankLine | None = None
    booking: Booking | None = None


@dataclass(frozen=True, slots=True)
class Matching:
    """booked: what each line books. waiting: what was waiting already for the same payments. near: lines that only a
    person can place, with a word why. others: lines that are not about our payments."""

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
    """line: from the statement being read; None if it was waiting already. booking: the same, as we have it."""

    payment: OfOurs
    went_out: bool
    day: date
    line: BankLine | None = None
    booking: Booking | None = None
    fate: str = ""


def match(
    lines: Sequence[BankLine],
    ours: Iterable[OfOurs],
    whole: Sequence[WholeRun] = (),
    kept: Set[int] = frozenset(),
    may_mean: Callable[[BankLine, OfOurs], bool] = lambda line, payment: False,
) -> Matching:
    """PAY-12: which payments each line books, and what follows for each payment from all its bookings so far. The
    same booking on another statement is not a second one: a day has as many bookings as the statement that shows the
    most, and one for each file of its run that lines name. whole: runs whose whole sum a line may have. kept:
    lines (by id()) that an earlier statement showed, and so no debit that nobody saw. may_mean: whether the words of a
    line that names nothing may mean the payee. Such lines come last: what others name is not theirs."""
    payments = list(ours)
    resolve = _Resolver(payments, whole, kept, may_mean)
    near, others, items = [], [], []
    here: set[UUID] = set()
    for line in sorted(lines, key=_says_least):
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
    again = [line for line in others if resolve.may_be_again(line)]
    near += [(line, "same-sum") for line in again]
    others = [line for line in others if line not in again]
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


def _says_least(line: BankLine) -> int:
    if names_any(line):
        return 0
    return 1 if has_own_words(line.text) else 2


def _same(payment: OfOurs, line: BankLine, here: Set[UUID]) -> Booking | None:
    """The booking that this line repeats: same day, and not from a different file of its run. here: those that other
    lines of this statement repeat. A line that a CSV dated otherwise is the same booking if the bank's own statement
    gives that day too and no second file could have paid it. The bank's own references, if both have one, decide. What
    the bank's answer said is whichever booking a statement shows first."""
    file = file_named(line, payment)
    may_be = [
        each
        for each in payment.booked
        if each.went_out == (line.pence < 0) and each.id not in here and (each.file == file or not (each.file and file))
    ]
    if line.reference:
        if by_reference := [each for each in may_be if each.reference == line.reference]:
            return by_reference[0]
        may_be = [each for each in may_be if not each.reference]
    found = [each for each in may_be if each.day == line.day]
    if not found and len(payment.files) < 2 and not payment.losses:
        found = [each for each in may_be if each.day in line.also_on and not each.is_sure]
    found = found or [each for each in may_be if each.by_answer]
    return min(found, key=lambda each: each.file != file, default=None)


def _follow(payment: OfOurs, items: list[_Item]) -> None:
    """PAY-12: what each of these bookings, all of this payment that do not count yet, comes to. If somebody other
    than the statement (a person, the bank's answer) told us something, one booking may still appear for it."""
    in_order = sorted(items, key=lambda item: (item.line is None, item.day))
    outs, backs = [item for item in in_order if item.went_out], [item for item in in_order if not item.went_out]
    known, more = payment.known, payment.known.more_out_than_shown
    known_out = max(more, int(payment.is_known_to_have_gone) - len(known.out), 0)
    known_back = max(-more, int(payment.is_known_to_have_come_back) - len(known.back), 0)
    until = payment.known_until if payment.state in COUNTS_AS_NOT_PAID else None
    outs_left = _take(outs, known_out, lambda item: (until is None or item.day <= until) and not _said_since(item))
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
    both = min(len(outs), len(backs))  # a second payment came back
    _all(outs[:both] + backs[:both], "known")
    _all(outs[both:], "twice" if state == "paid" else "went-out")
    rest = backs[both:]
    _all(rest[: payment.losses], "loss-back")
    rest = rest[payment.losses :]
    if state == "paid":
        _all(rest[:1], "returned")
        _all(rest[1:], "unseen")
    else:  # we know that it did not arrive, so whether it left before does not matter
        _all(rest, "known")


def _said_since(item: _Item) -> bool:
    """PAY-12: the bank's answer says that it went, after it had come back, and no statement shows on which day: that is
    for a person to decide."""
    by_answer = item.line is None and item.booking is not None and item.booking.by_answer
    return by_answer and item.payment.state == "returned"


def _before_they_went_out(payment: OfOurs, outs: Sequence[_Item], backs: Sequence[_Item], unshown: int) -> set[int]:
    """PAY-12: the returns (by id()) on days by which it has not been seen to leave. Whatever left later is another
    payment, and is still out. unshown: how often it left according to others than the statement, who name no day."""
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
    """Finds which payments a line books, or why only a person can say."""

    def __init__(
        self,
        ours: Sequence[OfOurs],
        whole: Sequence[WholeRun],
        kept: Set[int],
        may_mean: Callable[[BankLine, OfOurs], bool],
    ) -> None:
        self.whole = whole
        self.kept = kept
        self.may_mean = may_mean
        self.out: set[UUID] = set()
        """Payments that lines so far show leaving."""
        self.debits: list[BankLine] = []
        """Lines without a name that were taken for one payment."""
        self.ours = {payment.reference: payment for payment in ours}
        self.by_sum: dict[int, list[OfOurs]] = {}
        self.by_file: dict[str, list[OfOurs]] = {}
        for payment in ours:
            self.by_sum.setdefault(payment.pence, []).append(payment)
            if payment.state != "cancelled":
                for file in payment.files or {payment.message_id}:
                    self.by_file.setdefault(file, []).append(payment)

    def __call__(self, line: BankLine) -> tuple[Sequence[OfOurs], str]:
        found, why = self._resolve(line)
        if line.pence < 0:
            self.out |= {payment.id for payment in found}
        return found, why

    def _resolve(self, line: BankLine) -> tuple[Sequence[OfOurs], str]:
        named = [self.ours[each] for each in sorted(references_in(line.text)) if each in self.ours]
        files = [self.by_file[each] for each in sorted(files_in(line.text, self.by_file))]
        if line.pence == 0:
            return (), ""
        if line.pence < 0 and (line.is_reversal or line.code):
            # money that leaves again because a receipt was undone is no payment
            return (), "reversal" if named or files else ""
        if line.currency:
            return (), "currency" if named or files or self._unnamed(line) else ""
        noted = any(payment.losses for payment in named)
        if line.pence > 0 and (named or files) and not noted and says_it_was_had(line):
            return (), "duplicate"
        if len(named) == 1:
            return (named, "") if named[0].pence == abs(line.pence) else ((), "amount")
        if named:
            return (named, "") if _sum(named) == abs(line.pence) else ((), "several")
        if files:
            return next(((found, "") for each in files if (found := _of_file(each, line))), ((), "file"))
        found = self._debit(line)
        return found, "" if found else self._unnamed(line)

    def _debit(self, line: BankLine) -> Sequence[OfOurs]:
        """PAY-12: of a run, or a payment, that is paid by word alone, the first line that can be its debit, if it is
        nothing still on its way. One more is asked about."""
        same = self.by_sum.get(abs(line.pence), ())
        fit = what_it_may_be(line, self.whole)
        if id(line) in self.kept or any(may_be(each, line) for each in same) or any(what == "pays" for _, what in fit):
            return ()
        for run, what in fit:
            if what == "debit" and not self.out & {each.id for each in run.payments}:
                return run.payments
        for payment in same:
            if payment.id not in self.out and may_be_its_debit(payment, line) and self.may_mean(line, payment):
                self.debits.append(line)
                return (payment,)
        return ()

    def may_be_again(self, line: BankLine) -> bool:
        """Whether a line without a name may have paid what another one, which was taken for its debit, paid."""
        return line.pence < 0 and not names_any(line) and any(may_be_again(line, before) for before in self.debits)

    def _unnamed(self, line: BankLine) -> str:
        same = self.by_sum.get(abs(line.pence), ())
        if line.pence < 0:
            is_near = any(may_be(payment, line) for payment in same) or what_it_may_be(line, self.whole)
            return "same-sum" if is_near else ""
        back = line.code or CAME_BACK.search(line.text)
        return "came-back" if back and any(may_have_come_back(payment, line) for payment in same) else ""


def _of_file(payments: Sequence[OfOurs], line: BankLine) -> Sequence[OfOurs]:
    """PAY-12: a file booked or returned as a whole. Its payments are all of them, all that were not refused before
    (money out), all that are out (money in), or all that others than the statement say came back. Nobody guesses at
    any other sum."""
    some = [
        payment
        for payment in payments
        if (payment.state not in COUNTS_AS_NOT_PAID if line.pence < 0 else payment.known.times_out > 0)
    ]
    said = [payment for payment in payments if line.pence > 0 and _is_said_to_be_back(payment)]
    return next((each for each in (payments, some, said) if each and _sum(each) == abs(line.pence)), ())


def _is_said_to_be_back(payment: OfOurs) -> bool:
    """Whether it counts as come back on the word of others than a statement."""
    return payment.state == "returned" and all(booking.went_out for booking in payment.counted)


def _sum(payments: Sequence[OfOurs]) -> int:
    return sum(payment.pence for payment in payments)
