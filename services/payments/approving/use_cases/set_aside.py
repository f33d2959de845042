"""A claim whose words are set aside as a safeguarding concern: those who have it answer for what its approver may not
read (FB-09, PAY-02)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, select

from services.payments.approving.use_cases import deciders
from services.payments.claims import tables
from services.payments.claims.domain.claims import TO_APPROVE, LineKind, LineState, needs_route
from services.payments.claims.queries import claims as queries
from services.payments.claims.queries.views import ClaimView
from services.payments.claims.use_cases import records
from services.payments.receipts import tables as receipts_tables
from services.payments.safeguarding.domain import reads_set_aside, reasons_not_to_answer_for, who_may_answer_for
from services.payments.safeguarding.use_cases import answer_for, is_answered_for, who_have_them
from shared.db import Transaction, one_of
from shared.messaging import steps
from shared.reasons import Missing, refuse


async def ways_unseen(tx: Transaction, claim: Row[Any]) -> set[UUID]:
    """PAY-02: lines of miles that need the way somebody went, which is set aside, and for which nobody has answered."""
    return {row.line_id for row in await _ways_unseen(tx, tables.claims.c.id == claim.id)}


async def _ways_unseen(tx: Transaction, which: ColumnElement[bool], *more: ColumnElement[Any]) -> list[Row[Any]]:
    """which: of claims; more: what else of each claim."""
    lines, claims = tables.lines, tables.claims
    miles = lines.c.kind == LineKind.MILEAGE, lines.c.state.in_([LineState.READY, LineState.APPROVED])
    asked = select(claims, lines.c.id.label("line_id"), lines.c.tenths_of_miles, *more)
    its = asked.join_from(lines, claims, claims.c.id == lines.c.claim_id).where(which, *miles)
    found = await tx.all(its.where(queries.words_are_set_aside(), ~is_answered_for(lines)))
    return [row for row in found if needs_route(row.tenths_of_miles or 0, records.rates_of(row).route_needed_above)]


@dataclass(frozen=True, slots=True)
class WordWaits:
    """people: who may say if the miles of this claim are right. due_on: the day on which it should be paid."""

    claim_id: UUID
    people: frozenset[UUID]
    due_on: date | None


async def words_wanted(tx: Transaction, *which: ColumnElement[bool]) -> list[WordWaits]:
    """FB-09, PAY-02: the claims to decide whose miles wait for those who may read the way somebody went. which:
    conditions on claims."""
    claims, sharing = tables.claims, tables.claims.alias("sharing_readers")
    of_attendance = select(sharing.c.id).where(sharing.c.attendance_id == claims.c.attendance_id)
    has_it = who_have_them(of_attendance.correlate(claims)).scalar_subquery().label("has_it")
    waiting = {row.id: row for row in await _ways_unseen(tx, and_(claims.c.state.in_(TO_APPROVE), *which), has_it)}
    wrote = await deciders.to_approve(tx, one_of(claims.c.id, sorted(waiting))) if waiting else {}
    return [
        WordWaits(
            claim_id,
            who_may_answer_for([{*map(UUID, each)} for each in row.has_it], written_by=wrote[claim_id].wrote),
            row.target_day,
        )
        for claim_id, row in waiting.items()
        if None not in row.has_it
    ]


async def sharing_words(tx: Transaction, claim_id: UUID) -> set[UUID]:
    """The claims whose concerns set its words aside; Missing if they are not."""
    view = await queries.any_claim(tx, claim_id)
    if not view.row.set_aside:
        raise Missing
    return await queries.sharing_words(tx, view.row)


async def read_set_aside(tx: Transaction, claim_id: UUID, concerns: Collection[Collection[UUID]]) -> ClaimView:
    """For who has every concern about it; Missing to everyone else. concerns: who has each of them now. PRI-03: the
    reading is written down."""
    view = await queries.any_claim(tx, claim_id)
    if not view.row.set_aside or tx.actor.id is None or not reads_set_aside(tx.actor.id, concerns):
        raise Missing
    await steps.add(tx, "set-aside-read", about=claim_id)
    return view


async def read_receipt(
    tx: Transaction, claim_id: UUID, receipt_id: UUID, concerns: Collection[Collection[UUID]]
) -> Row[Any]:
    """As `read_set_aside`: a receipt of it."""
    view = await read_set_aside(tx, claim_id, concerns)
    if receipt_id not in {line.row.receipt_id for line in view.lines}:
        raise Missing
    await steps.add(tx, "receipt-read", about=receipt_id, of=view.row.participant_id)
    kept = receipts_tables.receipts
    return await tx.one(select(kept).where(kept.c.id == receipt_id))


async def answer(
    tx: Transaction,
    claim_id: UUID,
    line_id: UUID,
    concerns: Collection[Collection[UUID]],
    *,
    too_many: bool = False,
) -> None:
    """PAY-02, PAY-05: the miles of this line are right, or too many; or approvers see its receipt again. Never by who
    wrote it."""
    view = await read_set_aside(tx, claim_id, concerns)
    line = next((line for line in view.lines if line.id == line_id), None)
    if line is None or not (line.row.receipt_id or line.row.route) or tx.actor.id is None:
        raise Missing
    claim = (await deciders.any_to_approve(tx, tables.claims.c.id == claim_id))[claim_id]
    refuse(reasons_not_to_answer_for(tx.actor.id, written_by=claim.wrote))
    too_many &= line.row.receipt_id is None
    await answer_for(tx, claim_id, line.row.receipt_id or line.id, tx.actor.id, too_many=too_many)
