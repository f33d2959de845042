"""Setting aside what a safeguarding concern was raised from (FB-09)."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select, update

from services.opportunities.safeguarding.tables import concerns_heard
from shared.copies import keep_newest
from shared.db import Transaction
from shared.events.feedback import ConcernOverdue, ConcernRaised, ConcernSettled, ConcernTaken
from shared.messaging import steps

AnyConcern = ConcernRaised | ConcernOverdue | ConcernTaken | ConcernSettled
OURS = ("question", "need")


async def hear_concern(tx: Transaction, event: AnyConcern) -> bool:
    """FB-09: whether it was raised from something of ours, and is news."""
    if event.source not in OURS or event.source_id is None:
        return False
    returned = isinstance(event, ConcernSettled) and event.returned
    kept = {"version": event.version, "source": event.source, "source_id": event.source_id}
    if not await keep_newest(
        tx, concerns_heard, {"concern_id": event.concern_id}, {**kept, "has_it": event.has_it, "returned": returned}
    ):
        return False
    await steps.add(tx, "returned-to-view" if returned else "set-aside", about=event.source_id)
    return True


def is_set_aside(source_id: Any) -> ColumnElement[bool]:
    """FB-09: in SQL, for lists."""
    return exists().where(concerns_heard.c.source_id == source_id, concerns_heard.c.returned.is_(False))


async def concerns_about(tx: Transaction, source_id: UUID) -> list[frozenset[UUID]]:
    """Who has each concern for which this is set aside; none if it is not."""
    of_it = concerns_heard.c.source_id == source_id, concerns_heard.c.returned.is_(False)
    return [frozenset(row.has_it) for row in await tx.all(select(concerns_heard.c.has_it).where(*of_it))]


async def hear_who_has_it(tx: Transaction, source_id: UUID, has_it: Mapping[UUID, Collection[UUID]]) -> bool:
    """FB-09: who has each concern now, as feedback says, which its events may say only in a moment; whether that is
    news. A concern that it does not name is on its way back to ordinary view: nobody has it."""
    changed = False
    of_it = concerns_heard.c.source_id == source_id, concerns_heard.c.returned.is_(False)
    for row in await tx.all(select(concerns_heard).where(*of_it).with_for_update()):
        people = sorted(has_it.get(row.concern_id, ()))
        if people != sorted(row.has_it):
            this = concerns_heard.c.concern_id == row.concern_id
            await tx.execute(update(concerns_heard).where(this).values(has_it=people))
            changed = True
    return changed


async def concern_ids(tx: Transaction, source_id: UUID) -> list[UUID]:
    """The concerns for which this is set aside, for whoever has all of them."""
    of_it = concerns_heard.c.source_id == source_id, concerns_heard.c.returned.is_(False)
    found = select(concerns_heard.c.concern_id).where(*of_it).order_by(concerns_heard.c.concern_id)
    return [row.concern_id for row in await tx.all(found)]
