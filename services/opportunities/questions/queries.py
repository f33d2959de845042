"""Questions as they stand: one, those of one person, and those that wait for us (OPP-22)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select, text, true, tuple_

from services.opportunities.answers.domain import from_text
from services.opportunities.answers.queries import shown_of
from services.opportunities.listings.tables import listing_sessions, listings, organisations
from services.opportunities.questions.tables import questions
from services.opportunities.safeguarding.use_cases import is_set_aside
from services.opportunities.writing.tables import opportunities, sessions
from shared.db import Transaction, one_of
from shared.promises import first_begins_before
from shared.reasons import Missing

ON_A_PAGE = 50
_WAITING = text("(answered_at IS NULL OR mailing IN ('failed', 'unknown'))")
"""Must equal the condition of the index ix_questions_waiting."""


async def named(tx: Transaction, question_id: UUID) -> Row[Any]:
    """With what it is about."""
    return await tx.one(_with_titles(tx.now).where(questions.c.id == question_id))


async def asked_by(tx: Transaction, question_id: UUID) -> tuple[UUID | None] | None:
    """Who asked it, if they have an account; None if there is no such question."""
    row = await tx.first(select(questions.c.asker_id).where(questions.c.id == question_id))
    return (row.asker_id,) if row else None


async def own(tx: Transaction, question_id: UUID, person_id: UUID, *, helped: bool = False) -> Row[Any]:
    """Missing if somebody else asked it, or a helper reads what is set aside (FB-09)."""
    row = await tx.first(_with_titles(tx.now).where(questions.c.id == question_id, questions.c.asker_id == person_id))
    if row is None or (helped and row.set_aside):
        raise Missing
    return row


async def waiting_of(
    tx: Transaction, person_id: UUID, opportunity_id: UUID | None = None, *, helped: bool = False
) -> list[Row[Any]]:
    """OPP-22: what this person asked about it, or about anything, and has no answer to yet, the soonest due first.
    helped: a helper reads it, who does not see what is set aside (FB-09)."""
    about_it = [] if opportunity_id is None else [questions.c.opportunity_id == opportunity_id]
    open_ones = _with_titles(tx.now).where(
        questions.c.asker_id == person_id, questions.c.answered_at.is_(None), *about_it
    )
    found = await tx.all(open_ones.order_by(questions.c.due_at, questions.c.id).limit(ON_A_PAGE))
    return [row for row in found if not (helped and row.set_aside)]


async def words_of_shown(tx: Transaction, opportunity_id: UUID) -> list[str]:
    """NOT-08: the answers of an opportunity or a listing that everybody reads, newest first, to be told by
    telephone."""
    theirs = await tx.scalar(select(listings.c.answers).where(listings.c.id == opportunity_id))
    read = [*await shown_of(tx, opportunity_id), *from_text(theirs or "")]
    return [line for each in read for line in (each.question, *each.answer.splitlines())]


async def waiting(tx: Transaction, after: UUID | None) -> tuple[list[Row[Any]], UUID | None]:
    """Open questions, and those whose answer did not arrive, the soonest due first; and where the next page begins.
    FB-09: one that is set aside leaves the list, as if somebody had answered it."""
    later: Any = true()
    if after is not None:
        last = select(questions.c.due_at, questions.c.id).where(questions.c.id == after).subquery()
        later = tuple_(questions.c.due_at, questions.c.id) > select(last.c.due_at, last.c.id).scalar_subquery()
    rows = list(
        await tx.all(
            _with_titles(tx.now)
            .where(_WAITING, later, ~is_set_aside(questions.c.id))
            .order_by(questions.c.due_at, questions.c.id)
            .limit(ON_A_PAGE + 1)
        )
    )
    return rows[:ON_A_PAGE], rows[ON_A_PAGE - 1].id if len(rows) > ON_A_PAGE else None


def _begins_before(now: datetime) -> ColumnElement[datetime | None]:
    ours = sessions.c.opportunity_id == questions.c.opportunity_id, sessions.c.cancelled_at.is_(None)
    theirs = listing_sessions.c.listing_id == questions.c.opportunity_id
    return func.least(
        first_begins_before(sessions.c.starts_at, now, questions.c.due_at, *ours),
        first_begins_before(listing_sessions.c.starts_at, now, questions.c.due_at, theirs),
    )


def _with_titles(now: datetime) -> Any:
    ours = select(opportunities.c.title).where(opportunities.c.id == questions.c.opportunity_id).scalar_subquery()
    theirs = select(listings.c.title).where(listings.c.id == questions.c.opportunity_id).scalar_subquery()
    return select(
        questions,
        _begins_before(now).label("begins_before"),
        ours.label("our_title"),
        theirs.label("their_title"),
        is_set_aside(questions.c.id).label("set_aside"),
    )


async def to_mail(tx: Transaction, question_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """What notifications mails, as it is now. Ids without anything to mail are left out. For a listing, who runs it.
    answer "": we are finding out, until due_at."""
    host = select(func.coalesce(func.nullif(organisations.c.display_name, ""), listings.c.origin))
    host = host.select_from(listings.outerjoin(organisations, organisations.c.origin == listings.c.origin))
    host = host.where(listings.c.id == questions.c.opportunity_id).scalar_subquery()
    rows = await tx.all(
        select(questions, host.label("host")).where(
            one_of(questions.c.id, question_ids), questions.c.mailing == "queued", questions.c.reach != ""
        )
    )
    return {
        row.id: {
            "version": row.version,
            "address": row.reach,
            "opportunity_id": str(row.opportunity_id),
            "title": row.title_then,
            "host": row.host or "",
            "answer": row.answer,
            "asked_at": row.asked_at.isoformat(),
            "due_at": row.due_at.isoformat(),
        }
        for row in rows
    }
