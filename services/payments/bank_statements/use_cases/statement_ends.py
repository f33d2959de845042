"""What ends of a statement without anybody booking it (PRI-04, PAY-12): a file that was brought and not confirmed, a
line that is known by now."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, update

from services.payments.bank_details.gateways.vault import Vault
from services.payments.bank_statements import tables
from services.payments.bank_statements.domain import bank_lines
from services.payments.bank_statements.use_cases.bank_statements import ONE_AT_A_TIME, not_read
from services.payments.bank_statements.use_cases.statement_lines import beside, end_waiting, keep_waiting, line_of
from services.payments.owing import tables as owing_tables
from services.payments.paying.use_cases.runs import person_of
from services.payments.rows import ids_in
from shared.db import Transaction
from shared.messaging import steps


async def throw_away(tx: Transaction, statement_id: UUID) -> None:
    """Who brought it deletes it. Nothing of it was written down, so nothing else changes; it can be brought again.
    Raises Missing, or Refused."""
    await tx.execute(ONE_AT_A_TIME)
    await not_read(tx, statement_id, person_of(tx))
    await tx.execute(delete(tables.bank_statements).where(tables.bank_statements.c.id == statement_id))
    await steps.add(tx, "bank-statement-thrown-away", about=statement_id)


async def forget_unread(tx: Transaction, days: int) -> None:
    """PRI-04: files that nobody confirmed within so many days, as the page told who brought them."""
    await tx.execute(ONE_AT_A_TIME)
    table = tables.bank_statements
    old = (table.c.state == "to-map") & (table.c.given_at < tx.now - timedelta(days=days))
    gone = await tx.all(delete(table).where(old).returning(table.c.id))
    await steps.add_all(tx, "bank-statement-forgotten", [(row.id, {}) for row in gone])


async def settle_what_is_known(tx: Transaction, vault: Vault) -> None:
    """PAY-12: money that came in before anybody had seen it go out, of a payment that a person has since said came back
    or was not paid; and what went out, where somebody has decided about the same line of another statement: there is
    nothing left to decide. It is written down as that payment's, by who said so."""
    await _keep_bookings_of_before(tx, vault)
    await _settle_what_was_decided_elsewhere(tx)
    entries, payments = owing_tables.bank_entries, owing_tables.payments
    unseen = select(entries).where(entries.c.state == "near", entries.c.because == "unseen").order_by(entries.c.id)
    rows = await tx.all(unseen.with_for_update(skip_locked=True))
    if not rows:
        return
    lines = [line_of(row, vault) for row in rows]
    ours = (await beside(tx, lines)).ours
    said_by = {
        row.id: row.ended_by
        for row in await tx.all(
            select(payments.c.id, payments.c.ended_by).where(payments.c.id.in_({each.id for each in ours}))
        )
    }
    for row, line in zip(rows, lines, strict=True):
        payment = bank_lines.settled_since(line, ours)
        if payment is not None and said_by[payment.id] is not None:
            values = {"state": "chosen", "payment_id": payment.id, "decided_by": said_by[payment.id]}
            await tx.execute(update(entries).where(entries.c.id == row.id).values(**values))
            await end_waiting(tx, [row.id])
            await steps.add(tx, "bank-line-known", about=row.id, payment_id=payment.id)


OF_BEFORE = 200
"""Lines that a program before this one kept, each time."""


async def _keep_bookings_of_before(tx: Transaction, vault: Vault) -> None:
    """What lines say of the payments that they name, where the program that kept them did not write it down."""
    entries = owing_tables.bank_entries
    old = select(entries).where(entries.c.state == "near", ~entries.c.bookings_kept).order_by(entries.c.id)
    rows = await tx.all(old.limit(OF_BEFORE).with_for_update(skip_locked=True))
    if not rows:
        return
    lines = [line_of(row, vault) for row in rows]
    ours = (await beside(tx, lines)).ours
    named = [
        (row.id, row.statement_id, line, bank_lines.named_in(line, ours)) for row, line in zip(rows, lines, strict=True)
    ]
    await keep_waiting(tx, named)
    kept = ids_in(entries.c.id, [row.id for row in rows])
    await tx.execute(update(entries).where(kept).values(bookings_kept=True))


async def _settle_what_was_decided_elsewhere(tx: Transaction) -> None:
    entries, decided = owing_tables.bank_entries, owing_tables.bank_entries.alias()
    same = (
        (decided.c.payment_id == entries.c.about_payment_id)
        & (decided.c.day == entries.c.day)
        & (decided.c.pence == entries.c.pence)
    )
    elsewhere = (decided.c.state == "chosen") & (decided.c.statement_id != entries.c.statement_id)
    found = (
        select(entries, decided.c.decided_by.label("by"))
        .join(decided, same & elsewhere)
        .where(entries.c.state == "near", entries.c.because == "went-out")
    )
    for row in await tx.all(found.order_by(entries.c.id).with_for_update(of=entries, skip_locked=True)):
        values = {"state": "chosen", "payment_id": row.about_payment_id, "decided_by": row.by}
        await tx.execute(update(entries).where(entries.c.id == row.id).values(**values))
        await steps.add(tx, "bank-line-known", about=row.id, payment_id=row.about_payment_id)
        await end_waiting(tx, [row.id])
