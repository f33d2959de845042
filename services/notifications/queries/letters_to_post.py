"""Letters by post, for staff: those to print and to post, and those that were posted (NOT-01, NOT-06, NOT-08)."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, exists, func, or_, select

from services.notifications.domain.channels import LETTER, PHONE
from services.notifications.domain.posting import AT_ONCE, LetterByPost
from services.notifications.queries.ways import AGAIN, HELD
from services.notifications.tables import calls, cards, messages
from shared.db import Transaction, one_of
from shared.paging import page_of

_LETTERS = calls.c.way == LETTER
_OPEN = calls.c.settled_at.is_(None)
_printer = cards.alias()


def _with_names(*columns: Any) -> Any:
    shown = calls.c.call_id, calls.c.number, calls.c.message_id, calls.c.person_id, cards.c.name, cards.c.told_apart_by
    return select(*shown, *columns).join(cards, cards.c.person_id == calls.c.person_id).where(_LETTERS)


async def to_print(tx: Transaction) -> Sequence[Row[Any]]:
    """The first that are not on paper yet, or have to be printed again, as many as one print takes, the most urgent
    first."""
    new = and_(calls.c.printed_at.is_(None), ~HELD)
    due = _with_names(calls.c.due_at).where(
        _OPEN, calls.c.needless.is_(None), or_(new, AGAIN.in_(("address", "words")))
    )
    return await tx.all(due.order_by(calls.c.due_at, calls.c.call_id).limit(AT_ONCE))


async def to_post(tx: Transaction) -> Sequence[Row[Any]]:
    """The first that are printed, why what is on paper will not do, and why one is not needed any more."""
    due = _with_names(calls.c.due_at, calls.c.printed_at, calls.c.needless, AGAIN.label("again"))
    printed = due.where(_OPEN, calls.c.printed_at.is_not(None))
    return await tx.all(printed.order_by(calls.c.due_at, calls.c.call_id).limit(AT_ONCE))


async def without_address(tx: Transaction) -> Sequence[Row[Any]]:
    """NOT-06: the people whose letters wait because one came back, with how many wait, the most urgent first."""
    whose = calls.c.person_id, cards.c.name, cards.c.told_apart_by
    waiting = select(*whose, func.count().label("count"), func.min(calls.c.due_at).label("due_at"))
    theirs = waiting.join(cards, cards.c.person_id == calls.c.person_id).where(_OPEN, HELD).group_by(*whose)
    return await tx.all(theirs.order_by("due_at", calls.c.person_id))


async def posted(tx: Transaction, after: str | None = None) -> tuple[Sequence[Row[Any]], str | None]:
    """A page of letters that were posted, newest first, with the state of each; and where the next page begins."""
    gone = _with_names(calls.c.settled_at, messages.c.state).where(calls.c.settled_because == "posted")
    joined = gone.join(messages, messages.c.message_id == calls.c.message_id)
    return await page_of(tx, joined, calls.c.settled_at, calls.c.call_id, after=after, newest_first=True)


async def address_is_wrong(tx: Transaction, person_id: UUID) -> bool:
    """NOT-06: whether somebody is to ring them because a letter did not reach them."""
    theirs = calls.c.person_id == person_id, _OPEN
    of_letter = messages.c.message_id == calls.c.message_id, messages.c.channel == LETTER, messages.c.state == "failed"
    rung = select(calls.c.call_id).where(*theirs, or_(HELD, and_(calls.c.way == PHONE, exists().where(*of_letter))))
    return await tx.first(rung.limit(1)) is not None


async def whose(tx: Transaction, call_ids: Collection[UUID]) -> list[UUID]:
    """The people to whom these letters go, of those that are not posted."""
    found = select(calls.c.person_id).where(_LETTERS, _OPEN, one_of(calls.c.call_id, call_ids)).distinct()
    return [row.person_id for row in await tx.all(found.order_by(calls.c.person_id))]


async def known(tx: Transaction, call_ids: Collection[UUID], *, lock: bool = False) -> list[LetterByPost]:
    """What is known of these letters, in the order of their numbers. Unknown ones are left out."""
    facts = calls.c.printed_at, calls.c.needless, calls.c.settled_at, calls.c.settled_because
    found = _with_names(*facts, AGAIN.label("again"), _printer.c.name.label("by"))
    found = found.outerjoin(_printer, _printer.c.person_id == calls.c.settled_by)
    these = found.where(one_of(calls.c.call_id, call_ids)).order_by(calls.c.number)
    return [letter_of(row) for row in await tx.all(these.with_for_update(of=calls) if lock else these)]


def letter_of(row: Row[Any]) -> LetterByPost:
    is_posted = row.settled_because == "posted"
    return LetterByPost(
        call_id=row.call_id,
        number=row.number,
        name=row.name,
        is_printed=row.printed_at is not None,
        again=row.again,
        needless=row.needless or (None if is_posted else row.settled_because),
        posted_at=row.settled_at if is_posted else None,
        posted_by=row.by or "One of us",
        is_settled=row.settled_at is not None,
    )
