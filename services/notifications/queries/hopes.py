"""Who was offered a place, and until when they can say yes or no (OPP-05)."""

from sqlalchemy import func, select

from services.notifications.tables import places, tasks

ANSWER_BY = (
    select(tasks.c.due_at)
    .where(
        tasks.c.kind == "answer-offer",
        tasks.c.about == places.c.place_id,
        tasks.c.opened_version > func.coalesce(tasks.c.settled_version, -1),
        places.c.waiting,
    )
    .correlate(places)
    .scalar_subquery()
    .label("answer_by")
)
"""Of a row of places; NULL unless it is offered."""
