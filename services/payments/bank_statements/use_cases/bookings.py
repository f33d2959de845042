"""What the bank has booked of our payments, as we write it down (PAY-12): each booking once, whichever statements
show it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Row, case, delete, func, select, text, update

from services.payments.bank_statements.domain.bank_lines import BankLine, OfOurs, file_named
from services.payments.bank_statements.domain.matching import UNRESOLVED, WAITS, Booked
from services.payments.owing import tables as owing_tables
from services.payments.paying.use_cases import taken_out
from shared.db import Transaction, new_id, one_of
from shared.messaging import steps

if TYPE_CHECKING:
    from services.payments.bank_statements.use_cases.statement_lines import Read

_ADD = text(
    "INSERT INTO bank_bookings (id, payment_id, went_out, pence, day, nth, state, statement_id, entry_id, file,"
    " reference)"
    " SELECT said.id, payment_id, went_out, pence, day, (SELECT coalesce(max(nth), 0) FROM bank_bookings AS before"
    " WHERE (before.payment_id, before.went_out, before.pence, before.day)"
    " = (said.payment_id, said.went_out, said.pence, said.day))"
    " + row_number() OVER (PARTITION BY payment_id, went_out, pence, day ORDER BY said.id),"
    " :state, statement_id, entry_id, file, reference"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:payments AS uuid[]), CAST(:out AS boolean[]), CAST(:pence AS bigint[]),"
    " CAST(:days AS date[]), CAST(:statements AS uuid[]), CAST(:entries AS uuid[]),"
    " CAST(:files AS text[]), CAST(:references AS text[]))"
    " AS said (id, payment_id, went_out, pence, day, statement_id, entry_id, file, reference)"
)

_LEARN = text(
    "UPDATE bank_bookings SET reference = learnt.reference"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:references AS text[])) AS learnt (id, reference)"
    " WHERE bank_bookings.id = learnt.id"
)

Line = tuple[UUID | None, UUID | None, BankLine, Sequence[OfOurs], bool]
"""The entry that keeps the line, its statement, the line, the payments, and whether it is the sum of all of them."""


async def _add(tx: Transaction, lines: Sequence[Line], state: str) -> None:
    rows = [
        (entry, of, line, payment, payment.pence if whole else abs(line.pence))
        for entry, of, line, payments, whole in lines
        for payment in payments
    ]
    if rows:
        values = {
            "state": state,
            "ids": [new_id() for _ in rows],
            "payments": [payment.id for _, _, _, payment, _ in rows],
            "out": [line.pence < 0 for _, _, line, _, _ in rows],
            "pence": [pence for *_, pence in rows],
            "days": [line.day for _, _, line, _, _ in rows],
            "statements": [statement_id for _, statement_id, *_ in rows],
            "entries": [entry_id for entry_id, *_ in rows],
            "files": [file_named(line, payment) for _, _, line, payment, _ in rows],
            "references": [line.reference for _, _, line, _, _ in rows],
        }
        await tx.execute(_ADD, values)


async def wait(tx: Transaction, lines: Sequence[Line]) -> None:
    """PAY-12: writes down what waiting lines say about the payments that they name. Tells finance at once if money
    left that we do not count: nothing of that claim is paid until somebody has decided."""
    await _add(tx, lines, "waits")
    await taken_out.say_of(tx, sorted({payment.id for _, _, _, payments, _ in lines for payment in payments}))


async def not_kept_before(tx: Transaction, reads: "Sequence[Read]") -> "list[Read]":
    """Those of these lines that are not waiting already from another statement, and that nobody has decided."""
    table, entries = owing_tables.bank_bookings, owing_tables.bank_entries
    ids = sorted({payment.id for read in reads for payment in read.named})
    kept = await tx.all(
        select(table.c.payment_id, table.c.went_out, table.c.pence, table.c.day, func.count().label("number"))
        .join(entries, entries.c.id == table.c.entry_id)
        .where(one_of(table.c.payment_id, ids), entries.c.because.in_(UNRESOLVED))
        .group_by(table.c.payment_id, table.c.went_out, table.c.pence, table.c.day)
    )
    before = {(row.payment_id, row.went_out, row.pence, row.day): row.number for row in kept}
    here: Counter[Any] = Counter()
    new = []
    for read in reads:
        if read.booked:
            if any(each.booking is None and each.fate in _WAIT for each in read.booked):
                new.append(read)
            continue
        keys = [(payment.id, read.line.pence < 0, abs(read.line.pence), read.line.day) for payment in read.named]
        here.update(keys)
        if not keys or any(here[key] > before.get(key, 0) for key in keys):
            new.append(read)
    return new


_WAIT = (*WAITS, "own")


async def count(tx: Transaction, booked: Sequence[Booked], statement_id: UUID | None) -> None:
    """PAY-12: these count from now on. If one was waiting, this decides it."""
    new = [each for each in booked if each.booking is None]
    lines = [(None, statement_id, each.line, [each.payment], True) for each in new if each.line is not None]
    await _add(tx, lines, "counts")
    await _learn_references(tx, booked)
    await _end(tx, [each.booking.id for each in booked if each.booking is not None and each.booking.state == "waits"])


async def show(tx: Transaction, booked: Sequence[Booked], statement_id: UUID | None) -> None:
    """A statement shows what only the bank's answer had said: from now on it is that statement's booking."""
    table = owing_tables.bank_bookings
    for each in booked:
        if statement_id and each.booking is not None and each.booking.by_answer and each.line is not None:
            shown = {"statement_id": statement_id, "file": file_named(each.line, each.payment)}
            shown["reference"] = each.line.reference
            await tx.execute(update(table).where(table.c.id == each.booking.id).values(**shown))


async def _learn_references(tx: Transaction, booked: Sequence[Booked]) -> None:
    """The bank's own reference of a booking that another kind of statement showed without one."""
    learnt = {
        each.booking.id: each.line.reference
        for each in booked
        if each.booking is not None and each.line is not None and each.line.reference and not each.booking.reference
    }
    if learnt:
        await tx.execute(_LEARN, {"ids": list(learnt), "references": list(learnt.values())})


async def _end(tx: Transaction, booking_ids: Sequence[UUID]) -> None:
    """Makes these waiting bookings count."""
    table = owing_tables.bank_bookings
    if booking_ids:
        counted = update(table).where(one_of(table.c.id, booking_ids), table.c.state == "waits").values(state="counts")
        rows = await tx.all(counted.returning(table.c.payment_id, table.c.entry_id))
        await _close(tx, sorted({row.entry_id for row in rows}), tx.actor.id)
        await taken_out.say_of(tx, sorted({row.payment_id for row in rows}))


async def _close(tx: Transaction, entry_ids: Sequence[UUID], by: UUID | None) -> None:
    """Closes lines of which nothing waits any more. by: who decided about them."""
    entries, table = owing_tables.bank_entries, owing_tables.bank_bookings
    waits = select(table.c.id).where(table.c.entry_id == entries.c.id, table.c.state == "waits").exists()
    counted = (
        select(table.c.payment_id)
        .where(table.c.entry_id == entries.c.id, table.c.state == "counts")
        .order_by(table.c.id)
        .limit(1)
        .scalar_subquery()
    )
    over = one_of(entries.c.id, entry_ids), entries.c.state == "near", ~waits
    values = {"state": "chosen", "payment_id": counted, "decided_by": by}
    for row in await tx.all(
        update(entries).where(*over).values(**values).returning(entries.c.id, entries.c.payment_id)
    ):
        await steps.add(tx, "bank-line-known", about=row.id, payment_id=row.payment_id)


async def settle(tx: Transaction, waiting: Sequence[Booked], said_by: Mapping[UUID, UUID | None]) -> None:
    """Writes down what waiting bookings come to now; a line of several payments shows its most urgent. said_by: who
    says so, by payment; None keeps it waiting."""
    entries, table = owing_tables.bank_entries, owing_tables.bank_bookings
    for each in sorted(waiting, key=lambda each: -_WAIT.index(each.fate) if each.fate in _WAIT else 0):
        if (booking := each.booking) is None:
            continue
        by = said_by.get(each.payment.id)
        if each.fate in _WAIT:
            other = (entries.c.id == booking.entry_id) & (entries.c.because != each.fate) & (entries.c.state == "near")
            await tx.execute(update(entries).where(other).values(because=each.fate))
        elif by is not None and booking.entry_id is not None:
            await tx.execute(update(table).where(table.c.id == booking.id).values(state="counts"))
            await _close(tx, [booking.entry_id], by)
    await taken_out.say_of(tx, sorted({each.payment.id for each in waiting}))


async def decide_for_run(tx: Transaction, entry: Row[Any], payments: Sequence[OfOurs], reference: str) -> None:
    """A person said that a line that names nothing is all of these payments. What the bank's answer had said of
    them, it shows."""
    entries, ids = owing_tables.bank_entries, [payment.id for payment in payments]
    over = {"state": "chosen", "payment_id": ids[0], "decided_by": tx.actor.id}
    await tx.execute(update(entries).where(entries.c.id == entry.id, entries.c.state == "near").values(**over))
    line = BankLine(entry.day, entry.pence, "", reference=reference)
    table = owing_tables.bank_bookings
    said = {each.id: booking.id for each in payments for booking in each.counted if booking.by_answer}
    shown = {"statement_id": entry.statement_id, "entry_id": entry.id, "reference": reference}
    await tx.execute(update(table).where(one_of(table.c.id, sorted(said.values()))).values(**shown))
    new = [each for each in payments if each.id not in said]
    await _add(tx, [(entry.id, entry.statement_id, line, new, True)], "counts")
    await taken_out.say_of_sums(tx, [-entry.pence])
    await taken_out.say_of_runs(tx, entry.may_be_runs)


async def decide(
    tx: Transaction, entry: Row[Any], payment: Row[Any] | None, *, whole: bool, reference: str = ""
) -> None:
    """A person said which payment a line is, or (None) that it is none of ours. whole: that settles the line;
    otherwise it keeps waiting for its other payments."""
    entries, table, who = owing_tables.bank_entries, owing_tables.bank_bookings, tx.actor.id
    mine = (table.c.entry_id == entry.id) & (table.c.state == "waits")
    if payment is None or whole:
        chosen = payment.id if payment is not None else None
        state = case((table.c.payment_id == chosen, "counts"), else_="not-ours") if chosen else "not-ours"
        ended = update(table).where(mine).values(state=state).returning(table.c.payment_id)
        known = {row.payment_id for row in await tx.all(ended)}
        over = {"state": "chosen" if chosen else "not-ours", "payment_id": chosen, "decided_by": who}
        await tx.execute(update(entries).where(entries.c.id == entry.id).values(**over))
    else:
        ended = update(table).where(mine & (table.c.payment_id == payment.id)).values(state="counts")
        known = {row.payment_id for row in await tx.all(ended.returning(table.c.payment_id))}
        await _close(tx, [entry.id], who)
    if payment is not None and payment.id not in known:  # the line named no payment
        line = BankLine(entry.day, entry.pence, "", reference=reference)
        nth = [(entry.id, entry.statement_id, line, [_sum_of(payment)], True)]
        await _add(tx, nth, "counts")
    await taken_out.say_of(tx, sorted(known | ({payment.id} if payment is not None else set())))
    if entry.because == "same-sum":
        await taken_out.say_of_sums(tx, [-entry.pence])
        await taken_out.say_of_runs(tx, entry.may_be_runs)


def _sum_of(payment: Row[Any]) -> OfOurs:
    return OfOurs(payment.id, payment.end_to_end_id, "", payment.amount_pence, payment.state, None)


async def dismiss_unnamed(tx: Transaction, entry_ids: Sequence[UUID]) -> None:
    """Closes lines whose named payments no longer exist."""
    entries = owing_tables.bank_entries
    if entry_ids:
        over = {"state": "not-ours", "decided_by": tx.actor.id}
        await tx.execute(
            update(entries).where(one_of(entries.c.id, entry_ids), entries.c.state == "near").values(**over)
        )


async def say_again(tx: Transaction, entry_ids: Sequence[UUID]) -> None:
    table = owing_tables.bank_bookings
    rows = await tx.all(select(table.c.payment_id).where(one_of(table.c.entry_id, entry_ids)).distinct())
    await taken_out.say_of(tx, sorted(row.payment_id for row in rows))


async def wait_anew(tx: Transaction, entry: Row[Any], line: BankLine, booked: Sequence[Booked]) -> None:
    """We know by now which payments of its file a line is the sum of. If another file has shown it since, nothing of
    it waits any more. entry: with who brought it (given_by)."""
    entries, table = owing_tables.bank_entries, owing_tables.bank_bookings
    mine = table.c.entry_id == entry.id, table.c.state == "waits"
    named = [row.payment_id for row in await tx.all(delete(table).where(*mine).returning(table.c.payment_id))]
    new = [each.payment for each in booked if each.booking is None]
    over = {"state": "chosen", "payment_id": booked[0].payment.id, "decided_by": entry.given_by}
    await tx.execute(update(entries).where(entries.c.id == entry.id).values(**({"because": "own"} if new else over)))
    await wait(tx, [(entry.id, entry.statement_id, line, new, True)])
    await taken_out.say_of(tx, sorted(named))
