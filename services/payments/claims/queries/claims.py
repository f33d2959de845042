"""A claim as its owner, its approver and finance see it."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, exists, func, select, tuple_

from services.payments.claims import tables
from services.payments.claims.domain import claims as rules
from services.payments.claims.domain import thanks
from services.payments.claims.domain.claims import LineKind, LineState
from services.payments.claims.queries.views import ClaimView, LineView
from services.payments.claims.use_cases import ground
from services.payments.claims.use_cases import waiting as waiting_use_cases
from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain.leaving import TRANSFER
from services.payments.owing.queries import masked_details
from services.payments.paging import Cursor, next_cursor
from services.payments.people import tables as people_tables
from services.payments.policy.domain import Rates
from services.payments.receipts import tables as receipts_tables
from services.payments.register import tables as register_tables
from services.payments.register.tables import ATTENDANCE
from services.payments.safeguarding.use_cases import has_too_many_miles, is_answered_for, is_set_aside
from shared.db import Transaction, rows_by
from shared.reasons import Missing


async def own_claim(tx: Transaction, claim_id: UUID, person_id: UUID) -> ClaimView:
    """Raises Missing for somebody else's claim."""
    view = await any_claim(tx, claim_id)
    if view.row.participant_id != person_id:
        raise Missing
    return view


async def any_claim(tx: Transaction, claim_id: UUID) -> ClaimView:
    """Its row says if its words are set aside (FB-09), which all claims of an attendance share."""
    claims = tables.claims
    aside = words_are_set_aside().label("set_aside")
    [view] = await _views(tx, [await tx.one(select(claims, aside).where(claims.c.id == claim_id))])
    return view


@cache
def words_are_set_aside() -> ColumnElement[bool]:
    """FB-09: in SQL, of claims: those of any claim of the attendance, for they were split from one another, or look at
    one another again, and share the words."""
    claims, others = tables.claims, tables.claims.alias("sharing")
    return exists().where(others.c.attendance_id == claims.c.attendance_id, is_set_aside(others.c.id))


async def sharing_words(tx: Transaction, claim: Row[Any]) -> set[UUID]:
    """All claims of its attendance."""
    claims = tables.claims
    return {row.id for row in await tx.all(select(claims.c.id).where(claims.c.attendance_id == claim.attendance_id))}


Rows = dict[UUID, list[Row[Any]]]


async def _views(tx: Transaction, rows: Sequence[Row[Any]]) -> list[ClaimView]:
    """Claims with all that their pages show: the same few queries for one as for many."""
    of_claims, of_payments, of_register = (
        await _of_claims(tx, rows),
        await _of_payments(tx, rows),
        await _of_register(tx, rows),
    )
    return [_view(row, **of_claims, **of_payments, **of_register) for row in rows]


async def _of_claims(tx: Transaction, rows: Sequence[Row[Any]]) -> dict[str, Rows]:
    claims, lines, changes = tables.claims, tables.lines, tables.claim_changes
    corrections, overpayments, ids = tables.corrections, tables.overpayments, [row.id for row in rows]
    kept = (
        select(
            lines,
            ground.pence_here().label("here_pence"),
            is_answered_for(lines).label("answered_for"),
            has_too_many_miles(lines).label("too_many"),
        )
        .where(lines.c.state != LineState.REMOVED)
        .order_by(lines.c.created_at, lines.c.id)
    )
    sums = select(overpayments.c.claim_id, func.sum(overpayments.c.pence).label("pence"))
    return {
        "lines": await rows_by(tx, kept, lines.c.claim_id, ids),
        "overpaid": await rows_by(tx, sums.group_by(overpayments.c.claim_id), overpayments.c.claim_id, ids),
        "follow_ons": await rows_by(tx, select(claims).order_by(claims.c.id), claims.c.follows, ids),
        "thanked": await rows_by(tx, select(claims.c.id).where(ground.is_thanked_beside(claims.c)), claims.c.id, ids),
        "corrected": await rows_by(tx, select(corrections).order_by(corrections.c.id), corrections.c.claim_id, ids),
        "changed": await rows_by(
            tx, select(changes).order_by(changes.c.changed_at, changes.c.id), changes.c.claim_id, ids
        ),
    }


async def _of_payments(tx: Transaction, rows: Sequence[Row[Any]]) -> dict[str, Rows]:
    payables, payments, ids = owing_tables.payables, owing_tables.payments, [row.id for row in rows]
    owed = select(payables).where(payables.c.state != "withdrawn").order_by(payables.c.method)
    back = payments.c.state.in_(["rejected", "returned"]) & (payments.c.method == TRANSFER)
    gone = select(payments.c.claim_id, payments.c.state).where(payments.c.state.in_(["sent", "paid"]) | back).distinct()
    perhaps = select(payments.c.claim_id).where(owing.may_have_left()).distinct()
    owners, introductions = [row.participant_id for row in rows], people_tables.unconfirmed_introductions
    return {
        "owed": await rows_by(tx, owed, payables.c.claim_id, ids),
        "left": await rows_by(tx, gone, payments.c.claim_id, ids),
        "perhaps": await rows_by(tx, perhaps, payments.c.claim_id, ids),
        "introduced": await rows_by(tx, select(introductions), introductions.c.person_id, owners),
        "accounts": await rows_by(tx, masked_details(), owing_tables.bank_details.c.participant_id, owners),
    }


async def _of_register(tx: Transaction, rows: Sequence[Row[Any]]) -> dict[str, Rows]:
    opportunities, sessions = register_tables.opportunities, register_tables.sessions
    attended = register_tables.attendances.c
    perhaps_in = waiting_use_cases.run_that_may_have_paid(attended.attendance_id).label("perhaps_gone_in")
    register = select(attended.attendance_id, attended.present, attended.ground, attended.way, perhaps_in)
    opportunity_ids = [row.opportunity_id for row in rows]
    return {
        "about": await rows_by(tx, select(opportunities), opportunities.c.opportunity_id, opportunity_ids),
        "starts": await rows_by(tx, select(sessions), sessions.c.session_id, [row.session_id for row in rows]),
        "registers": await rows_by(tx, register, attended.attendance_id, [row.attendance_id for row in rows]),
    }


def _view(
    row: Row[Any],
    *,
    lines: Rows,
    overpaid: Rows,
    follow_ons: Rows,
    corrected: Rows,
    changed: Rows,
    owed: Rows,
    thanked: Rows,
    left: Rows,
    perhaps: Rows,
    introduced: Rows,
    accounts: Rows,
    about: Rows,
    starts: Rows,
    registers: Rows,
) -> ClaimView:
    rates = Rates(**row.rates)
    last_day = rules.receipt_last_day(row.session_date, rates.receipt_days)
    opportunity, session, account, ground_of = (
        next(iter(each), None)
        for each in (
            about[row.opportunity_id],
            starts[row.session_id],
            accounts[row.participant_id],
            registers[row.attendance_id],
        )
    )
    alone = not any(each.state in (LineState.READY, LineState.APPROVED) for each in lines[row.id])
    states = {each.state for each in left[row.id]}
    paid_by = {each.method for each in owed[row.id] if each.state == "paid"}
    return ClaimView(
        row=row,
        title=opportunity.title if opportunity else "",
        contact_role=opportunity.contact_role if opportunity else "",
        starts_at=session.starts_at if session else None,
        moved_late_from=session.moved_late_from if session else None,
        rates=rates,
        lines=[_line_view(row, line, last_day, paid_by, alone) for line in lines[row.id]],
        payables=owed[row.id],
        follow_ons=follow_ons[row.id],
        bank_details=account,
        receipt_last_day=last_day,
        corrections=corrected[row.id],
        changes=changed[row.id],
        was_there=all(each.present for each in registers[row.attendance_id]),
        ground=ground_of.ground if ground_of else ATTENDANCE,
        way=ground_of.way if ground_of else "",
        mode=rules.mode_of(opportunity.mode if opportunity else "", ground_of.way if ground_of else ""),
        overpaid_pence=sum(each.pence for each in overpaid[row.id]),
        has_left=bool(states & {"sent", "paid"}),
        bank_tried=bool(states),
        may_have_left=bool(perhaps[row.id]),
        introducers=frozenset(each.introduced_by for each in introduced[row.participant_id]),
        waits_for_bank=any(each.perhaps_gone_in is not None for each in registers[row.attendance_id]),
        is_on_its_way="sent" in states,
        is_thanked_beside=bool(thanked[row.id]),
    )


def _line_view(claim: Row[Any], line: Row[Any], last_day: date, paid: set[str], alone: bool) -> LineView:
    """paid: the ways in which something in the claim was paid. alone: whether nothing else in it is paid later."""
    waits = rules.why_waiting(LineKind(line.kind), last_day, alone=alone) if line.state == LineState.WAITING else ""
    way = (
        claim.recognition
        if line.kind == LineKind.PARTICIPATION
        else thanks.method_of_expenses(claim.recognition, claim.expenses_method)
    )
    is_paid = line.state == LineState.APPROVED and way in paid
    return LineView(line, waits, is_paid=is_paid, is_transfer=way == TRANSFER)


CLAIMS_A_PAGE = 50


async def claims_of(
    tx: Transaction, person_id: UUID, after: Cursor | None = None
) -> tuple[list[ClaimView], Cursor | None]:
    """A page of a person's claims, the newest session first, and where the next page begins."""
    claims = tables.claims
    mine = (
        select(claims)
        .where(claims.c.participant_id == person_id)
        .order_by(claims.c.session_date.desc(), claims.c.id.desc())
    )
    if after is not None:
        mine = mine.where(tuple_(claims.c.session_date, claims.c.id) < (after.day, after.id))
    rows = await tx.all(mine.limit(CLAIMS_A_PAGE + 1))
    return await _views(tx, rows[:CLAIMS_A_PAGE]), next_cursor(rows, CLAIMS_A_PAGE, lambda row: row.session_date)


async def own_limit(tx: Transaction, person_id: UUID) -> Row[Any] | None:
    """PAY-09: for the person alone."""
    return await tx.first(select(tables.own_limits).where(tables.own_limits.c.person_id == person_id))


async def receipt_to_show(tx: Transaction, receipt_id: UUID, person_id: UUID, is_staff: bool) -> Row[Any]:
    """PAY-05: shown to its owner, approvers and finance. Raises Missing to everyone else, and to all but its owner
    while it is set aside (FB-09) or once another took its place."""
    receipt = await tx.one(select(receipts_tables.receipts).where(receipts_tables.receipts.c.id == receipt_id))
    if receipt.participant_id != person_id and not is_staff:
        raise Missing
    if tx.actor.id != receipt.participant_id and not await _others_may_see(tx, receipt_id):
        raise Missing
    return receipt


async def _others_may_see(tx: Transaction, receipt_id: UUID) -> bool:
    lines, claims = tables.lines, tables.claims
    aside = (words_are_set_aside() & ~is_answered_for(lines)).label("aside")
    its = select(aside).join_from(lines, claims, claims.c.id == lines.c.claim_id)
    found = await tx.all(its.where(lines.c.receipt_id == receipt_id))
    return bool(found) and not any(row.aside for row in found)
