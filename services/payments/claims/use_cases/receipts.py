"""Receipts (PAY-05): a line that needs one waits for it; it is refused only if its owner says that there is none, or
its last day has passed."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from services.payments.claims import tables
from services.payments.claims.domain import claims as rules
from services.payments.claims.domain import thanks
from services.payments.claims.domain.claims import BEFORE_APPROVAL, ClaimState, LineKind, LineState
from services.payments.claims.queries.claims import receipt_to_show
from services.payments.claims.use_cases import records
from services.payments.claims.use_cases.claims import end_if_empty, has_bank_details, own_line
from services.payments.claims.use_cases.refusing import refuse_claim
from services.payments.receipts import tables as receipts_tables
from services.payments.receipts.gateways import CleanReceipt
from services.payments.rows import owner_of
from shared.db import Transaction, actor_values, new_id
from shared.messaging import steps
from shared.reasons import Missing, Reason, refuse

_HALF = 1 << 63


async def open_receipt(tx: Transaction, *, receipt_id: UUID, owner: UUID, is_staff: bool) -> Row[Any]:
    """PAY-05: a receipt, for its owner, whoever helps them, approvers and finance; Missing to everyone else. PRI-03:
    records that anybody but its owner opened it."""
    receipt = await receipt_to_show(tx, receipt_id, owner, is_staff)
    if tx.actor.id != receipt.participant_id:
        await steps.add(tx, "receipt-read", about=receipt_id, of=receipt.participant_id)
    return receipt


async def attach_receipt(
    tx: Transaction, claim_id: UUID, line_id: UUID, receipt: CleanReceipt, stored_name: str
) -> str:
    """PAY-05: the line no longer waits. A second receipt replaces the first. Returns the receipt's id."""
    claim = await records.own_claim(tx, claim_id)
    line = await own_line(tx, claim, line_id)
    refuse(await _reasons_against_receipt(tx, claim, line))
    receipt_id = new_id()
    await tx.execute(
        insert(receipts_tables.receipts).values(
            id=receipt_id,
            participant_kind=claim.participant_kind,
            participant_id=claim.participant_id,
            participant_home=claim.participant_home,
            stored_name=stored_name,
            media_type=receipt.media_type,
            size=len(receipt.content),
            sha256=receipt.sha256,
            kept_sha256=receipt.kept_sha256,
            picture_hash=None if receipt.picture_hash is None else receipt.picture_hash - _HALF,
            **actor_values(tx.actor),
        )
    )
    ready = {"state": LineState.READY, "receipt_id": receipt_id, "says_no_receipt": False, "reason": None}
    await tx.execute(update(tables.lines).where(tables.lines.c.id == line.id).values(**ready))
    await records.save_claim(tx, claim)
    await steps.add(tx, "receipt-added", about=claim.id, line_id=line.id, receipt_id=receipt_id)
    return str(receipt_id)


def picture_hash(row: Row[Any]) -> int | None:
    """The 64 bits as the domain compares them; PostgreSQL stores them signed."""
    return None if row.picture_hash is None else row.picture_hash + _HALF


async def check_line_can_take_receipt(tx: Transaction, claim_id: UUID, line_id: UUID) -> None:
    """Called before a file is looked at, so that Missing or Refused costs nothing."""
    claims, lines = tables.claims, tables.lines
    claim = await tx.one(select(claims).where(claims.c.id == claim_id))
    mine = lines.c.id == line_id, lines.c.claim_id == claim_id, lines.c.state != LineState.REMOVED
    line = await tx.one(select(lines).where(*mine))
    if claim.participant_id != owner_of(tx):
        raise Missing
    refuse(await _reasons_against_receipt(tx, claim, line))


async def _reasons_against_receipt(tx: Transaction, claim: Row[Any], line: Row[Any]) -> list[Reason]:
    """PAY-05. PAY-13: once it has its receipt, part of a sent claim is paid without asking anything more, so we
    first ask where it goes."""
    state = ClaimState(claim.state)
    if reasons := rules.reasons_not_to_change_receipt(line.kind, state):
        return reasons
    goes_on = [replace(records.line_of(line), state=LineState.READY)]
    needs_bank = thanks.needs_bank(claim.recognition, claim.expenses_method, goes_on)
    has_details = await has_bank_details(tx, claim.participant_id)
    return thanks.reasons_not_to_go_into_the_bank(state, needs_bank, has_details, "send the receipt")


async def say_there_is_no_receipt(tx: Transaction, claim_id: UUID, line_id: UUID) -> bool:
    """PAY-05: the owner says so, which refuses the line; a receipt that turns up later restores it, until the claim
    is decided. Returns whether that ended the claim."""
    claim = await records.own_claim(tx, claim_id)
    line = await own_line(tx, claim, line_id)
    refuse(rules.reasons_not_to_change_receipt(line.kind, ClaimState(claim.state)))
    if line.receipt_id is not None:
        refuse(rules.HAS_RECEIPT)
    await _refuse_line(tx, claim, line.id, says_there_is_none=True)
    return await end_if_empty(tx, await records.save_claim(tx, claim))


async def _refuse_line(tx: Transaction, claim: Row[Any], line_id: UUID, *, says_there_is_none: bool) -> None:
    why = rules.why_refused_without_receipt(says_there_is_none, records.last_day_for_receipts(claim))
    values = {"state": LineState.REFUSED, "reason": why, "says_no_receipt": says_there_is_none}
    await tx.execute(update(tables.lines).where(tables.lines.c.id == line_id).values(**values))
    await steps.add(tx, "line-refused-without-receipt", about=claim.id, line_id=line_id, said_so=says_there_is_none)


async def refuse_late_lines(tx: Transaction) -> None:
    """PAY-05: a job: refuses lines whose last day for a receipt has passed, and any claim that holds nothing else."""
    claims, lines = tables.claims, tables.lines
    waiting = await tx.all(
        select(claims)
        .where(claims.c.state.in_(BEFORE_APPROVAL))
        .where(select(lines.c.id).where(lines.c.claim_id == claims.c.id, lines.c.state == LineState.WAITING).exists())
        .order_by(claims.c.id)
        .with_for_update(skip_locked=True)
    )
    for claim in waiting:
        late = await tx.all(select(lines).where(lines.c.claim_id == claim.id, lines.c.state == LineState.WAITING))
        last_day = records.last_day_for_receipts(claim)
        for line in late:
            if rules.line_state(LineKind(line.kind), False, False, tx.today, last_day) is LineState.REFUSED:
                await _refuse_line(tx, claim, line.id, says_there_is_none=False)
        left = await records.line_rows(tx, claim.id)
        if all(row.state == LineState.REFUSED for row in left):
            await refuse_claim(tx, claim)
