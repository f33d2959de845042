"""Letters by post: printed, posted by somebody, and come back (NOT-01, NOT-06, NOT-08)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update

from services.notifications.domain.channels import LETTER, channels_for
from services.notifications.domain.messages import Kind
from services.notifications.domain.posting import NONE_TICKED, NOT_PRINTED, too_late_from
from services.notifications.tables import calls, card_of, cards, messages
from services.notifications.use_cases import handover
from services.notifications.use_cases.calls import open_because_failed, settle
from shared.db import Transaction, one_of
from shared.messaging import steps
from shared.reasons import Missing, refuse

_LETTERS = calls.c.way == LETTER
_OPEN = calls.c.settled_at.is_(None)


async def printed(tx: Transaction, call_ids: Sequence[UUID]) -> None:
    """These are on paper. A letter may be printed again until it is posted."""
    these = one_of(calls.c.call_id, call_ids), _LETTERS, _OPEN
    rows = await tx.all(
        update(calls)
        .where(*these)
        .values(printed_at=tx.now)
        .returning(calls.c.about, calls.c.call_id, calls.c.message_id)
    )
    greeted = select(cards.c.version).where(cards.c.person_id == messages.c.participant_id).scalar_subquery()
    which = one_of(messages.c.message_id, [row.message_id for row in rows])
    await tx.execute(update(messages).where(which).values(card_version=greeted))
    await steps.add_all(tx, "letter-printed", [(row.about, {"call_id": row.call_id}) for row in rows])


async def has_no_address(tx: Transaction, call_ids: Sequence[UUID]) -> None:
    """NOT-06: we do not know where to post these, so the next channel or a call takes over."""
    rows = await tx.all(select(calls).where(one_of(calls.c.call_id, call_ids), _LETTERS, _OPEN))
    for row in rows:
        await handover.letter_failed(tx, row.message_id, "no-address")
    await settle(tx, one_of(calls.c.call_id, [row.call_id for row in rows]), "no-address")


async def posted(tx: Transaction, call_ids: Sequence[UUID], by: UUID) -> int:
    """NOT-01: somebody put them in the post, and only now are they sent. Returns how many were still open; saying it
    twice is no fault."""
    if not call_ids:
        refuse(NONE_TICKED)
    these = one_of(calls.c.call_id, call_ids), _LETTERS
    known = await tx.all(select(calls.c.settled_at, calls.c.printed_at).where(*these))
    if not known:
        raise Missing
    if any(row.settled_at is None and row.printed_at is None for row in known):
        refuse([NOT_PRINTED])
    rows = await tx.all(
        update(calls)
        .where(*these, _OPEN)
        .values(settled_at=tx.now, settled_by=by, settled_because="posted")
        .returning(calls.c.about, calls.c.call_id, calls.c.person_id, calls.c.message_id)
    )
    for row in rows:
        await handover.letter_posted(tx, row.message_id)
    said = [(row.about, {"person_id": row.person_id, "call_id": row.call_id}) for row in rows]
    await steps.add_all(tx, "letter-posted", said)
    return len(rows)


async def not_posted(tx: Transaction, call_id: UUID) -> None:
    """A printed letter that is not needed was thrown away."""
    row = await tx.one(select(calls).where(calls.c.call_id == call_id, _LETTERS))
    if row.settled_at is None and row.needless is not None:
        await tx.execute(update(calls).where(calls.c.call_id == call_id).values(printed_at=None))
        await settle(tx, calls.c.call_id == call_id, row.needless)


async def came_back(tx: Transaction, call_id: UUID) -> None:
    """NOT-06: it did not reach them, so the next channel or a call takes over. Saying it twice is no fault."""
    row = await tx.one(select(calls).where(calls.c.call_id == call_id, _LETTERS, calls.c.settled_because == "posted"))
    if await handover.letter_failed(tx, row.message_id, "came-back"):
        await steps.add(tx, "letter-came-back", about=row.about, person_id=row.person_id, call_id=call_id)


async def ring_what_the_post_misses(tx: Transaction) -> None:
    """NOT-08: letters that nobody printed in time. Somebody rings about them."""
    late = calls.c.printed_at.is_(None), calls.c.matters_until < too_late_from(tx.today)
    rows = await tx.all(select(calls.c.call_id, calls.c.message_id).where(_LETTERS, _OPEN, *late))
    await settle(tx, one_of(calls.c.call_id, [row.call_id for row in rows]), "overtaken")
    for row in rows:
        message = await tx.one(select(messages).where(messages.c.message_id == row.message_id))
        await open_because_failed(tx, message, "too-soon")


async def leave_out_unwanted(tx: Transaction, person_id: UUID) -> None:
    """NOT-02: what they chose has changed. Letters that they no longer want are not posted; one that is printed says
    so."""
    letters = select(calls.c.call_id, messages.c.message_id, messages.c.kind, messages.c.facts).join(
        messages, messages.c.message_id == calls.c.message_id
    )
    waiting = await tx.all(letters.where(calls.c.person_id == person_id, _LETTERS, _OPEN, calls.c.needless.is_(None)))
    if not waiting:
        return
    card = card_of(await tx.one(select(cards).where(cards.c.person_id == person_id)))
    unwanted = [row for row in waiting if LETTER not in channels_for(card, Kind(row.kind), row.facts.get("chosen"))]
    unprinted = [calls.c.printed_at.is_(None), one_of(calls.c.call_id, [row.call_id for row in unwanted])]
    for row in await tx.all(select(calls.c.message_id).where(*unprinted)):
        await handover.withhold_letter(tx, row.message_id)
    await settle(tx, one_of(calls.c.call_id, [row.call_id for row in unwanted]), "unwanted")
