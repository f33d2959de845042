"""What the lines of the account's statement come to (PAY-12): sorted out in the same way for the page and for the
button, then booked as they were sorted."""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select

from services.payments.bank_details.gateways.vault import Vault
from services.payments.bank_statements.domain import bank_lines
from services.payments.bank_statements.domain.bank_lines import WHY_NEAR, BankLine, OfOurs
from services.payments.bank_statements.domain.matching import WAITS, Booked, Matching, match
from services.payments.bank_statements.domain.whole_runs import what_it_may_be
from services.payments.bank_statements.use_cases import bookings, unnamed
from services.payments.bank_statements.use_cases.our_transfers import Beside, beside, transfers_with_bookings
from services.payments.bank_statements.use_cases.unnamed import Before
from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain import bank_reasons
from services.payments.paying.domain import endings
from services.payments.paying.use_cases import paid_all_the_same, taken_out
from services.payments.paying.use_cases.endings import Ended, end_payments
from services.payments.paying.use_cases.facts import facts_of, locked_payments, with_their_runs
from services.payments.paying.use_cases.runs import person_of
from shared.db import Transaction, new_id, one_of

# Sorting out


@dataclass(frozen=True, slots=True)
class Read:
    """One line, and what it comes to: "paid", "returned", "loss-back", "own" (waits for a second person), a word of
    WHY_NEAR (a person chooses), "known" (noted before), "seen" (names nothing and is on an earlier statement: it
    waits there, or was decided), or "other" (not about our payments). A line of several payments has the most
    urgent; booked: what each of them comes to."""

    line: BankLine
    what: str
    payments: Sequence[OfOurs] = field(default=())
    named: Sequence[OfOurs] = field(default=())
    """Those that it names, directly or through their file, whatever it comes to."""
    booked: Sequence[Booked] = field(default=())
    kept: Set[UUID] = field(default=frozenset())
    """PAY-12: payments that come back and are not owed again, since their owner keeps another one of the same money."""
    runs: Sequence[UUID] = ()
    """PAY-12: if it names nothing, the runs that it may have paid, or paid again, by its sum. If it is "known", the run
    whose debit it is."""

    @property
    def is_near(self) -> bool:
        return self.what not in ("own", "other", "seen", *COUNT)

    def of(self, fate: str) -> list[OfOurs]:
        return [each.payment for each in self.booked if each.fate == fate]


COUNT = ("paid", "returned", "loss-back", "known")
"""What bookings come to that wait for nobody."""
_ENDS = ("paid", "returned", "loss-back")


@dataclass(frozen=True, slots=True)
class Sorted:
    """reads: every line, in the statement's order. waiting: what was waiting already for the same payments, and what
    it comes to now. mark: changes when the lines, or what they come to, change."""

    reads: Sequence[Read]
    waiting: Sequence[Booked]
    rows: dict[UUID, Row[Any]]
    payees: dict[UUID, UUID]
    mark: str
    kept: Set[UUID] = field(default=frozenset())
    """As of Read, of all its lines and of what was waiting."""

    def lines(self, what: str) -> list[BankLine]:
        return [read.line for read in self.reads if read.what == what]

    @property
    def stay_paid(self) -> int:
        """How many of the payments that come back are not owed again."""
        before = sum(each.fate == "returned" and each.payment.id in self.kept for each in self.waiting)
        return before + sum(len(read.kept) for read in self.reads)

    @property
    def tells_people(self) -> bool:
        """Whether anybody hears that they are paid, or that money did not reach them."""
        return bool(self.number("paid")) or self.number("returned") > self.stay_paid

    def number(self, what: str) -> int:
        """How many payments are paid or come back; a line may be several."""
        return sum(len(read.of(what)) for read in self.reads) + sum(each.fate == what for each in self.waiting)


async def sort_out(
    tx: Transaction,
    lines: Sequence[BankLine],
    said_by: set[UUID],
    waiting: Callable[[Matching, Beside], Sequence[BankLine]],
    said: str = "",
    *,
    lock: bool,
    seen: Mapping[int, Before] = MappingProxyType({}),
    others: Mapping[int, Set[UUID]] = MappingProxyType({}),
) -> Sorted:
    """Lines wait for a second person if said_by made, sent or receives that payment; so do those in waiting. said:
    whatever else the mark covers. lock: lock the payments that they will end. seen: unnamed.seen_before(). others:
    unnamed.others_of()."""
    kept_before = {of for of, before in seen.items() if before.what == "seen"}

    def matched(near_by: Beside) -> Matching:
        def may_mean(line: BankLine, payment: OfOurs) -> bool:
            return id(line) in others and near_by.payees[payment.id] not in others[id(line)]

        return match(lines, near_by.ours, near_by.whole, kept_before, may_mean)

    near_by = await beside(tx, lines)
    matching = await asyncio.to_thread(matched, near_by)
    rows = await _locked_of(tx, matching) if lock else {}
    while lock:  # repeat: somebody may have decided between our reading and our lock
        near_by = await beside(tx, lines)
        matching = await asyncio.to_thread(matched, near_by)
        if all(each.payment.id in rows for each in (*matching.booked, *matching.waiting)):
            break
        rows = await _locked_of(tx, matching)
    ends = [each for each in (*matching.booked, *matching.waiting) if each.fate in _ENDS]
    if not lock and ends:
        which = one_of(owing_tables.payments.c.id, sorted({each.payment.id for each in ends}))
        rows = {row.id: row for row in await tx.all(with_their_runs(which))}

    def is_theirs(each: Booked) -> bool:
        facts = [facts_of(rows[each.payment.id])]
        return any(endings.reasons_not_to_bring(facts, who, paid=each.fate == "paid") for who in said_by)

    own = {id(each.line) for each in matching.booked if each.fate in _ENDS and is_theirs(each)}
    own |= {id(line) for line in await asyncio.to_thread(waiting, matching, near_by)}
    paid = [rows[each.payment.id] for each in matching.booked if each.fate == "paid" and id(each.line) not in own]
    cannot = await paid_all_the_same.reasons_not_to_stand(tx, paid)
    booked = _as_they_can_be([_own(each) if id(each.line) in own else each for each in matching.booked], set(cannot))
    here = {each.payment.id for each in booked}
    before = [each for each in matching.waiting if each.payment.id in here]
    wait = _of_before(booked, [each for each in before if each.fate not in _ENDS or not is_theirs(each)])
    counted = [*booked, *wait]
    back = [rows[each.payment.id] for each in counted if each.fate == "returned"]
    made_good = Counter(each.payment.id for each in counted if each.fate == "loss-back")
    kept = await paid_all_the_same.kept_instead(tx, back, made_good)
    reads, mark = await asyncio.to_thread(_read_each, lines, matching, booked, near_by, wait, said, seen, kept)
    return Sorted(reads, wait, rows, near_by.payees, mark, kept)


def _read_each(
    lines: Sequence[BankLine],
    matching: Matching,
    booked: Sequence[Booked],
    near_by: Beside,
    wait: Sequence[Booked],
    said: str,
    seen: Mapping[int, Before],
    kept: Set[UUID],
) -> tuple[list[Read], str]:
    """What each line comes to, and the mark of all of it."""
    of_line: dict[int, list[Booked]] = {}
    for each in booked:
        of_line.setdefault(id(each.line), []).append(each)
    near = {id(line): why for line, why in matching.near}
    reads = []
    for line in lines:
        theirs = of_line.get(id(line), [])
        what = near.get(id(line)) or _most_urgent([each.fate for each in theirs])
        named = bank_lines.named_in(line, near_by.ours)
        before = None if named else seen.get(id(line))
        if before and (what == "other" or (what in WHY_NEAR and before.what == "seen")):
            what = before.what
        stay = {each.payment.id for each in theirs if each.fate == "returned"} & kept
        runs = {run.id for run, _ in what_it_may_be(line, near_by.whole)}
        ids = {each.payment.id for each in theirs}
        is_debit = [] if named else [run.id for run in near_by.whole if {each.id for each in run.payments} == ids]
        runs = sorted(runs) if what == "same-sum" else is_debit
        reads.append(Read(line, what, [each.payment for each in theirs], named, theirs, stay, runs))
    return reads, _mark_of(reads, wait, said)


async def _locked_of(tx: Transaction, matching: Matching) -> dict[UUID, Row[Any]]:
    ids = sorted({each.payment.id for each in (*matching.booked, *matching.waiting)})
    found = await locked_payments(tx, one_of(owing_tables.payments.c.id, ids)) if ids else []
    return {row.id: row for row in found}


def _own(each: Booked) -> Booked:
    return replace(each, fate="own") if each.fate in _ENDS else each


def _as_they_can_be(booked: Sequence[Booked], cannot: set[UUID]) -> list[Booked]:
    """PAY-12: a payment that was paid again since (cannot) is not paid by this line: a person looks at it, unless it
    came back."""
    back = {each.payment.id for each in booked if each.fate == "returned"} & cannot
    fates = {"paid": "went-out"}
    return [
        replace(each, fate="known")
        if each.payment.id in back and each.fate in ("paid", "returned")
        else replace(each, fate=fates.get(each.fate, each.fate))
        if each.payment.id in cannot
        else each
        for each in booked
    ]


def _of_before(booked: Sequence[Booked], waiting: Sequence[Booked]) -> list[Booked]:
    """PAY-12: bookings that were waiting, of payments that lines here book. They count by themselves if their file
    settles it, a statement shows the payment leaving, and nothing here waits for a second person; otherwise somebody
    looks at them."""
    unsure = {each.payment.id for each in booked if each.fate not in COUNT}
    went_out = {each.payment.id for each in booked if each.line is not None and each.line.pence < 0}
    found = []
    for each in waiting:
        sure = each.booking is not None and each.booking.is_sure and each.payment.id not in unsure
        sure &= each.payment.was_seen or each.payment.id in went_out
        by_itself = each.fate in ("known", "loss-back") or (each.fate == "returned" and sure)
        found.append(each if by_itself or each.fate not in _ENDS else replace(each, fate="own"))
    return [each for each in found if each.fate != "known" or each.payment.id not in unsure]


def _most_urgent(fates: Sequence[str]) -> str:
    return next((fate for fate in (*WAITS, "own", *COUNT) if fate in fates), "other")


def _mark_of(reads: Sequence[Read], waiting: Sequence[Booked], said: str) -> str:
    shown = [
        [
            str(each.line.day),
            each.line.pence,
            each.line.text,
            each.what,
            sorted(f"{booked.payment.id} {booked.fate}" for booked in each.booked),
            sorted(str(payment_id) for payment_id in each.kept),
        ]
        for each in reads
    ]
    before = sorted(f"{each.booking.id} {each.fate}" for each in waiting if each.booking is not None)
    return hashlib.sha256(json.dumps([said, shown, before]).encode()).hexdigest()[:32]


async def book(tx: Transaction, found: Sorted, statement_id: UUID | None = None) -> None:
    """Books what is certain: first the losses that came back and the payments made, for these may come back on the
    same statement. Writes down every booking, whatever it comes to."""
    rows = found.rows
    booked = [each for read in found.reads for each in read.booked]
    lines = {id(each): _line_of_before(each) for each in found.waiting}
    for each in (*booked, *found.waiting):
        if each.fate == "loss-back":
            mine = owing_tables.payments.c.id == each.payment.id
            [row] = await locked_payments(tx, mine)
            await paid_all_the_same.note_loss_came_back(tx, row)
            rows = rows | {row.id: row for row in await locked_payments(tx, mine)}
    back = {each.payment.id for each in (*booked, *found.waiting) if each.fate == "returned"} - found.kept
    for what in ("paid", "returned"):
        of_before = [each for each in found.waiting if each.fate == what]
        ends = [(rows[each.payment.id], each.line) for each in booked if each.fate == what and each.line is not None]
        ends += [(rows[each.payment.id], lines[id(each)]) for each in of_before]
        ended = [replace(ended_by(row, line, what), comes_back=row.id in back) for row, line in ends]
        await end_payments(tx, ended, "statement", statement_id)
        if ends:
            again = one_of(owing_tables.payments.c.id, [row.id for row, _ in ends])
            rows = rows | {row.id: row for row in await locked_payments(tx, again)}
    await bookings.show(tx, booked, statement_id)
    await bookings.count(tx, [each for each in booked if each.fate in COUNT], statement_id)
    await bookings.settle(
        tx, found.waiting, {each.id: person_of(tx) for each in (one.payment for one in found.waiting)}
    )


async def settle_waiting(tx: Transaction, which: Any) -> None:
    """PAY-12: decides again about what waits for these payments, now that we know more. which: a condition on
    payments. Anything that says nothing new is noted under whoever said the rest; anything that ends a payment waits
    for a second person."""
    payments, table = owing_tables.payments, owing_tables.bank_bookings
    waits = select(table.c.id).where(table.c.payment_id == payments.c.id, table.c.state == "waits").exists()
    await tx.execute(select(payments.c.id).where(which, waits).order_by(payments.c.id).with_for_update())
    ours = (await transfers_with_bookings(tx, which & waits)).ours
    if not ours:
        return
    rows = await tx.all(select(payments).where(one_of(payments.c.id, [each.id for each in ours])))
    said_by = {row.id: tx.actor.id or row.ended_by or row.settled_by for row in rows}
    found = [
        replace(each, fate="own") if each.fate in _ENDS else each
        for each in (await asyncio.to_thread(match, [], ours)).waiting
    ]
    await bookings.settle(tx, found, said_by)


def _line_of_before(each: Booked) -> BankLine:
    assert each.booking is not None
    return BankLine(each.booking.day, each.payment.pence if not each.booking.went_out else -each.payment.pence, "")


def ended_by(payment: Row[Any], line: BankLine, what: str) -> Ended:
    if what == "paid":
        return Ended(payment, "paid")
    code = bank_reasons.code_in(line.text) if line.code in bank_reasons.UNSAID else line.code
    asks_payee = code in bank_reasons.PAYEE_REASONS
    state = "returned" if payment.state == "paid" or owing.times_lost(payment) else "rejected"
    return Ended(
        payment, state, code if asks_payee else "came-back", asks_payee=asks_payee, said=line.said, day=line.day
    )


# Kept for a person


async def keep_debits(tx: Transaction, statement_id: UUID, reads: Sequence[Read], vault: Vault) -> None:
    """PAY-12: keeps the lines without a name that are the debits of paid runs and payments, so that each is one line
    only on later statements."""
    for read in reads:
        if read.what == "known" and read.line.pence < 0 and not read.named:
            sealed = {**_sealed(statement_id, read, vault), "because": "same-sum", "state": "chosen"}
            over = {"payment_id": read.payments[0].id, "decided_by": person_of(tx)}
            await tx.execute(insert(owing_tables.bank_entries).values(**sealed, **over))


def _sealed(statement_id: UUID, read: Read, vault: Vault) -> dict[str, Any]:
    """A row of bank_entries for this line, with its words sealed."""
    entry_id, line = new_id(), read.line
    kept = {"text": line.text[:500], "said": line.said, "reference": line.reference[:50], "currency": line.currency}
    sealed = vault.seal(json.dumps(kept).encode(), entry_id)
    return {
        "id": entry_id,
        "statement_id": statement_id,
        "day": line.day,
        "pence": line.pence,
        "state": "near",
        "because": read.what,
        "bookings_kept": True,
        "may_be_runs": sorted(read.runs),
        "code": line.code[:35],
        "key_id": sealed.key_id,
        "sealed": sealed.content,
    }


async def keep_near(tx: Transaction, statement_id: UUID, near: Sequence[Read], vault: Vault) -> None:
    """Seals the words of a line, which may name anybody. Keeps with it what it says of the payments that it names. A
    line that waits already from another statement is not kept again."""
    rows, named = [], []
    others = await unnamed.others_of(tx, [read.line for read in near if not read.named], vault)
    for read in await bookings.not_kept_before(tx, near):
        row, line = _sealed(statement_id, read, vault), read.line
        of = [each.payment for each in read.booked if each.fate not in COUNT and each.booking is None]
        about = of[0].id if read.what == "went-out" else None
        rows.append({**row, "about_payment_id": about, "not_about": sorted(others.get(id(line), ()))})
        named.append((row["id"], statement_id, line, of or read.named, bool(of)))
    if rows:
        await tx.execute(insert(owing_tables.bank_entries), rows)
        await bookings.wait(tx, named)
        sums = [-row["pence"] for row in rows if row["because"] == "same-sum"]
        await taken_out.say_of_sums(tx, sums)
