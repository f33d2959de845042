"""Setting aside what somebody wrote in a claim, once a safeguarding concern was raised from it (FB-09)."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, text
from sqlalchemy.dialects.postgresql import insert

from services.payments.safeguarding.tables import answered_for, concerns_heard
from shared.copies import keep_newest
from shared.db import Transaction, one_of
from shared.events.feedback import ConcernOverdue, ConcernRaised, ConcernSettled, ConcernTaken
from shared.messaging import steps


async def hear_concern(tx: Transaction, event: ConcernRaised | ConcernOverdue | ConcernTaken | ConcernSettled) -> None:
    """FB-09: the claim's words leave ordinary view, and come back if it was no concern. Its sums are paid as ever."""
    if event.source != "claim" or event.source_id is None:
        return
    returned = isinstance(event, ConcernSettled) and event.returned
    values = {"version": event.version, "claim_id": event.source_id, "returned": returned}
    values |= {"marked_as": event.marked_as, "has_it": event.has_it}
    if await keep_newest(tx, concerns_heard, {"concern_id": event.concern_id}, values):
        await steps.add(tx, "returned-to-view" if returned else "set-aside", about=event.source_id)


def is_set_aside(claim_id: Any) -> ColumnElement[bool]:
    """FB-09: in SQL."""
    return exists().where(concerns_heard.c.claim_id == claim_id, ~concerns_heard.c.returned)


def is_answered_for(lines: Any) -> ColumnElement[bool]:
    """FB-09: in SQL, of lines: those who read what is set aside said if its miles are right, or show its receipt."""
    return exists().where(answered_for.c.id.in_([lines.c.id, lines.c.receipt_id]))


def has_too_many_miles(lines: Any) -> ColumnElement[bool]:
    """FB-09: in SQL, of lines: those who read what is set aside said that fewer miles are right."""
    return exists().where(answered_for.c.id == lines.c.id, answered_for.c.too_many)


def who_have_them(claim_ids: Any) -> Any:
    """FB-09: in SQL: who has each concern for which the words of these claims are set aside, as a list of lists in
    JSON; null for one of which we do not know."""
    has_it = func.to_jsonb(concerns_heard.c.has_it)
    heard = select(func.coalesce(func.jsonb_agg(has_it), text("'[]'::jsonb")))
    return heard.where(concerns_heard.c.claim_id.in_(claim_ids), ~concerns_heard.c.returned)


async def roles_that_set_aside(tx: Transaction, claim_ids: Collection[UUID]) -> list[str]:
    """FB-09: in which roles these claims' words were set aside; "" for a role that nobody asked for then."""
    of_them = one_of(concerns_heard.c.claim_id, claim_ids), ~concerns_heard.c.returned
    marked_as = concerns_heard.c.marked_as
    return [row.marked_as for row in await tx.all(select(marked_as).where(*of_them).distinct().order_by(marked_as))]


async def answer_for(tx: Transaction, claim_id: UUID, id: UUID, person_id: UUID, *, too_many: bool) -> None:
    """Once; a second time changes nothing."""
    values = {"id": id, "claim_id": claim_id, "answered_by": person_id, "answered_at": tx.now, "too_many": too_many}
    made = await tx.execute(insert(answered_for).values(values).on_conflict_do_nothing())
    if made.rowcount:
        await steps.add(tx, "set-aside-answered-for", about=claim_id, of=id)
