"""Deciding a claim (PAY-10, 11, 14) under the lock of its row: if two people decide at the same moment, one is told
that it is done."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, update

from services.payments.approving import domain as deciding
from services.payments.approving import tables
from services.payments.approving.domain import Decision, ToApprove
from services.payments.approving.queries import staff
from services.payments.approving.use_cases import budgets, deciders, set_aside
from services.payments.claims import tables as claims_tables
from services.payments.claims.domain import claims as rules
from services.payments.claims.domain import thanks
from services.payments.claims.domain.claims import ClaimState, LineKind, LineState
from services.payments.claims.queries import claims
from services.payments.claims.use_cases import doubts, ground, ready, records, splitting, undoing
from services.payments.claims.use_cases import waiting as waiting_use_cases
from services.payments.claims.use_cases.records import approved_amounts
from services.payments.claims.use_cases.refusing import refuse_claim as nothing_is_paid
from services.payments.ledger import domain as ledger_rules
from services.payments.ledger.use_cases import ledger
from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from services.payments.register import queries as register
from shared.db import Transaction, new_id, one_of
from shared.events.payments import ClaimApproved
from shared.messaging import steps
from shared.reasons import Reason, reasons_to_look_again, refuse


async def approve_claim(
    tx: Transaction, claim_id: UUID, decisions: Sequence[Decision], over_seen: int | None = None
) -> dict[str, Any]:
    """PAY-10, PAY-11, PAY-14: approves ready lines one by one; lines that wait for a receipt move to a claim of their
    own.

    over_seen: by how many pence a second approver saw it over budget; None if they did not say. Returns the claim's
    state and the pence approved. Refusing every line refuses the claim.
    """
    approver = _approver(tx)
    attendance = await ground.lock(tx, claim_id)
    claim = await records.locked_claim(tx, claim_id)
    if claim.state == ClaimState.SECOND_APPROVER:
        return await _approve_second(tx, claim, attendance, approver, over_seen)
    rows = await records.line_rows(tx, claim.id)
    by_line = {decision.line_id: decision for decision in decisions}
    lines = await _beside_ways_unseen(tx, claim, records.line_facts(rows), by_line)
    ready = [line for line in lines if line.state is LineState.READY]
    asked = sum(min(by_line[line.id].pence, line.amount_pence) for line in ready if line.id in by_line)
    in_all = asked + approved_amounts(rows).total
    over = await budgets.over_budget(tx, claim, in_all)
    to_approve = await _facts(tx, claim, in_all, over)
    refuse(deciding.reasons_not_to_approve(to_approve, approver))
    refuse(deciding.reasons_not_to_decide(ready, by_line))
    thanked = await ground.thanked_beside(tx, claim.id)
    refuse(deciding.reasons_not_to_agree_to_nothing(claim.recognition, claim.expenses_method, lines, thanked=thanked))
    await _refuse_beyond_the_register(tx, attendance, [(line, by_line[line.id].pence) for line in ready])
    if asked == 0 and any(line.amount_pence for line in ready):
        return await _refuse(tx, claim, {line.id: by_line[line.id].reason for line in ready})
    await _decide_lines(tx, ready, by_line)
    await _note(tx, claim, approver, "approved")
    made_less = [
        _made_less(line.id, line.amount_pence, by_line[line.id].pence, by_line[line.id].reason)
        for line in ready
        if by_line[line.id].pence < line.amount_pence
    ]
    await records.note_change(
        tx, claim.id, "agreed", approver, sum(line.pence for line in ready), asked, lines=made_less
    )
    if deciding.state_after_approval(to_approve) is ClaimState.SECOND_APPROVER:
        await records.save_claim(
            tx, claim, state=ClaimState.SECOND_APPROVER, first_approver=approver, over_budget_pence=over
        )
        await steps.add(tx, "second-approver-needed", about=claim.id, pence=asked, over_budget_pence=over)
        return {"state": ClaimState.SECOND_APPROVER.value, "pence": asked}
    return await _approved(tx, claim)


async def _beside_ways_unseen(
    tx: Transaction, claim: Row[Any], lines: Sequence[rules.Line], by_line: Mapping[UUID, Decision]
) -> Sequence[rules.Line]:
    """PAY-02, FB-09: miles whose way nobody who decides may read go on in a claim of their own, unless they are
    refused. Returns the other lines, which are decided now."""
    if claim.state != ClaimState.SUBMITTED or not (unseen := await set_aside.ways_unseen(tx, claim)):
        return lines
    refuse(deciding.reasons_to_wait_for_the_way(sum(by_line[each].pence for each in unseen if each in by_line)))
    apart = [line for line in lines if line.id in unseen - by_line.keys() and line.state is LineState.READY]
    if not apart:
        return lines
    others = [line for line in lines if line not in apart]
    chosen = claim.recognition, claim.expenses_method, others
    thanked = await ground.thanked_beside(tx, claim.id)
    if deciding.waits_whole(*chosen, thanked=thanked, looked_again=claim.looked_again):
        refuse(deciding.reasons_to_wait_for_the_way(sum(line.amount_pence for line in apart)))
    await splitting.move_undecided(tx, claim, [line.id for line in apart])
    return others


async def _refuse_beyond_the_register(
    tx: Transaction, attendance: Row[Any], decided: Sequence[tuple[rules.Line, int]]
) -> None:
    """PAY-17. decided: lines of one claim, and the pence agreed to for each."""
    for line, pence in decided:
        if line.kind is LineKind.PARTICIPATION:
            left = await ground.fee_left(tx, attendance, [line.id], asked=False)
            refuse(deciding.reasons_to_agree_to_less(pence, left, f"pence-{line.id}"))


async def _approve_second(
    tx: Transaction, claim: Row[Any], attendance: Row[Any], approver: UUID, over_seen: int | None
) -> dict[str, Any]:
    """PAY-11: a second person confirms what the first approver decided, knowing how far over budget it is now."""
    rows = await records.line_rows(tx, claim.id)
    pence = approved_amounts(rows).total
    over = await budgets.over_budget(tx, claim, pence)
    refuse(deciding.reasons_not_to_approve(await _facts(tx, claim, pence, over), approver))
    refuse(deciding.reasons_not_to_approve_second(over, over_seen))
    unseen = await set_aside.ways_unseen(tx, claim)
    refuse(deciding.reasons_to_wait_for_the_way(sum(row.approved_pence or 0 for row in rows if row.id in unseen)))
    await _refuse_beyond_the_register(
        tx, attendance, [(line, line.approved_pence or 0) for line in records.line_facts(rows)]
    )
    await _note(tx, claim, approver, "approved", first_approver=claim.first_approver)
    await records.note_change(tx, claim.id, "agreed", approver, pence, pence)
    return await _approved(tx, await records.save_claim(tx, claim, over_budget_pence=over))


async def refuse_claim(tx: Transaction, claim_id: UUID, reason: str) -> dict[str, Any]:
    """PAY-14: nothing of it is paid, for a reason in plain words."""
    approver = _approver(tx)
    claim = await records.locked_claim(tx, claim_id)
    refuse(deciding.reasons_not_to_approve(await _facts(tx, claim, 0, 0), approver))
    refuse(deciding.reasons_against_why(reason))
    rows = await records.line_rows(tx, claim.id)
    thanked = await ground.thanked_beside(tx, claim.id)
    chosen = claim.recognition, claim.expenses_method, records.line_facts(rows)
    refuse(deciding.reasons_not_to_refuse(*chosen, thanked=thanked))
    return await _refuse(
        tx, claim, {row.id: reason for row in rows if row.state in (LineState.READY, LineState.APPROVED)}
    )


async def still_as_shown(tx: Transaction, claim_id: UUID, mark: str) -> None:
    """PAY-10, PAY-11, PAY-13: whoever decides has seen this claim, its receipts and the warnings as they are now.
    The claim stays locked, so nothing changes. If it was decided meanwhile, the decision itself will say so. Raises
    Refused."""
    await ground.lock(tx, claim_id)  # before the claim, as everybody who decides does
    claim = await records.locked_claim(tx, claim_id)
    if claim.state not in rules.TO_APPROVE:
        return
    seen = await staff.to_decide(tx, await claims.any_claim(tx, claim_id))
    refuse(reasons_to_look_again("PAY-13", mark, seen.mark))


def _approver(tx: Transaction) -> UUID:
    if tx.actor.id is None:
        raise ValueError("only a person decides a claim")
    return tx.actor.id


async def _facts(tx: Transaction, claim: Row[Any], amount_pence: int, over: int) -> ToApprove:
    """amount_pence: the sum that would be agreed to."""
    facts = (await deciders.any_to_approve(tx, claims_tables.claims.c.id == claim.id))[claim.id]
    return replace(facts, amount_pence=amount_pence, over_budget_pence=over)


async def reasons_not_to_decide(tx: Transaction, claim: Row[Any], person_id: UUID) -> list[Reason]:
    """PAY-10, PAY-11, PAY-14: why this person may decide nothing in it, however small, so that its page says so
    before they try."""
    return deciding.reasons_not_to_approve(await _facts(tx, claim, 0, 0), person_id)


async def _decide_lines(tx: Transaction, ready: Sequence[rules.Line], decisions: dict[UUID, Decision]) -> None:
    lines = claims_tables.lines
    for line in ready:
        decision = decisions[line.id]
        reason = decision.reason.strip() or None
        if decision.pence == 0 and line.amount_pence > 0:
            values = {"state": LineState.REFUSED, "reason": reason, **undoing.NO_CUT}
        else:
            why = reason if decision.pence < line.amount_pence else None
            values = {"state": LineState.APPROVED, "approved_pence": decision.pence, "reason": why, **undoing.NO_CUT}
        await tx.execute(update(lines).where(lines.c.id == line.id).values(**values))


def _made_less(line_id: UUID, was_pence: int, now_pence: int, reason: str) -> dict[str, Any]:
    return {"id": str(line_id), "was": was_pence, "now": now_pence, "reason": reason.strip()}


async def _note(
    tx: Transaction, claim: Row[Any], approver: UUID, decision: str, *, first_approver: UUID | None = None
) -> None:
    """first_approver: who approved it first, where this is the second approval."""
    values = {"claim_id": claim.id, "approver_id": approver, "decision": decision, "first_approver": first_approver}
    await tx.execute(insert(tables.approvals).values(id=new_id(), decided_at=tx.now, **values))


async def _approved(tx: Transaction, claim: Row[Any]) -> dict[str, Any]:
    """Everything that follows from an approval, in one transaction: what we owe, the ledger, the events, the rest of
    the claim."""
    rows = await records.line_rows(tx, claim.id)
    amounts = approved_amounts(rows)
    made = await make_payables(tx, claim, amounts)
    state = ClaimState.APPROVED if made else ClaimState.PAID
    row = await records.save_claim(tx, claim, state=state, first_approver=None, withdrawn_because=None)
    await ledger.enter_approval(tx, row, amounts)
    left_out = rules.not_paid((LineState(line.state), line.amount_pence, line.approved_pence or 0) for line in rows)
    said = {
        "on_hold": row.held,
        "recognition": row.recognition,
        "waits_for_bank": bool(await waiting_use_cases.waiting_for_bank(tx, [row.id])),
    } | await owing.what_comes_first(tx, row.participant_id, made)
    lines = records.lines_said(rows) + await records.lines_apart(tx, claim.id)
    said |= {"lines": lines, "session_date": row.session_date}
    said |= thanks.costs_apart(row.recognition, row.expenses_method, amounts)
    await records.publish(tx, ClaimApproved, row, amount_pence=amounts.total, **said, **asdict(left_out))
    await steps.add(
        tx, "claim-approved", about=claim.id, pence=amounts.total, over_budget_pence=claim.over_budget_pence
    )
    await _move_waiting_lines(tx, row, rows)
    if state is ClaimState.PAID:
        await records.end_hold(tx, row)
    elif row.held:
        await ready.say(tx, [row.id])
    await doubts.ask(tx, [claim.participant_id])
    return {"state": state.value, "pence": amounts.total}


async def make_payables(tx: Transaction, claim: Row[Any], amounts: ledger_rules.Amounts) -> list[str]:
    """PAY-08: one payable for each way in which the claim leaves us. Returns the ways."""
    thanked = await ground.thanked_beside(tx, claim.id)
    ways = thanks.payables(claim.recognition, claim.expenses_method, amounts, thanked=thanked)
    for way in ways:
        await tx.execute(
            insert(owing_tables.payables).values(
                id=new_id(),
                claim_id=claim.id,
                participant_kind=claim.participant_kind,
                participant_id=claim.participant_id,
                participant_home=claim.participant_home,
                method=way.method,
                amount_pence=way.amount_pence,
                state="owed",
            )
        )
    return [way.method for way in ways]


async def _move_waiting_lines(
    tx: Transaction, claim: Row[Any], rows: Sequence[Row[Any]], *, rest_refused: bool = False
) -> None:
    """PAY-05: lines that wait for a receipt move to a follow-on claim; the rest is paid without them, or refused."""
    waiting = [row for row in rows if row.state == LineState.WAITING]
    if not waiting:
        return
    attendance = await register.attendance_of(tx, claim.attendance_id)
    chosen = {"recognition": claim.recognition, "expenses_method": claim.expenses_method}
    more = await records.open_claim(
        tx,
        attendance,
        follows=claim.id,
        because="receipt",
        waiting=waiting,
        said={"rest_refused": rest_refused},
        receipt_days=records.rates_of(claim).receipt_days,
        **chosen,
    )
    await tx.execute(
        update(claims_tables.lines)
        .where(one_of(claims_tables.lines.c.id, [row.id for row in waiting]))
        .values(claim_id=more.id)
    )
    await steps.add(tx, "waiting-lines-moved", about=claim.id, to=more.id, lines=len(waiting))


async def _refuse(tx: Transaction, claim: Row[Any], reasons: dict[UUID, str]) -> dict[str, Any]:
    lines = claims_tables.lines
    was = [line for line in records.line_facts(await records.line_rows(tx, claim.id)) if line.id in reasons]
    refused_lines = [_made_less(line.id, line.pence, 0, reasons[line.id]) for line in was]
    await records.note_change(
        tx, claim.id, "refused", _approver(tx), sum(line.pence for line in was), 0, lines=refused_lines
    )
    for line_id, reason in reasons.items():
        values = {"state": LineState.REFUSED, "approved_pence": None, "reason": reason.strip(), **undoing.NO_CUT}
        await tx.execute(update(lines).where(lines.c.id == line_id).values(**values))
    await _note(tx, claim, _approver(tx), "refused")
    refused = await nothing_is_paid(tx, claim, withdrawn_because=None)
    rows = await records.line_rows(tx, claim.id)
    await _move_waiting_lines(tx, refused, rows, rest_refused=True)
    waiting = sum(row.amount_pence for row in rows if row.state == LineState.WAITING)
    return {"state": ClaimState.REFUSED.value, "pence": 0, "waiting_pence": waiting}
