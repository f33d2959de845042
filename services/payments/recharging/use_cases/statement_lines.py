"""The lines of a statement, and both sides' figures (NET-03)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy import delete as sql_delete

from services.payments.recharging import tables
from services.payments.recharging.domain.statements import PAID
from services.payments.recharging.use_cases import recharges
from shared.db import Transaction, one_of
from shared.events.lines import StatementLine

Lines = dict[UUID, int]


def worth(recharge: Row[Any]) -> int:
    """Pence that it counts for: 0 once it is refused."""
    return 0 if recharge.state == "refused" else recharges.amounts_of(recharge).total


async def recharges_between(tx: Transaction, statement: Row[Any], keys: Mapping[UUID, int]) -> dict[UUID, Row[Any]]:
    """Those of our recharges with this organisation that the lines name."""
    table = tables.recharges
    direction = "raised" if statement.direction == "issued" else "received"
    with_them = (table.c.direction == direction) & (table.c.organisation == statement.organisation)
    rows = await tx.all(select(table).where(with_them, one_of(table.c.recharge_id, keys)).order_by(table.c.recharge_id))
    return {row.recharge_id: row for row in rows}


async def stated_elsewhere(
    tx: Transaction, direction: str, organisation: str, keys: Iterable[UUID], but: UUID | None = None
) -> Lines:
    """What our statements with this organisation hold for these recharges; but: without this one."""
    lines, statements = tables.statement_lines, tables.statements
    with_them = (
        (statements.c.direction == direction)
        & (statements.c.organisation == organisation)
        & statements.c.id.is_distinct_from(but)
    )
    rows = await tx.all(
        select(lines.c.recharge_id, func.sum(lines.c.ours_pence).label("pence"))
        .join(statements, statements.c.id == lines.c.statement_id)
        .where(with_them, one_of(lines.c.recharge_id, keys))
        .group_by(lines.c.recharge_id)
    )
    return {row.recharge_id: int(row.pence) for row in rows}


async def on_unpaid_statements(tx: Transaction, organisation: str, keys: Iterable[UUID]) -> set[UUID]:
    """Which of our recharges are on statements that this host has not paid."""
    lines, statements = tables.statement_lines, tables.statements
    unpaid = statements.c.state.not_in(PAID) & (statements.c.direction == "issued")
    rows = await tx.all(
        select(lines.c.recharge_id)
        .join(statements, statements.c.id == lines.c.statement_id)
        .where(unpaid, statements.c.organisation == organisation, one_of(lines.c.recharge_id, keys))
    )
    return {row.recharge_id for row in rows}


async def our_lines(tx: Transaction, statement: Row[Any]) -> Lines:
    lines = tables.statement_lines
    rows = await tx.all(select(lines).where(lines.c.statement_id == statement.id).order_by(lines.c.recharge_id))
    return {row.recharge_id: row.ours_pence for row in rows}


async def their_lines(tx: Transaction, statement: Row[Any]) -> Lines:
    lines = tables.statement_lines
    rows = await tx.all(select(lines).where(lines.c.statement_id == statement.id).order_by(lines.c.recharge_id))
    return {row.recharge_id: row.theirs_pence or 0 for row in rows}


async def write_lines(tx: Transaction, statement: Row[Any], ours: Lines, theirs: Lines | None = None) -> None:
    """Replaces the lines. theirs: None until the other side has answered; ignores a line of theirs that is not ours."""
    lines = tables.statement_lines
    before = await tx.all(sql_delete(lines).where(lines.c.statement_id == statement.id).returning(lines.c.recharge_id))
    if statement.direction == "issued" and before:  # what a line no longer asks for comes on the next statement
        table = tables.recharges
        mine = (table.c.direction == "raised") & (table.c.organisation == statement.organisation)
        await tx.execute(
            update(table)
            .where(mine, one_of(table.c.recharge_id, [row.recharge_id for row in before]))
            .values(stated_version=0)
        )
    said = theirs or {}
    for key in sorted(ours.keys() | said.keys()):
        values = {"ours_pence": ours.get(key, 0), "theirs_pence": None if theirs is None else said.get(key, 0)}
        await tx.execute(insert(lines).values(statement_id=statement.id, recharge_id=key, **values))


def as_event(lines: Lines) -> tuple[StatementLine, ...]:
    return tuple(StatementLine(recharge_id=key, pence=pence) for key, pence in sorted(lines.items()))


def summed_lines(lines: Sequence[StatementLine]) -> Lines:
    """If a recharge is listed twice in a statement, it asks for both together, which is more than was accepted."""
    summed: Lines = {}
    for line in lines:
        summed[line.recharge_id] = summed.get(line.recharge_id, 0) + line.pence
    return summed
