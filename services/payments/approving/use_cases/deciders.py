"""Claims that wait for a decision, with the facts for the rules about who may decide them (PAY-10, PAY-11, PAY-14):
one claim, or all of them in one statement."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Uuid, case, func, literal_column, or_, select

from services.payments.approving.domain import ToApprove
from services.payments.claims import tables
from services.payments.claims.domain.claims import TO_APPROVE, ClaimState, LineState
from services.payments.claims.use_cases import records
from services.payments.people.queries import all_introducers_of
from services.payments.register.tables import CANCELLED_SESSION, CONTRIBUTION, attendance_recorders, attendances
from shared.db import Transaction


async def to_approve(tx: Transaction, *which: Any) -> dict[UUID, ToApprove]:
    """The claims that wait for a decision, with everything asked for; which: conditions on claims."""
    return await any_to_approve(tx, tables.claims.c.state.in_(TO_APPROVE), *which)


async def any_to_approve(tx: Transaction, *which: Any) -> dict[UUID, ToApprove]:
    """The same as to_approve(), whatever their state."""
    claims = tables.claims
    rows = await tx.all(
        select(
            claims,
            _people(tables.claim_helpers.c.person_id, tables.claim_helpers.c.claim_id == claims.c.id).label("helpers"),
            _people(
                attendance_recorders.c.person_id, attendance_recorders.c.attendance_id == claims.c.attendance_id
            ).label("recorders"),
            all_introducers_of(claims),
            _DECIDED_BEFORE,
            _asked().label("asked"),
            (_beside() + case((attendances.c.ground == CONTRIBUTION, _other_contributions()), else_=0)).label("beside"),
            attendances.c.ground,
        )
        .join(attendances, attendances.c.attendance_id == claims.c.attendance_id)
        .where(*which)
    )
    return {row.id: _facts_of(row) for row in rows}


def _facts_of(claim: Row[Any]) -> ToApprove:
    return ToApprove(
        state=ClaimState(claim.state),
        claimant=claim.participant_id,
        helpers=frozenset(claim.helpers) | ({claim.helped_by} - {None}),
        recorders=frozenset(claim.recorders) | {claim.recorded_by},
        introducers=frozenset(claim.introducers),
        amount_pence=claim.asked,
        beside_pence=claim.beside,
        approver_limit_pence=records.rates_of(claim).approver_limit,
        over_budget_pence=0,
        first_approver=claim.first_approver,
        decided_before=frozenset(claim.decided_before),
        for_cancelled=claim.ground == CANCELLED_SESSION,
    )


def _people(column: Any, where: Any) -> Any:
    return func.array(select(column).where(where).scalar_subquery(), type_=ARRAY(Uuid))


_DECIDED_BEFORE = literal_column(
    "CASE WHEN claims.looked_again THEN ARRAY("
    "WITH asked AS (SELECT id FROM steps WHERE about = coalesce(CASE claims.follows_because WHEN 'another-look' THEN "
    "claims.follows END, claims.id)"
    " AND what = 'another-look-asked'"
    " AND facts->>'looked_at_in' IS NOT DISTINCT FROM CASE claims.follows_because WHEN 'another-look' THEN "
    "claims.id::text END),"
    " looked_at AS (SELECT coalesce(CASE claims.follows_because WHEN 'another-look' THEN claims.follows END, "
    "claims.id) AS id),"
    " last AS (SELECT approver_id, first_approver FROM approvals, asked WHERE claim_id = (SELECT id FROM looked_at) "
    "AND approvals.id < asked.id"
    " ORDER BY approvals.id DESC LIMIT 1),"
    " changes AS (SELECT claim_changes.* FROM claim_changes, asked WHERE claim_id = (SELECT id FROM looked_at) AND "
    "claim_changes.id < asked.id),"
    " refused AS (SELECT changed_by FROM changes WHERE lines @> '[{\"now\": 0}]'"
    " AND id > ALL (SELECT id FROM changes WHERE what IN ('taken-back', 'reopened')))"
    " SELECT approver_id FROM last UNION SELECT first_approver FROM last WHERE first_approver IS NOT NULL UNION "
    "SELECT changed_by FROM refused)"
    " ELSE ARRAY[]::uuid[] END"
).label("decided_before")
"""PAY-14: who decided what a claim looks at again, as it was when the person asked: the last decision, by one or two
people, and whatever was refused before that and not asked for again since. Decisions in the look itself do not
count, nor do any that were taken back before."""


@cache
def _asked() -> Any:
    claims, lines = tables.claims, tables.lines
    counts = lines.c.state.in_([LineState.READY, LineState.APPROVED])
    return (
        select(records.pence_of_lines())
        .where(lines.c.claim_id == claims.c.id, counts)
        .correlate(claims)
        .scalar_subquery()
    )


@cache
def _beside() -> Any:
    """PAY-10: pence approved or asked for the same attendance beyond what is now decided: in the claims before or
    after this one, and in its lines that wait for a receipt. Otherwise slices could pass the limit."""
    claims, lines, others = tables.claims, tables.lines, tables.claims.alias()
    counts = lines.c.state.in_([LineState.READY, LineState.APPROVED, LineState.WAITING])
    elsewhere = (others.c.id != claims.c.id) & others.c.state.not_in([ClaimState.DECLINED, ClaimState.REFUSED])
    waits_here = (others.c.id == claims.c.id) & (lines.c.state == LineState.WAITING)
    pence = select(func.coalesce(func.sum(func.coalesce(lines.c.approved_pence, lines.c.amount_pence)), 0)).join(
        others, others.c.id == lines.c.claim_id
    )
    return (
        pence.where(others.c.attendance_id == claims.c.attendance_id, counts, or_(elsewhere, waits_here))
        .correlate(claims)
        .scalar_subquery()
    )


@cache
def _other_contributions() -> Any:
    """PAY-10: pence approved or asked for the person's other contributions to the opportunity: nobody but staff says
    that there were several, so slices could pass the limit here too."""
    claims, lines, others, theirs = tables.claims, tables.lines, tables.claims.alias(), attendances.alias()
    counts = lines.c.state.in_([LineState.READY, LineState.APPROVED, LineState.WAITING])
    pence = func.coalesce(func.sum(func.coalesce(lines.c.approved_pence, lines.c.amount_pence)), 0)
    return (
        select(pence)
        .join(others, others.c.id == lines.c.claim_id)
        .join(theirs, theirs.c.attendance_id == others.c.attendance_id)
        .where(
            others.c.participant_id == claims.c.participant_id,
            others.c.opportunity_id == claims.c.opportunity_id,
            others.c.attendance_id != claims.c.attendance_id,
            others.c.state.not_in([ClaimState.DECLINED, ClaimState.REFUSED]),
            theirs.c.ground == CONTRIBUTION,
            counts,
        )
        .correlate(claims)
        .scalar_subquery()
    )
