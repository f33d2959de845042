"""Following feedback: who must answer it, and telling the giver the answer (FB-04)."""

from uuid import UUID

from services.notifications.domain.feedback import giver_hears, happening_of_receiving, happening_to_calls
from services.notifications.domain.tasks import Addressee, addressee_of_feedback
from services.notifications.tables import feedback_items
from services.notifications.use_cases import calls, messages, tasks
from services.notifications.use_cases.opportunities import must_know
from shared.copies import keep_newest
from shared.db import Transaction
from shared.events.feedback import FeedbackClosed, FeedbackReceived


async def hear_received(tx: Transaction, event: FeedbackReceived) -> None:
    host = (await must_know(tx, event.opportunity_id)).host if event.opportunity_id else ""
    newest = await _keep(tx, event, ending=None)
    happening = happening_of_receiving(event.waiting_for, host, event.step)
    to = addressee_of_feedback(event.step, reviewer_role=event.reviewer_role, not_for=event.not_for)
    due_on = event.act_by if event.step == "release" else event.due_on
    await tasks.follow(
        tx, happening, event.item_id, event.version, to=to, opportunity_id=event.opportunity_id, due_on=due_on
    )
    if event.step == "agreement" and event.giver is not None and event.giver.kind == "person":
        theirs = Addressee(frozenset({event.giver.id}))
        more = {"to": theirs, "opportunity_id": event.opportunity_id, "due_on": event.act_by}
        await tasks.follow(tx, f"{happening}-for-its-giver", event.item_id, event.version, **more)
        if newest:
            await messages.tell(
                tx, event.giver, "feedback-words", about=event.item_id, opportunity_id=event.opportunity_id
            )


async def hear_closed(tx: Transaction, event: FeedbackClosed) -> None:
    """The giver is told that it is closed, unless they withdrew it or it is taken up in person."""
    if event.opportunity_id is not None:
        await must_know(tx, event.opportunity_id)
    newest = await _keep(tx, event, ending=event.ending)
    await tasks.follow(tx, event.name, event.item_id, event.version, opportunity_id=event.opportunity_id)
    if newest and event.dealt_with:
        await messages.tell(tx, event.giver, "feedback-news", chosen=event.hear_by, about=event.item_id)
    elif newest and giver_hears(event.ending):
        await messages.tell(
            tx,
            event.giver,
            event.name,
            chosen=event.hear_by,
            about=event.item_id,
            opportunity_id=event.opportunity_id,
            ending=event.ending,
        )


async def _keep(tx: Transaction, event: FeedbackReceived | FeedbackClosed, *, ending: str | None) -> bool:
    """False if we already know something later."""
    giver: UUID | None = event.giver.id if event.giver and event.giver.kind == "person" else None
    values = {
        "version": event.version,
        "opportunity_id": event.opportunity_id,
        "giver_id": giver,
        "ending": ending,
        "changed_at": tx.now,
    }
    kept = await keep_newest(tx, feedback_items, {"item_id": event.item_id}, values)
    if kept:
        dealt_with = isinstance(event, FeedbackClosed) and event.dealt_with
        await calls.overtaken(tx, happening_to_calls(event.name, ending, dealt_with=dealt_with), event.item_id)
    return kept
