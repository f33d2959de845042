"""Asking us about something, and our answer (OPP-22)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, select, tuple_, union_all, update
from sqlalchemy.dialects.postgresql import insert

from services.opportunities import domain
from services.opportunities.tables import listing_sessions, listings, opportunities, questions, sessions
from shared.db import Transaction, new_id
from shared.events import ParticipantRef
from shared.events.opportunities import QuestionAnswered, QuestionAsked
from shared.messaging import outbox, steps
from shared.reasons import Missing, Refused

ON_A_PAGE = 50


async def ask(tx: Transaction, opportunity_id: UUID, words: str, *, asker: ParticipantRef | None, reach: str) -> UUID:
    """Kept here alone. A coordinator has it as a task, with a clock."""
    if reasons := domain.reasons_not_to_ask_us(words, reach, signed_in=asker is not None):
        raise Refused(reasons)
    ours = select(sessions.c.starts_at).where(sessions.c.opportunity_id == opportunity_id, sessions.c.cancelled_at.is_(None))
    theirs = select(listing_sessions.c.starts_at).where(listing_sessions.c.listing_id == opportunity_id)
    starts = [row.starts_at for row in await tx.all(union_all(ours, theirs))]
    question_id, due_at = new_id(), domain.answer_question_by(tx.now, starts)
    kept = {"opportunity_id": opportunity_id, "asker_id": asker.id if asker else None, "reach": "" if asker else reach}
    await tx.execute(insert(questions).values(id=question_id, words=words, asked_at=tx.now, due_at=due_at, **kept))
    await outbox.add(tx, QuestionAsked(version=1, question_id=question_id, opportunity_id=opportunity_id, due_at=due_at))
    await steps.add(tx, "question-asked", about=question_id, opportunity_id=opportunity_id)
    return question_id


async def answer(tx: Transaction, question_id: UUID, words: str, organisation: str) -> None:
    """Who was signed in hears that there is an answer; whoever left a number or an address was told by whoever answers."""
    row = await tx.one(select(questions).where(questions.c.id == question_id).with_for_update())
    if reasons := domain.reasons_not_to_answer_question(words, answered=row.answered_at is not None):
        raise Refused(reasons)
    answered = {"answer": words, "answered_at": tx.now, "answered_by": tx.actor.id}
    await tx.execute(update(questions).where(questions.c.id == question_id).values(**answered))
    asker = ParticipantRef(kind="person", id=row.asker_id, home=organisation) if row.asker_id else None
    await outbox.add(tx, QuestionAnswered(version=2, question_id=question_id, opportunity_id=row.opportunity_id, asker=asker))
    await steps.add(tx, "question-answered", about=question_id, opportunity_id=row.opportunity_id)


async def read(tx: Transaction, question_id: UUID) -> Row[Any]:
    """For staff. PRI-03: reading how to reach somebody is written down."""
    row = await tx.one(_with_titles().where(questions.c.id == question_id))
    if row.reach:
        await steps.add(tx, "contact-details-read", about=question_id)
    return row


async def own(tx: Transaction, question_id: UUID, person_id: UUID) -> Row[Any]:
    """Missing if somebody else asked it."""
    row = await tx.first(_with_titles().where(questions.c.id == question_id, questions.c.asker_id == person_id))
    if row is None:
        raise Missing
    return row


async def waiting(tx: Transaction, after: UUID | None) -> tuple[list[Row[Any]], UUID | None]:
    """The open ones, the soonest due first; and where the next page goes on."""
    where: Any = questions.c.answered_at.is_(None)
    if after is not None:
        last = select(questions.c.due_at, questions.c.id).where(questions.c.id == after).subquery()
        where &= tuple_(questions.c.due_at, questions.c.id) > select(last.c.due_at, last.c.id).scalar_subquery()
    rows = list(await tx.all(_with_titles().where(where).order_by(questions.c.due_at, questions.c.id).limit(ON_A_PAGE + 1)))
    return rows[:ON_A_PAGE], rows[ON_A_PAGE - 1].id if len(rows) > ON_A_PAGE else None


async def forget(tx: Transaction, days: int) -> None:
    """PRI-04: what was answered so many days ago."""
    await tx.execute(delete(questions).where(questions.c.answered_at < tx.now - timedelta(days=days)))


def _with_titles() -> Any:
    ours = select(opportunities.c.title).where(opportunities.c.id == questions.c.opportunity_id).scalar_subquery()
    theirs = select(listings.c.title).where(listings.c.id == questions.c.opportunity_id).scalar_subquery()
    return select(questions, ours.label("our_title"), theirs.label("their_title"))
