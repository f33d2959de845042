"""What our gateway seals with feedback that leaves: words and answers as they are now, and nothing about their writers
(NET-02)."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from sqlalchemy import case, func, select

from services.feedback.domain.network import words_of_answer, words_that_leave
from services.feedback.tables import asked_hosts, crossings, endings, items, responses
from shared.db import Transaction, one_of
from shared.events.base import Fact
from shared.events.feedback import Answer, GuestFeedbackAnswered, GuestFeedbackGiven, GuestWords

Contents = dict[UUID, tuple[int, Fact | None]]
"""By the id in the event: the version, and the content; None if it has gone for good."""


async def words(tx: Transaction, item_ids: Sequence[UUID]) -> Contents:
    """What givers let the host read: exactly the words that the giver and staff have read. Items that crossed before
    anybody read them first keep their own words."""
    rows = await tx.all(
        select(
            items.c.item_id,
            items.c.version,
            items.c.ending,
            func.coalesce(crossings.c.words, items.c.words).label("words"),
        )
        .join(asked_hosts, asked_hosts.c.item_id == items.c.item_id)
        .outerjoin(crossings, (crossings.c.item_id == items.c.item_id) & (crossings.c.state == "released"))
        .where(one_of(items.c.item_id, item_ids))
    )
    found: Contents = {}
    for row in rows:
        leaving = words_that_leave(row.words, row.ending)
        found[row.item_id] = (row.version, None if leaving is None else GuestWords(words=leaving))
    return found


async def answers(tx: Transaction, their_ids: Sequence[UUID]) -> Contents:
    """Answers to guests' items, by the ids that these have at home. A joined item has the answer of the one that speaks
    for it."""
    speaker = items.alias("speaker")
    said = select(responses.c.text).where(
        responses.c.response_id == case((items.c.ending == "joined", speaker.c.response_id), else_=items.c.response_id)
    )
    why = (
        select(endings.c.reason)
        .where(endings.c.item_id == items.c.item_id, endings.c.ending == "spam")
        .order_by(endings.c.ending_id.desc())
        .limit(1)
    )
    rows = await tx.all(
        select(
            items.c.giver_id,
            items.c.version,
            items.c.ending,
            func.coalesce(said.scalar_subquery(), "").label("said"),
            func.coalesce(why.scalar_subquery(), "").label("why"),
        )
        .outerjoin(speaker, speaker.c.item_id == items.c.joined_to)
        .where(items.c.giver_kind == "guest", one_of(items.c.giver_id, their_ids))
    )
    return {
        row.giver_id: (row.version, Answer(answer=words_of_answer(row.ending, answer=row.said, reason=row.why)))
        for row in rows
    }


CONTENTS: dict[str, Callable[[Transaction, Sequence[UUID]], Awaitable[Contents]]] = {
    GuestFeedbackGiven.name: words,
    GuestFeedbackAnswered.name: answers,
}
