"""Switches off a kind of message by the link in a mail. `people` keeps what someone hears, so it is told; we stop at
once."""

from uuid import UUID

from sqlalchemy import func, select, update

from services.notifications.domain.messages import Kind, may_opt_out
from services.notifications.tables import cards
from services.notifications.use_cases import posting
from shared.db import Transaction, new_id
from shared.events.notifications import MessagesDeclined
from shared.messaging import outbox, steps
from shared.reasons import Missing


async def unsubscribe(tx: Transaction, person_id: UUID, kind: Kind) -> None:
    """NOT-02: from now on they get nothing of this kind. Saying so again is harmless. Missing for a kind that is always
    sent."""
    if not may_opt_out(kind):
        raise Missing
    card = await tx.one(select(cards.c.opted_out).where(cards.c.person_id == person_id).with_for_update())
    if kind in card.opted_out:
        return
    switched_off = {"opted_out": func.array_append(cards.c.opted_out, kind.value), "stored_at": func.clock_timestamp()}
    await tx.execute(update(cards).where(cards.c.person_id == person_id).values(**switched_off))
    await posting.leave_out_unwanted(tx, person_id)
    request_id = new_id()
    await outbox.add(tx, MessagesDeclined(version=1, request_id=request_id, person_id=person_id, kind=kind.value))
    await steps.add(tx, "messages-declined", about=person_id, kind=kind.value)
