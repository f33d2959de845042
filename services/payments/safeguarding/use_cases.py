"""Setting aside what somebody wrote in a claim, once a safeguarding concern was raised from it (FB-09)."""

from typing import Any

from sqlalchemy import ColumnElement, exists

from services.payments.safeguarding.tables import concerns_heard
from shared.copies import keep_newest
from shared.db import Transaction
from shared.events.feedback import ConcernOverdue, ConcernRaised, ConcernSettled, ConcernTaken
from shared.messaging import steps


async def hear_concern(tx: Transaction, event: ConcernRaised | ConcernOverdue | ConcernTaken | ConcernSettled) -> None:
    """FB-09: the claim's words leave ordinary view, and come back if it was no concern. Its sums are paid as ever."""
    if event.source != "claim" or event.source_id is None:
        return
    returned = isinstance(event, ConcernSettled) and event.returned
    values = {"version": event.version, "claim_id": event.source_id, "returned": returned}
    if await keep_newest(tx, concerns_heard, {"concern_id": event.concern_id}, values):
        await steps.add(tx, "returned-to-view" if returned else "set-aside", about=event.source_id)


def is_set_aside(claim_id: Any) -> ColumnElement[bool]:
    """FB-09: in SQL."""
    return exists().where(concerns_heard.c.claim_id == claim_id, concerns_heard.c.returned.is_(False))
