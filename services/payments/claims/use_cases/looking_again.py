"""Another look at what was refused or made less (PAY-14)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, update

from services.payments.claims import tables
from services.payments.claims.domain import claims as rules
from services.payments.claims.domain.claims import ClaimState, LineKind, LineState
from services.payments.claims.use_cases import ground, records
from services.payments.claims.use_cases.claims import fresh_clock
from shared.db import Transaction
from shared.events.payments import ClaimSubmitted
from shared.messaging import steps
from shared.reasons import refuse


async def ask_for_another_look(tx: Transaction, claim_id: UUID, wish: str) -> str:
    """PAY-14: what was refused or reduced is decided again, by somebody else. PAY-17: of the fee no more than the
    register gives now. Returns the id of the claim that is looked at."""
    attendance = await ground.lock(tx, claim_id)
    claim = await records.own_claim(tx, claim_id)
    rows = await records.line_rows(tx, claim.id)
    reduced = [row for row in rows if row.state == LineState.APPROVED and row.approved_pence < row.amount_pence]
    refused = [row for row in rows if row.state == LineState.REFUSED and not row.says_no_receipt]
    fee_left = await ground.fee_left(tx, attendance, asked=True)
    gives_no_more = fee_left == 0 and all(row.kind == LineKind.PARTICIPATION for row in [*refused, *reduced])
    states = [LineState(row.state) for row in refused]
    there = {"was_there": attendance.present, "gives_no_more": gives_no_more}
    refuse(rules.reasons_not_to_look_again(ClaimState(claim.state), states, bool(reduced), claim.looked_again, **there))
    marked = await records.save_claim(tx, claim, looked_again=True, wish=wish.strip() or None)
    if claim.state == ClaimState.REFUSED:
        return str(await _decide_anew(tx, marked, refused, attendance))
    asked = [(row, row.amount_pence) for row in refused] + [
        (row, row.amount_pence - row.approved_pence) for row in reduced
    ]
    return str(await _split_for_another_look(tx, marked, asked, attendance, fee_left))


async def _decide_anew(tx: Transaction, claim: Row[Any], refused: list[Row[Any]], attendance: Row[Any]) -> UUID:
    """A claim that was refused whole goes back into the queue with a fresh clock."""
    lines = tables.lines
    for row in refused:
        state = rules.line_state(LineKind(row.kind), row.receipt_id is not None, False, tx.today, _last_day(claim))
        if state is not LineState.REFUSED:
            await tx.execute(update(lines).where(lines.c.id == row.id).values(state=state, reason=None))
    await ground.limit_fee(tx, claim.id, attendance)
    clock = fresh_clock(tx, claim)
    again = await records.save_claim(
        tx, claim, state=ClaimState.SUBMITTED, submitted_at=tx.now, **clock, refused_because=None
    )
    amount = rules.amounts(records.line_facts(await records.line_rows(tx, claim.id))).total
    await records.note_change(tx, claim.id, "another-look", claim.participant_id, 0, amount)
    await records.publish(tx, ClaimSubmitted, again, amount_pence=amount, pay_by=again.pay_by, aim_by=again.target_day)
    await steps.add(tx, "another-look-asked", about=claim.id)
    return claim.id


def _last_day(claim: Row[Any]) -> Any:
    return rules.receipt_last_day(claim.session_date, records.rates_of(claim).receipt_days)


async def _split_for_another_look(
    tx: Transaction, claim: Row[Any], asked: list[tuple[Row[Any], int]], attendance: Row[Any], fee_left: int
) -> UUID:
    """What was approved is paid meanwhile; the rest is looked at in a claim of its own. asked: lines, and the pence
    that are looked at of each. fee_left: pence of the fee that the register gives besides what the claims have
    already."""
    more = await records.open_claim(
        tx,
        attendance,
        follows=claim.id,
        because="another-look",
        recognition=claim.recognition,
        expenses_method=claim.expenses_method,
        looked_again=True,
        wish=claim.wish,
    )
    for row, pence in asked:
        state = rules.line_state(LineKind(row.kind), row.receipt_id is not None, False, tx.today, _last_day(claim))
        if state is LineState.REFUSED:
            continue
        kept = {
            name: getattr(row, name)
            for name in (
                "what",
                "minutes",
                "tenths_of_miles",
                "route",
                "passed_10000_miles",
                "rate_pence",
                "receipt_id",
            )
        }
        kept |= {"looks_at": row.looks_at or row.id, "looked_pence": pence}
        if row.kind == LineKind.PARTICIPATION and pence > fee_left:
            if fee_left == 0:  # what the register gives no more of now is asked for once it does
                await records.add_line(
                    tx, more.id, LineKind.PARTICIPATION, LineState.REMOVED, full_pence=pence, amount_pence=pence, **kept
                )
                continue
            pence, kept["minutes"] = fee_left, (await ground.fee_given(tx, attendance))[0]
        await records.add_line(tx, more.id, LineKind(row.kind), state, full_pence=pence, amount_pence=pence, **kept)
    sent = await records.save_claim(tx, more, state=ClaimState.SUBMITTED, submitted_at=tx.now, **fresh_clock(tx, more))
    amount = rules.amounts(records.line_facts(await records.line_rows(tx, more.id))).total
    await records.publish(tx, ClaimSubmitted, sent, amount_pence=amount, pay_by=sent.pay_by, aim_by=sent.target_day)
    await steps.add(tx, "another-look-asked", about=claim.id, looked_at_in=more.id)
    return more.id
