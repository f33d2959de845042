"""Reminds people of tasks before they are late: one message a person for all of a kind that come due together
(FB-03)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Text, cast, or_, select, text, update

from services.notifications.domain.channels import channels_for
from services.notifications.domain.messages import MESSAGES
from services.notifications.domain.tasks import is_due_soon, tasks_reminded_of
from services.notifications.tables import addressee_of, card_of, cards, tasks
from services.notifications.use_cases import messages
from shared.db import Transaction, new_id, one_of

_OPEN = text("tasks.opened_version > coalesce(tasks.settled_version, -1)")
AT_ONCE = 1000


async def remind_of_tasks(tx: Transaction) -> None:
    """Once for each last day of a task, however often this runs."""
    for kind, days in tasks_reminded_of():
        soon = tasks.c.due_on.between(tx.today, tx.today + timedelta(days=days))
        unsaid = tasks.c.reminded_for.is_distinct_from(tasks.c.due_on)
        query = (
            select(tasks)
            .where(_OPEN, tasks.c.kind == kind, soon, unsaid)
            .order_by(tasks.c.due_on, tasks.c.task_id)
            .limit(AT_ONCE)
        )
        rows = [
            row
            for row in await tx.all(query.with_for_update())
            if is_due_soon(row.due_on, days, tx.today, row.reminded_for)
        ]
        if rows:
            await _remind(tx, kind, rows)


async def _remind(tx: Transaction, kind: str, rows: Sequence[Row[Any]]) -> None:
    named = {person for row in rows for person in addressee_of(row).people}
    roles = sorted({role for row in rows if (role := addressee_of(row).role)})
    held = await tx.all(
        select(cards).where(or_(cards.c.roles.op("&&")(cast(roles, ARRAY(Text))), one_of(cards.c.person_id, named)))
    )
    theirs: dict[UUID, list[Row[Any]]] = defaultdict(list)
    people = {row.person_id: card_of(row) for row in held}
    for card in people.values():
        theirs[card.person_id] = [row for row in rows if addressee_of(row).includes(card.person_id, card.roles, tx.now)]
    for person_id, due in theirs.items():
        if due:
            told = [(person_id, channel) for channel in channels_for(people[person_id], MESSAGES["feedback-due"].kind)]
            facts = {"count": len(due), "due_on": due[0].due_on.isoformat(), "task": kind}
            its = {row.opportunity_id for row in due}
            about = {"about": due[0].about, "opportunity_id": its.pop() if len(its) == 1 else None}
            await messages.tell_all(tx, told, "feedback-due", event_id=new_id(), **about, **facts)
    ids = [row.task_id for row in rows]
    await tx.execute(update(tasks).where(one_of(tasks.c.task_id, ids)).values(reminded_for=tasks.c.due_on))
