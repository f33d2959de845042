"""People who walked in before we knew whether they are 18 or over: a coordinator asks them, unless `people` tells us
first (PEO-03)."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from services.opportunities.people.tables import ages_to_ask
from shared.db import Transaction, one_of
from shared.events.opportunities import AgeWaits
from shared.messaging import outbox, steps

ASK_WITHIN = timedelta(days=1)


async def ask_for_age(tx: Transaction, person_id: UUID) -> None:
    """Somebody is here and on the register. If asked for twice, the first clock keeps running."""
    due_at = tx.now + ASK_WITHIN
    adding = insert(ages_to_ask).values(person_id=person_id, version=1, waiting=True, due_at=due_at)
    again = {"version": ages_to_ask.c.version + 1, "waiting": True, "due_at": due_at}
    asked = adding.on_conflict_do_update(
        index_elements=["person_id"], set_=again, where=~ages_to_ask.c.waiting
    ).returning(ages_to_ask.c.version)
    version = await tx.scalar(asked)
    if version is not None:
        await outbox.add(tx, AgeWaits(version=version, person_id=person_id, waiting=True, due_at=due_at))
        await steps.add(tx, "age-to-ask", about=person_id)


async def ages_are_known(tx: Transaction, person_ids: Collection[UUID]) -> None:
    """`people` has told us these ages, so nobody needs to ask."""
    waiting = one_of(ages_to_ask.c.person_id, person_ids) & ages_to_ask.c.waiting
    ending = update(ages_to_ask).where(waiting).values(waiting=False, due_at=None, version=ages_to_ask.c.version + 1)
    for row in await tx.all(ending.returning(ages_to_ask.c.person_id, ages_to_ask.c.version)):
        await outbox.add(tx, AgeWaits(version=row.version, person_id=row.person_id, waiting=False))
