"""Letters by post, for staff: those to print and to post, and those that were posted (NOT-08)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, exists, select

from services.notifications.domain.channels import LETTER, PHONE
from services.notifications.domain.posting import AT_ONCE
from services.notifications.tables import calls, cards, messages
from shared.db import Transaction, one_of
from shared.paging import page_of

_LETTERS = calls.c.way == LETTER
_OPEN = calls.c.settled_at.is_(None)


def _with_names(*columns: Any) -> Any:
    shown = calls.c.call_id, calls.c.person_id, cards.c.name, cards.c.told_apart_by, *columns
    return select(*shown).join(cards, cards.c.person_id == calls.c.person_id).where(_LETTERS)


async def to_print(tx: Transaction) -> Sequence[Row[Any]]:
    """The first that are not on paper yet, as many as one print takes, the most urgent first."""
    due = _with_names(calls.c.due_at).where(_OPEN, calls.c.printed_at.is_(None))
    return await tx.all(due.order_by(calls.c.due_at, calls.c.call_id).limit(AT_ONCE))


async def to_post(tx: Transaction) -> Sequence[Row[Any]]:
    """The first that are printed, and why one is not needed any more."""
    due = _with_names(calls.c.due_at, calls.c.printed_at, calls.c.needless)
    printed = due.where(_OPEN, calls.c.printed_at.is_not(None))
    return await tx.all(printed.order_by(calls.c.due_at, calls.c.call_id).limit(AT_ONCE))


async def posted(tx: Transaction, after: str | None = None) -> tuple[Sequence[Row[Any]], str | None]:
    """A page of letters that were posted, newest first, with the state of each; and where the next page begins."""
    gone = _with_names(calls.c.settled_at, messages.c.state).where(calls.c.settled_because == "posted")
    joined = gone.join(messages, messages.c.message_id == calls.c.message_id)
    return await page_of(tx, joined, calls.c.settled_at, calls.c.call_id, after=after, newest_first=True)


async def address_is_wrong(tx: Transaction, person_id: UUID) -> bool:
    """NOT-06: whether somebody is to ring them because a letter did not reach them."""
    because = calls.c.person_id == person_id, calls.c.way == PHONE, _OPEN
    of_letter = messages.c.message_id == calls.c.message_id, messages.c.channel == LETTER, messages.c.state == "failed"
    return bool(await tx.scalar(select(exists().where(*because, *of_letter))))


async def whose(tx: Transaction, call_ids: Sequence[UUID]) -> list[UUID]:
    """The people to whom these letters go, of those that are not posted."""
    found = select(calls.c.person_id).where(_LETTERS, _OPEN, one_of(calls.c.call_id, call_ids)).distinct()
    return [row.person_id for row in await tx.all(found.order_by(calls.c.person_id))]
