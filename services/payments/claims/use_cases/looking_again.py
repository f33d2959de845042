"""Another look at what was refused or reduced (PAY-14)."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, update

from services.payments.claims import tables
from services.payments.claims.domain import claims as rules
from services.payments.claims.domain import sending
from services.payments.claims.domain.claims import ClaimState, LineKind, LineState
from services.payments.claims.use_cases import ground, records
from services.payments.claims.use_cases.claims import fresh_clock
from shared.db import Transaction
from shared.events.lines import ClaimLine
from shared.events.payments import ClaimOpened, ClaimSubmitted
from shared.messaging import steps
from shared.reasons import refuse


async def ask_for_another_look(tx: Transaction, claim_id: UUID, wish: str) -> str:
    """PAY-14: what was refused or reduced is decided again, by somebody else. PAY-17: of the fee no more than the
    register gives now. PAY-05: what was refused for want of a receipt waits for it again. Returns the id of the claim
    that is looked at."""
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
    """A claim that was refused whole goes back to the approvers with a fresh clock; or to its owner, where there is
    nothing to decide before a receipt comes (PAY-05)."""
    lines = tables.lines
    for row in refused:
        again = update(lines).where(lines.c.id == row.id)
        await tx.execute(again.values(state=_state_of(row), reason=None))
    await ground.limit_fee(tx, claim.id, attendance)
    facts = records.line_facts(await records.line_rows(tx, claim.id))
    amount = rules.amounts(facts).total
    more_days = {"rates": claim.rates | {"receipt_days": _receipt_days(tx, claim)}} if _waiting(refused) else {}
    await records.note_change(tx, claim.id, "another-look", claim.participant_id, 0, amount)
    if _waits_for_receipt(claim, facts):
        opened = await records.save_claim(tx, claim, state=ClaimState.OPEN, refused_because=None, **more_days)
        said = {"else_because": "reopened", "lines": records.lines_said(await records.line_rows(tx, claim.id))}
        await records.publish(tx, ClaimOpened, opened, session_date=opened.session_date, **said)
    else:
        now = {"state": ClaimState.SUBMITTED, "submitted_at": tx.now, **fresh_clock(tx, claim), **more_days}
        await _say_sent(tx, await records.save_claim(tx, claim, refused_because=None, **now), amount)
    await steps.add(tx, "another-look-asked", about=claim.id)
    return claim.id


async def _say_sent(tx: Transaction, claim: Row[Any], amount_pence: int) -> None:
    days = {"pay_by": claim.pay_by, "aim_by": claim.target_day}
    await records.publish(tx, ClaimSubmitted, claim, amount_pence=amount_pence, **days)


def _state_of(row: Row[Any]) -> LineState:
    """PAY-05: another look may carry a receipt, so a line that was refused for want of one waits again."""
    return LineState.WAITING if rules.lacks_receipt(LineKind(row.kind), row.receipt_id is not None) else LineState.READY


def _waiting(rows: Iterable[Row[Any]]) -> list[Row[Any]]:
    return [row for row in rows if _state_of(row) is LineState.WAITING]


def _waits_for_receipt(claim: Row[Any], lines: Sequence[rules.Line]) -> bool:
    """PAY-05: nothing in it can be decided before a receipt comes."""
    nothing_else = not any(line.state is LineState.READY for line in lines)
    return nothing_else or sending.what_is_missing(claim.recognition, lines) == "receipt"


def _receipt_days(tx: Transaction, claim: Row[Any]) -> int:
    return rules.receipt_days_of_a_look(claim.session_date, records.rates_of(claim).receipt_days, tx.today)


async def _split_for_another_look(
    tx: Transaction, claim: Row[Any], asked: list[tuple[Row[Any], int]], attendance: Row[Any], fee_left: int
) -> UUID:
    """What was approved is paid meanwhile; the rest is looked at in a claim of its own. asked: lines, and the pence
    of each to look at. fee_left: pence of the fee that the register gives beyond what the claims already have."""
    waiting = _waiting(row for row, _ in asked)
    ready = [row for row, _ in asked if row not in waiting and (row.kind != LineKind.PARTICIPATION or fee_left)]
    looked = [
        ClaimLine(kind=row.kind, pence=pence, state="receipt" if row in waiting else "looked-at")
        for row, pence in asked
        if row in waiting or row in ready
    ]
    more = await records.open_claim(
        tx,
        attendance,
        follows=claim.id,
        because="another-look",
        said={"lines": tuple(looked)},
        heard_because=None if ready else "receipt",
        waiting=waiting,
        receipt_days=_receipt_days(tx, claim) if waiting else None,
        recognition=claim.recognition,
        expenses_method=claim.expenses_method,
        looked_again=True,
        wish=claim.wish,
    )
    for row, pence in asked:
        await _add_line_to_look_at(tx, more.id, row, pence, attendance, fee_left)
    facts = records.line_facts(await records.line_rows(tx, more.id))
    if not _waits_for_receipt(more, facts):
        now = {"state": ClaimState.SUBMITTED, "submitted_at": tx.now, **fresh_clock(tx, more)}
        await _say_sent(tx, await records.save_claim(tx, more, **now), rules.amounts(facts).total)
    await steps.add(tx, "another-look-asked", about=claim.id, looked_at_in=more.id)
    return more.id


_OF_ITS_LINE = ("what", "minutes", "tenths_of_miles", "route", "passed_10000_miles", "rate_pence", "receipt_id")


async def _add_line_to_look_at(
    tx: Transaction, claim_id: UUID, row: Row[Any], pence: int, attendance: Row[Any], fee_left: int
) -> None:
    """row: the line that was not agreed, or in part; pence: of it, to look at. fee_left: as above."""
    kept = {name: getattr(row, name) for name in _OF_ITS_LINE}
    kept |= {"looks_at": row.looks_at or row.id, "looked_pence": pence}
    state = _state_of(row)
    if row.kind == LineKind.PARTICIPATION and pence > fee_left:
        if fee_left == 0:  # the register gives no more now; if it does later, it is asked for then
            state = LineState.REMOVED
        else:
            pence, kept["minutes"] = fee_left, (await ground.fee_given(tx, attendance))[0]
    await records.add_line(tx, claim_id, LineKind(row.kind), state, full_pence=pence, amount_pence=pence, **kept)
