"""A person's own limit (PAY-09): setting it, and checking it before every act by which they would be paid more. No
step records any of this: nobody else is to know, not even a helper."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert

from services.payments.claims import tables
from services.payments.claims.domain import claims as rules
from services.payments.claims.domain import days
from services.payments.claims.domain import own_limits as limits
from services.payments.claims.domain.claims import ClaimState, LineState
from services.payments.claims.domain.own_limits import Passing, Period
from services.payments.claims.use_cases import records
from shared.db import Transaction

_COUNTED = frozenset({LineState.READY, LineState.APPROVED, LineState.WAITING})
_ALREADY = text("""
    SELECT coalesce(sum(coalesce(line.approved_pence, line.amount_pence)), 0) AS pence,
           coalesce(sum(coalesce(line.approved_pence, line.amount_pence)) FILTER (WHERE claims.state = 'open'), 0)
             AS unsent_pence,
           count(DISTINCT claims.id) FILTER (WHERE claims.state = 'open' AND coalesce(line.approved_pence,
             line.amount_pence) > 0) AS unsent_claims
      FROM claims
      JOIN claim_lines AS line ON line.claim_id = claims.id AND line.state IN ('ready', 'approved')
      LEFT JOIN LATERAL (
           SELECT max((ended_at AT TIME ZONE 'Europe/London')::date) AS day FROM payments
            WHERE payments.claim_id = claims.id AND payments.state = 'paid' AND payments.method = CASE
                  WHEN line.kind = 'participation' THEN claims.recognition
                  ELSE coalesce(expenses_method, CASE WHEN recognition IN ('cash', 'cheque')
                    THEN recognition ELSE 'bank-transfer' END) END
           ) AS paid ON true
     WHERE claims.participant_id = :person AND claims.id IS DISTINCT FROM CAST(:but AS uuid)
       AND claims.state NOT IN ('declined', 'refused')
       AND (line.kind = 'participation' OR NOT CAST(:fees_only AS boolean))
       AND (NOT claims.held OR claims.state = 'paid' OR paid.day IS NOT NULL)
       AND CASE WHEN paid.day IS NOT NULL THEN paid.day
                WHEN claims.state = 'paid' THEN target_day
                WHEN target_day IS NULL THEN CAST(:if_sent_now AS date)
                ELSE greatest(target_day, CAST(:today AS date)) END BETWEEN CAST(:first AS date) AND CAST(:last AS date)
""")
"""What else is paid in these days: by its payment's day, otherwise as limits.expected_on(). Each line follows the
way in which it leaves (rules.method_of_expenses)."""


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody is about to do with a claim. fee_pence: what its fee would be; None leaves it. more_costs: pence
    that are added. chooses: they say how they are thanked. goes_on: a payment that waits for them would go. beside:
    the claim stays as it is, and this sum is asked for in a claim of its own."""

    fee_pence: int | None = None
    more_costs: int = 0
    chooses: bool = False
    goes_on: bool = False
    beside: bool = False


AS_IT_IS = Act()


async def set_own_limit(
    tx: Transaction, person_id: UUID, period: Period, pence: int | None, fees_only: bool = False
) -> None:
    """PAY-09: None takes the limit away."""
    table = tables.own_limits
    if pence is None:
        await tx.execute(table.delete().where(table.c.person_id == person_id))
        return
    values = {"period": period, "pence": pence, "fees_only": fees_only}
    await tx.execute(
        insert(table)
        .values(person_id=person_id, **values)
        .on_conflict_do_update(index_elements=[table.c.person_id], set_=values)
    )


async def passing(tx: Transaction, person_id: UUID, claim_id: UUID, act: Act = AS_IT_IS) -> Passing | None:
    """PAY-09: what the person would be paid in this claim's week or month, if that passes their own limit. What
    counts is the day on which each thing is paid, or expected to be paid, because benefits look at that. Claims that
    their owner holds are not expected. They are asked once the way is known: nothing is sent before they have chosen
    how they are thanked."""
    limit = await tx.first(select(tables.own_limits).where(tables.own_limits.c.person_id == person_id))
    if limit is None:
        return None
    claim = await tx.one(select(tables.claims).where(tables.claims.c.id == claim_id))
    if (claim.held and not act.goes_on) or (claim.recognition is None and not act.chooses):
        return None
    rates = records.rates_of(claim)
    if_sent_now = days.clocks(tx.today, rates.target_working_days, rates.limit_days).target
    first, last = limits.week_or_month(_day(tx, claim, act, if_sent_now), limit.period)
    values = {
        "person": person_id,
        "but": None if act.beside else claim_id,
        "fees_only": limit.fees_only,
        "if_sent_now": if_sent_now,
        "today": tx.today,
    }
    already = await tx.one(_ALREADY, {**values, "first": first, "last": last})
    more = await _comes_to(tx, claim, act, limit.fees_only)
    if not limits.passes_own_limit(limit.pence, already.pence, more):
        return None
    return Passing(limit.pence, already.pence + more, first, last, already.unsent_pence, already.unsent_claims)


def _day(tx: Transaction, claim: Row[Any], act: Act, if_sent_now: Any) -> Any:
    if act.beside or claim.target_day is None:
        return if_sent_now
    target = claim.target_day
    if act.goes_on and claim.stopped_on is not None:
        target = days.clocks_after_stop(days.Clocks(claim.target_day, claim.pay_by), claim.stopped_on, tx.today).target
    return limits.expected_on(target, if_sent_now, tx.today)


async def _comes_to(tx: Transaction, claim: Row[Any], act: Act, fees_only: bool) -> int:
    if act.beside:
        return limits.counts(act.fee_pence or 0, act.more_costs, fees_only)
    lines = records.line_facts(await records.line_rows(tx, claim.id))
    now = rules.amounts(lines, _COUNTED)
    fee = now.participation if act.fee_pence is None else act.fee_pence
    return limits.counts(fee, now.expenses + act.more_costs, fees_only)


async def came_back(tx: Transaction, person_id: UUID) -> list[UUID]:
    """Claims that the bank sent back and that wait for this person, except those they hold."""
    claims = tables.claims
    waiting = select(claims.c.id).where(
        claims.c.participant_id == person_id, claims.c.state == ClaimState.RETURNED, ~claims.c.held
    )
    return [row.id for row in await tx.all(waiting.order_by(claims.c.id))]


async def must_be_asked(tx: Transaction, claim_id: UUID, passing: Passing) -> bool:
    table = tables.own_limit_answers
    row = await tx.first(select(table).where(table.c.claim_id == claim_id))
    return limits.must_be_asked(
        passing, None if row is None else Passing(row.limit_pence, row.pence, row.first_day, row.last_day)
    )


async def go_on(tx: Transaction, claim_id: UUID, passing: Passing) -> None:
    """They were asked, and want to continue."""
    values = {
        "limit_pence": passing.limit_pence,
        "pence": passing.pence,
        "first_day": passing.first,
        "last_day": passing.last,
    }
    table = tables.own_limit_answers
    answer = insert(table).values(claim_id=claim_id, **values)
    await tx.execute(answer.on_conflict_do_update(index_elements=[table.c.claim_id], set_=values))
