"""Following what somebody asks before they join: a coordinator answers it, and the asker hears, by mail if they have no
account (OPP-22)."""

from services.notifications.use_cases import answers, messages, tasks
from shared.db import Transaction
from shared.events.opportunities import QuestionAnswered, QuestionAsked


async def hear_asked(tx: Transaction, event: QuestionAsked) -> None:
    """What it is about may be a listing that we hold back: the task does not wait to know it."""
    await tasks.follow(
        tx, event.name, event.question_id, event.version, opportunity_id=event.opportunity_id, due_at=event.due_at
    )


async def hear_answered(tx: Transaction, event: QuestionAnswered) -> None:
    """Whoever left a number was rung by whoever answered."""
    await tasks.follow(tx, event.name, event.question_id, event.version, opportunity_id=event.opportunity_id)
    if event.by_mail:
        await answers.queue(tx, event)
    if event.asker is not None:
        await messages.tell(tx, event.asker, event.name, about=event.question_id, opportunity_id=event.opportunity_id)
