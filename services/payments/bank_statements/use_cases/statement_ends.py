"""How parts of a statement end without being booked (PRI-04, PAY-12): a file that nobody confirmed, a line that is
known by now."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, update

from services.payments.bank_details.gateways.vault import Vault
from services.payments.bank_statements import tables
from services.payments.bank_statements.domain import bank_lines
from services.payments.bank_statements.domain.matching import match
from services.payments.bank_statements.use_cases import bookings
from services.payments.bank_statements.use_cases.bank_statements import ONE_AT_A_TIME, not_read
from services.payments.bank_statements.use_cases.our_transfers import beside
from services.payments.bank_statements.use_cases.statement_lines import settle_waiting
from services.payments.bank_statements.use_cases.unnamed import line_of
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain.leaving import TRANSFER
from services.payments.paying.use_cases.runs import person_of
from shared.db import Transaction, one_of
from shared.messaging import steps


async def throw_away(tx: Transaction, statement_id: UUID) -> None:
    """Who brought it deletes it. Nothing was recorded from it, so nothing else changes, and it can be brought again.
    Raises Missing, or Refused."""
    await tx.execute(ONE_AT_A_TIME)
    await not_read(tx, statement_id, person_of(tx))
    await tx.execute(delete(tables.bank_statements).where(tables.bank_statements.c.id == statement_id))
    await steps.add(tx, "bank-statement-thrown-away", about=statement_id)


async def forget_unread(tx: Transaction, days: int) -> None:
    """PRI-04: deletes files that nobody confirmed within this many days, as the page announced."""
    await tx.execute(ONE_AT_A_TIME)
    table = tables.bank_statements
    old = (table.c.state == "to-map") & (table.c.given_at < tx.now - timedelta(days=days))
    gone = await tx.all(delete(table).where(old).returning(table.c.id))
    await steps.add_all(tx, "bank-statement-forgotten", [(row.id, {}) for row in gone])


async def settle_what_is_known(tx: Transaction, vault: Vault) -> None:
    """PAY-12: closes waiting lines that say nothing new since somebody decided otherwise. They are noted under that
    payment and that person."""
    await tx.execute(ONE_AT_A_TIME)
    await _keep_bookings_of_before(tx, vault)
    await _read_files_again(tx, vault)
    await settle_waiting(tx, owing_tables.payments.c.method == TRANSFER)


OF_BEFORE = 200
"""How many waiting lines are read again each time."""


async def _read_files_again(tx: Transaction, vault: Vault) -> None:
    """Lines that name a whole file and did not have the sum of its payments: they may, now that some were refused or
    are out."""
    entries, statements = owing_tables.bank_entries, tables.bank_statements
    brought = select(entries, statements.c.given_by).join(statements, statements.c.id == entries.c.statement_id)
    waiting = brought.where(entries.c.state == "near", entries.c.because == "file").order_by(entries.c.id)
    rows = await tx.all(waiting.limit(OF_BEFORE).with_for_update(of=entries, skip_locked=True))
    lines = [line_of(row, vault) for row in rows]
    ours = (await beside(tx, lines)).ours if lines else []
    for row, line in zip(rows, lines, strict=True):
        if booked := match([line], ours).booked:
            await bookings.wait_anew(tx, row, line, booked)


async def _keep_bookings_of_before(tx: Transaction, vault: Vault) -> None:
    """Writes down what lines say of the payments that they name, for lines kept by a program before this one."""
    entries = owing_tables.bank_entries
    old = select(entries).where(entries.c.state == "near", ~entries.c.bookings_kept).order_by(entries.c.id)
    rows = await tx.all(old.limit(OF_BEFORE).with_for_update(skip_locked=True))
    if not rows:
        return
    lines = [line_of(row, vault) for row in rows]
    ours = (await beside(tx, lines)).ours
    named = [
        (row.id, row.statement_id, line, bank_lines.named_in(line, ours), False)
        for row, line in zip(rows, lines, strict=True)
    ]
    await bookings.wait(tx, named)
    kept = one_of(entries.c.id, [row.id for row in rows])
    await tx.execute(update(entries).where(kept).values(bookings_kept=True))
