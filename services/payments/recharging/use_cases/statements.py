"""The month's statement (NET-03): issued by the home organisation, compared line by line by the host, paid, and
confirmed when the money has come in.

A month's statement holds everything raised until its end that is on no other statement. A recharge belongs to the
month in which its newest version was raised, so that a late payment is never missed. For lines that were agreed
before, a later statement holds only differences. If what we paid comes back after the host has paid us, a later
statement asks for that much less: its other lines ask for less than their recharges, so that both ledgers come out even
and the host agrees, whatever program it runs. Totals come from the lines, never from the other side.
"""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, insert, select, text, update

from services.payments.ledger.use_cases import ledger
from services.payments.recharging import queries, tables
from services.payments.recharging.domain import recharges as recharge_rules
from services.payments.recharging.domain import statements as rules
from services.payments.recharging.domain.statements import OPEN, PAID, TO_PAY, StatementState
from services.payments.recharging.use_cases import copies, recharges
from services.payments.recharging.use_cases.statement_lines import (
    Lines,
    as_event,
    on_unpaid_statements,
    our_lines,
    recharges_between,
    stated_elsewhere,
    summed_lines,
    their_lines,
    worth,
    write_lines,
)
from services.payments.register import queries as register
from services.payments.rows import locked
from shared.clock import london_datetime
from shared.db import Transaction, new_id, one_of
from shared.events import network
from shared.events.payments import StatementAnswered, StatementIssued
from shared.messaging import outbox, steps
from shared.reasons import Missing, reasons_to_look_again, refuse

_TO_STATE = text("direction = 'raised' AND state <> 'refused' AND stated_version < version")
"""Exactly the condition of the index ix_recharges_to_state."""


# As home


async def issue_statements(tx: Transaction) -> None:
    """From the first day of a month: sends each host in the network everything raised until then that is on no
    statement. Looks only at what can have changed since (index ix_recharges_to_state), however much was settled
    before."""
    month, until = rules.month_before(tx.today)
    table = tables.recharges
    until_then = (table.c.raised_at < london_datetime(until, 0)) & copies.is_reached(table.c.organisation)
    waiting = and_(_TO_STATE, until_then)
    for host in (
        (await tx.execute(select(table.c.organisation).where(waiting).distinct().order_by(table.c.organisation)))
        .scalars()
        .all()
    ):
        await recharges.one_at_a_time(tx, host)
        due, credit = await _due(tx, host, until)
        asked = recharge_rules.less_credit({key: pence for key, pence in due.items() if pence > 0}, credit)
        for part in rules.in_statements(sorted(asked.items())):
            await _issue(tx, host, month, dict(part))
        stated = [key for key, pence in due.items() if pence == asked.get(key, 0)]
        await tx.execute(
            update(table)
            .where(_TO_STATE, table.c.organisation == host, one_of(table.c.recharge_id, stated))
            .values(stated_version=table.c.version)
        )


async def _due(tx: Transaction, host: str, until: date) -> tuple[Lines, int]:
    """What each recharge that may not be on statements as it is now still adds to them, and how much of what the host
    has paid we paid to nobody in the end. On statements that it has not paid that mends itself: they follow the
    recharges."""
    table = tables.recharges
    waiting = and_(_TO_STATE, table.c.raised_at < london_datetime(until, 0), table.c.organisation == host)
    rows = await tx.all(select(table).where(waiting).order_by(table.c.recharge_id))
    keys = [row.recharge_id for row in rows]
    stated = await stated_elsewhere(tx, "issued", host, keys)
    due = {row.recharge_id: worth(row) - stated.get(row.recharge_id, 0) for row in rows}
    unpaid = await on_unpaid_statements(tx, host, keys)
    return due, -sum(pence for key, pence in due.items() if pence < 0 and key not in unpaid)


async def _issue(tx: Transaction, host: str, month: str, lines: Lines) -> None:
    statement_id = new_id()
    values = {
        "id": statement_id,
        "direction": "issued",
        "organisation": host,
        "statement_id": statement_id,
        "version": 1,
        "month": month,
    }
    row = await tx.one(
        insert(tables.statements)
        .values(state=StatementState.ISSUED, issued_at=tx.now, **values)
        .returning(tables.statements),
    )
    await write_lines(tx, row, lines)
    await _publish(tx, row, lines)


async def follow_recharges(tx: Transaction) -> None:
    """The lines of a statement that is not agreed follow the recharges: if these were lowered, refused or raised
    since, it is issued again."""
    table = tables.statements
    still_open = select(table).where(
        table.c.direction == "issued", table.c.state.in_(OPEN), copies.is_reached(table.c.organisation)
    )
    for found in await tx.all(still_open.order_by(table.c.organisation, table.c.id)):
        await recharges.one_at_a_time(tx, found.organisation)
        statement = await locked(tx, table, found.id)
        if statement.state in OPEN:
            before = await our_lines(tx, statement)
            now = await _lines_of_home(tx, statement, before)
            if not recharge_rules.same_lines(before, now):
                await _issue_again(tx, statement, now)


async def _lines_of_home(tx: Transaction, statement: Row[Any], before: Lines) -> Lines:
    """What the recharges on this statement add to it now; before: its lines, of which those of 0 pence are the other
    side's alone."""
    rows = await recharges_between(tx, statement, {key: pence for key, pence in before.items() if pence})
    elsewhere = await stated_elsewhere(tx, "issued", statement.organisation, rows, but=statement.id)
    now = {key: recharge_rules.line_of_home(worth(row), elsewhere.get(key, 0)) for key, row in rows.items()}
    due, credit = await _due(tx, statement.organisation, rules.month_after(statement.month))
    taken = sum(pence for key, pence in due.items() if pence > 0 and key not in rows)
    return recharge_rules.less_credit(now, max(credit - taken, 0))


async def _issue_again(tx: Transaction, statement: Row[Any], lines: Lines) -> None:
    table = tables.statements
    again = (
        update(table)
        .where(table.c.id == statement.id)
        .values(version=statement.version + 1, state=StatementState.ISSUED)
    )
    row = await tx.one(again.returning(table))
    await write_lines(tx, row, lines)
    await _publish(tx, row, lines)


async def _publish(tx: Transaction, statement: Row[Any], lines: Lines) -> None:
    event = StatementIssued(
        version=statement.version,
        to=statement.organisation,
        statement_id=statement.statement_id,
        month=statement.month,
        lines=as_event(lines),
        total_pence=sum(lines.values()),
    )
    await outbox.add(tx, event)
    facts = {
        "version": statement.version,
        "lines": len(lines),
        "pence": sum(lines.values()),
        "month": statement.month,
        "host": statement.organisation,
    }
    await steps.add(tx, "statement-issued", about=statement.id, **facts)


async def hear_answer(tx: Transaction, event: network.StatementAnswered) -> None:
    """Keeps the host's own lines beside ours. If it says that it paid, its figures are final: the rest comes on the
    next statement."""
    await recharges.one_at_a_time(tx, event.origin)
    table = tables.statements
    mine = (table.c.id == event.statement_id) & (table.c.direction == "issued") & (table.c.organisation == event.origin)
    statement = await tx.first(select(table).where(mine).with_for_update())
    if statement is None or statement.answer_version >= event.version or statement.state in PAID:
        await steps.add(
            tx, "statement-answer-left", about=event.statement_id, origin=event.origin, version=event.version
        )
        return
    ours, theirs = await our_lines(tx, statement), summed_lines(event.lines)
    state = rules.state_after_answer(
        StatementState(statement.state), event.state, recharge_rules.same_lines(ours, theirs)
    )
    if state is StatementState.SETTLED:
        known = await recharges_between(tx, statement, theirs)
        ours = {key: pence for key, pence in theirs.items() if key in known and pence}
    await write_lines(tx, statement, ours, theirs)  # first, as they stand once it is settled
    await tx.execute(update(table).where(table.c.id == statement.id).values(state=state, answer_version=event.version))
    await steps.add(
        tx, f"statement-{state}", about=statement.id, pence=sum(ours.values()), theirs_pence=sum(theirs.values())
    )


async def take_their_figures(tx: Transaction, statement_id: UUID) -> str:
    """Finance takes the host's figures: recharges with lower figures there are raised again, and the statement is
    issued again. We bear the difference."""
    statement = await _own(tx, statement_id, "issued")
    refuse(rules.reasons_not_to_answer_difference(StatementState(statement.state)))
    lines = await tx.all(select(tables.statement_lines).where(tables.statement_lines.c.statement_id == statement.id))
    ours = {line.recharge_id: line.ours_pence for line in lines if line.ours_pence}
    rows = await recharges_between(tx, statement, ours)
    for line in lines:
        less = line.ours_pence - (line.theirs_pence or 0)
        if line.recharge_id in rows and less > 0 and rows[line.recharge_id].state != "refused":
            await _lower(tx, rows[line.recharge_id], less)
    await _issue_again(tx, statement, await _lines_of_home(tx, statement, ours))
    await steps.add(tx, "their-figures-taken", about=statement.id)
    return statement.state


async def _lower(tx: Transaction, recharge: Row[Any], by_pence: int) -> None:
    attendance = await register.attendance_of(tx, recharge.attendance_id)
    most = recharges.most_for_home(attendance)
    funded = recharge_rules.to_recharge(most, recharges.amounts_of(recharge))
    now = recharge_rules.lowered_to(funded, worth(recharge) - by_pence)
    await recharges.raise_version(tx, attendance, recharge, now, most)


async def ask_again(tx: Transaction, statement_id: UUID) -> str:
    """Finance asks the host to compare again: something there was put right."""
    statement = await _own(tx, statement_id, "issued")
    refuse(rules.reasons_not_to_answer_difference(StatementState(statement.state)))
    await _issue_again(tx, statement, await _lines_of_home(tx, statement, await our_lines(tx, statement)))
    await steps.add(tx, "asked-to-compare-again", about=statement.id)
    return statement.state


async def confirm_money(tx: Transaction, statement_id: UUID) -> str:
    """As home: finance saw the host's payment in the bank."""
    statement = await _own(tx, statement_id, "issued")
    lines = await our_lines(tx, statement)
    refuse(rules.reasons_not_to_confirm(StatementState(statement.state), sum(lines.values())))
    return await _enter(tx, statement, lines, StatementState.RECEIVED)


# As host


async def hear_statement(tx: Transaction, event: network.StatementIssued) -> None:
    """NET-03: keeps their lines beside ours and answers at once. A statement that we have paid stays as we paid it,
    and we say so again."""
    await recharges.one_at_a_time(tx, event.origin)
    table = tables.statements
    statement_id = network.local_id(event.origin, event.statement_id)
    before = await tx.first(select(table).where(table.c.id == statement_id).with_for_update())
    if before is not None and before.version >= event.version:
        return
    if before is not None and before.state == StatementState.SETTLED:
        row = await tx.one(
            update(table).where(table.c.id == statement_id).values(version=event.version).returning(table)
        )
        await _say(tx, row, await our_lines(tx, row))
        return
    row = before or await _receive(tx, event, statement_id)
    values = {"version": event.version, "month": event.month, "state": StatementState.DIFFERS, "issued_at": tx.now}
    row = await tx.one(update(table).where(table.c.id == statement_id).values(**values).returning(table))
    theirs = summed_lines(event.lines)
    await _answer(tx, row, theirs, await _lines_of_host(tx, row, theirs))


async def _receive(tx: Transaction, event: network.StatementIssued, statement_id: UUID) -> Row[Any]:
    values = {
        "id": statement_id,
        "direction": "received",
        "organisation": event.origin,
        "statement_id": event.statement_id,
    }
    more = {"version": event.version, "month": event.month, "state": StatementState.DIFFERS, "issued_at": tx.now}
    return await tx.one(insert(tables.statements).values(**values, **more).returning(tables.statements))


async def compare_again(tx: Transaction) -> None:
    """Looks for what changed since a statement was compared: a recharge that came after it, a register that was put
    right."""
    table = tables.statements
    unpaid = select(table).where(
        table.c.direction == "received", table.c.state.in_(TO_PAY), copies.is_reached(table.c.organisation)
    )
    for found in await tx.all(unpaid.order_by(table.c.organisation, table.c.id)):
        await recharges.one_at_a_time(tx, found.organisation)
        statement = await locked(tx, table, found.id)
        if statement.state != StatementState.SETTLED:
            theirs = await their_lines(tx, statement)
            ours = await _lines_of_host(tx, statement, theirs)
            if ours != await our_lines(tx, statement):
                await _answer(tx, statement, theirs, ours)


async def _lines_of_host(tx: Transaction, statement: Row[Any], theirs: Lines) -> Lines:
    """Our own figure for each of their lines; a recharge that we do not know counts as 0 until it has come."""
    rows = await recharges_between(tx, statement, theirs)
    elsewhere = await stated_elsewhere(tx, "received", statement.organisation, rows, but=statement.id)
    agreed = statement.state == StatementState.AGREED
    ours = dict.fromkeys(theirs, 0)
    for key, row in rows.items():
        if row.state == "accepted":
            most = await recharges.most_for_host(tx, await register.attendance_of(tx, row.attendance_id))
            counts = recharge_rules.still_accepted(recharges.amounts_of(row), most, agreed)
            ours[key] = recharge_rules.line_of_host(theirs[key], counts, elsewhere.get(key, 0))
    return ours


async def _answer(tx: Transaction, statement: Row[Any], theirs: Lines, ours: Lines) -> None:
    state = rules.state_of_comparison(recharge_rules.same_lines(ours, theirs))
    row = await tx.one(
        update(tables.statements)
        .where(tables.statements.c.id == statement.id)
        .values(state=state)
        .returning(tables.statements)
    )
    await write_lines(tx, row, ours, theirs)
    await _say(tx, row, ours)


async def _say(tx: Transaction, statement: Row[Any], ours: Lines) -> None:
    table = tables.statements
    saying = update(table).where(table.c.id == statement.id).values(answer_version=statement.answer_version + 1)
    row = await tx.one(saying.returning(table))
    event = StatementAnswered(
        version=row.answer_version,
        to=row.organisation,
        statement_id=row.statement_id,
        state=row.state,
        lines=as_event(ours),
        total_pence=sum(ours.values()),
    )
    await outbox.add(tx, event)
    await steps.add(tx, f"statement-{row.state}", about=row.id, pence=sum(ours.values()), home=row.organisation)


async def mark_paid(tx: Transaction, statement_id: UUID) -> str:
    """As host: finance paid an agreed statement from the bank, by hand. Returns the statement's state."""
    statement = await _own(tx, statement_id, "received")
    lines = await our_lines(tx, statement)
    same = recharge_rules.same_lines(lines, await _lines_of_host(tx, statement, await their_lines(tx, statement)))
    refuse(rules.reasons_not_to_settle(StatementState(statement.state), sum(lines.values()), same))
    return await _enter(tx, statement, lines, StatementState.SETTLED)


# Both


async def still_as_shown(tx: Transaction, statement_id: UUID, mark: str) -> None:
    """NET-03: whoever says that a statement is paid, or takes the other side's figures, has seen the present
    figures: the other organisation may have sent others since. It stays locked, so nothing changes. If it was paid
    meanwhile, the act itself will say so. Raises Refused; Missing."""
    found = await tx.one(select(tables.statements).where(tables.statements.c.id == statement_id))
    await recharges.one_at_a_time(tx, found.organisation)
    statement = await locked(tx, tables.statements, statement_id)
    if statement.state == (StatementState.SETTLED if statement.direction == "received" else StatementState.RECEIVED):
        return
    refuse(reasons_to_look_again("NET-03", mark, queries.mark_of_statement(*await queries.statement(tx, statement_id))))


async def _own(tx: Transaction, statement_id: UUID, direction: str) -> Row[Any]:
    """The statement, locked with all that is between us and that organisation. Raises Missing."""
    table = tables.statements
    found = await tx.one(select(table).where(table.c.id == statement_id))
    if found.direction != direction:
        raise Missing
    await recharges.one_at_a_time(tx, found.organisation)
    return await locked(tx, table, statement_id)


async def _enter(tx: Transaction, statement: Row[Any], lines: Lines, state: StatementState) -> str:
    """The money has moved: writes the ledger and the state and, as host, tells the other side."""
    rows = await recharges_between(tx, statement, lines)
    await ledger.enter_settlement(
        tx, statement, [(rows[key].opportunity_id, pence) for key, pence in lines.items() if pence]
    )
    row = await tx.one(
        update(tables.statements)
        .where(tables.statements.c.id == statement.id)
        .values(state=state)
        .returning(tables.statements)
    )
    if state is StatementState.SETTLED:
        await _say(tx, row, lines)
    else:
        await steps.add(tx, "statement-received", about=row.id, pence=sum(lines.values()))
    return state.value
