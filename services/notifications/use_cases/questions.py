"""Following a question: a coordinator answers it; the asker hears, by mail if they have no account, and so does
everyone who has a place (OPP-22)."""

from sqlalchemy import select

from services.notifications.tables import places
from services.notifications.use_cases import answers, messages, tasks
from services.notifications.use_cases.opportunities import must_know
from shared.db import Transaction
from shared.events.opportunities import AnswerShown, QuestionAnswered, QuestionAsked, QuestionFindingOut


async def hear_asked(tx: Transaction, event: QuestionAsked) -> None:
    """It may be about a listing that we hold back, so the task does not wait for our copy of it."""
    await tasks.follow(
        tx, event.name, event.question_id, event.version, opportunity_id=event.opportunity_id, due_at=event.due_at
    )


async def hear_answered(tx: Transaction, event: QuestionAnswered) -> None:
    """People who left a number were rung by the person who answered."""
    await tasks.follow(tx, event.name, event.question_id, event.version, opportunity_id=event.opportunity_id)
    if event.by_mail:
        await answers.queue(tx, event)
    if event.asker is not None:
        await messages.tell(tx, event.asker, event.name, about=event.question_id, opportunity_id=event.opportunity_id)


async def hear_finding_out(tx: Transaction, event: QuestionFindingOut) -> None:
    """The task stays open until the new moment, and the asker hears of it. People who left a number were rung."""
    about, it = event.question_id, event.opportunity_id
    await tasks.follow(tx, event.name, about, event.version, opportunity_id=it, due_at=event.due_at)
    if event.by_mail:
        await answers.queue(tx, event)
    if event.asker is not None:
        due_at = event.due_at.isoformat()
        await messages.tell(tx, event.asker, event.name, about=about, opportunity_id=it, due_at=due_at)


async def hear_shown(tx: Transaction, event: AnswerShown) -> None:
    """Everyone with a place hears that they can read it, except the asker, who has the answer. Guests hear from
    home."""
    it = event.opportunity_id
    await must_know(tx, it)
    held = await tx.all(select(places).where(places.c.opportunity_id == it, places.c.held))
    knows = event.asker.id if event.asker is not None else None
    people = {row.participant_id for row in held if row.participant_kind == "person"} - {knows}
    await messages.tell_people(tx, people, event.name, about=it, opportunity_id=it)
