"""A claim whose words are set aside as a safeguarding concern: those who have it answer for what its approver may not
read (FB-09, PAY-02)."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from services.payments.approving.use_cases import deciders
from services.payments.claims import tables
from services.payments.claims.domain.claims import LineKind, LineState, needs_route
from services.payments.claims.queries import claims as queries
from services.payments.claims.queries.views import ClaimView
from services.payments.claims.use_cases import records
from services.payments.receipts import tables as receipts_tables
from services.payments.safeguarding.domain import reads_set_aside, reasons_not_to_answer_for
from services.payments.safeguarding.use_cases import answer_for, is_answered_for
from shared.db import Transaction
from shared.messaging import steps
from shared.reasons import Missing, refuse


async def ways_unseen(tx: Transaction, claim: Row[Any]) -> set[UUID]:
    """PAY-02: lines of miles that need the way somebody went, which is set aside, and for which nobody has answered."""
    lines, claims = tables.lines, tables.claims
    miles = lines.c.claim_id == claim.id, lines.c.kind == LineKind.MILEAGE, lines.c.state != LineState.REMOVED
    its = select(lines.c.id, lines.c.tenths_of_miles).join(claims, claims.c.id == lines.c.claim_id).where(*miles)
    above = records.rates_of(claim).route_needed_above
    found = await tx.all(its.where(queries.words_are_set_aside(), ~is_answered_for(lines)))
    return {row.id for row in found if needs_route(row.tenths_of_miles or 0, above)}


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


async def answer(tx: Transaction, claim_id: UUID, line_id: UUID, concerns: Collection[Collection[UUID]]) -> None:
    """PAY-02, PAY-05: the miles of this line are right; or approvers see its receipt again. Never by who wrote it."""
    view = await read_set_aside(tx, claim_id, concerns)
    line = next((line for line in view.lines if line.id == line_id), None)
    if line is None or not (line.row.receipt_id or line.row.route) or tx.actor.id is None:
        raise Missing
    wrote = (await deciders.any_to_approve(tx, tables.claims.c.id == claim_id))[claim_id]
    refuse(reasons_not_to_answer_for(tx.actor.id, written_by=wrote.helpers | {wrote.claimant}))
    await answer_for(tx, claim_id, line.row.receipt_id or line.id, tx.actor.id)
