"""Following a question: a coordinator answers it; the asker hears, by mail if they have no account, and so does
everyone who has a place (OPP-22)."""

from typing import Any

from sqlalchemy import func, select, update

from services.notifications.domain.due import has_something_left, waits_for_more
from services.notifications.domain.tasks import Addressee
from services.notifications.queries.dates import dates_of
from services.notifications.queries.questions import WAITS_SET_ASIDE
from services.notifications.tables import opportunities, places
from services.notifications.tables import tasks as tasks_table
from services.notifications.use_cases import answers, calls, messages, tasks
from services.notifications.use_cases.opportunities import must_know
from shared.db import Transaction
from shared.events.opportunities import AnswersGone, AnswerShown, QuestionAnswered, QuestionAsked, QuestionFindingOut


async def hear_asked(tx: Transaction, event: QuestionAsked) -> None:
    """It may be about a listing that we hold back, so the task does not wait for our copy of it."""
    await _follow(tx, event)


async def _follow(tx: Transaction, event: QuestionAsked | QuestionFindingOut) -> None:
    """Whose it is to answer, and until when: a coordinator's, or of those who are named for what is set aside; if
    that is nobody, an administrator names another lead (FB-09). Who asked sees by when they hear, and is not asked to
    answer it."""
    asker = event.asker and event.asker.id
    clock: dict[str, Any] = {"person_id": asker, "opportunity_id": event.opportunity_id, "due_at": event.due_at}
    to = Addressee(frozenset(event.people)) if event.people else None
    happening = "question-set-aside" if to else "question-of-nobody" if event.set_aside else event.name
    await tasks.follow(tx, happening, event.question_id, event.version, to=to, **clock)


async def hear_answered(tx: Transaction, event: QuestionAnswered) -> None:
    """People who left a number were rung by the person who answered."""
    await tasks.follow(tx, event.name, event.question_id, event.version, opportunity_id=event.opportunity_id)
    if event.by_mail:
        await answers.tell_by_mail(tx, event)
    await calls.overtaken(tx, event.name, event.question_id)
    if event.asker is not None:
        await messages.tell(tx, event.asker, event.name, about=event.question_id, opportunity_id=event.opportunity_id)


async def hear_finding_out(tx: Transaction, event: QuestionFindingOut) -> None:
    """The task stays open until the new moment, and the asker hears of it. People who left a number were rung."""
    about, it = event.question_id, event.opportunity_id
    await _follow(tx, event)
    if event.by_mail:
        await answers.tell_by_mail(tx, event)
    if event.asker is not None and not await _is_answered(tx, event):
        await calls.overtaken(tx, event.name, about)
        due_at = event.due_at.isoformat()
        await messages.tell(tx, event.asker, event.name, about=about, opportunity_id=it, due_at=due_at)


async def _is_answered(tx: Transaction, event: QuestionFindingOut) -> bool:
    """Whether we heard of a later answer first."""
    of_it = tasks_table.c.kind == "answer-question", tasks_table.c.about == event.question_id
    later = tasks_table.c.settled_version > event.version, ~WAITS_SET_ASIDE.correlate(tasks_table)
    return bool(await tx.first(select(tasks_table.c.task_id).where(*of_it, *later)))


async def hear_shown(tx: Transaction, event: AnswerShown) -> None:
    """Everyone with a place hears that they can read it, except the asker, who has the answer. Guests hear from home.

    Whoever has yet to hear of another answer about the same opportunity reads both there, and hears once (NOT-02)."""
    it = event.opportunity_id
    await must_know(tx, it)
    its = select(opportunities.c.answers_gone).where(opportunities.c.opportunity_id == it).with_for_update()
    gone = await tx.scalar(its)
    if gone is not None and gone > tx.cause:
        return
    held = await tx.all(select(places).where(places.c.opportunity_id == it, places.c.held))
    knows = event.asker.id if event.asker is not None else None
    people = {row.participant_id for row in held if row.participant_kind == "person"} - {knows}
    people -= await messages.who_is_still_to_hear(tx, people, event.name, it, since=gone)
    dates = await dates_of(tx, it)
    over = not has_something_left(dates.ends, tx.now)
    await messages.tell_people(tx, people, event.name, about=it, opportunity_id=it, over=over)
    await messages.mail_later(tx, waits_for_more(dates.starts, tx.now))


async def hear_gone(tx: Transaction, event: AnswersGone) -> None:
    """Whoever was to be rung, or mailed, about an answer is not: there is none to read any longer. What they were told
    in the app stays, and says so (NOT-08)."""
    await must_know(tx, event.opportunity_id)
    it = opportunities.c.opportunity_id == event.opportunity_id
    known = func.greatest(func.coalesce(opportunities.c.answers_gone, tx.cause), tx.cause)
    await tx.execute(update(opportunities).where(it).values(answers_gone=known))
    await calls.overtaken(tx, event.name, event.opportunity_id)
