"""Letters by post: printed, posted by somebody, and come back (NOT-01, NOT-06, NOT-08)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, or_, select, update

from services.notifications.domain.channels import LETTER, channels_for
from services.notifications.domain.messages import Kind
from services.notifications.domain.posting import (
    NONE_TICKED,
    reasons_not_to_print,
    reasons_not_to_say_posted,
    too_late_from,
)
from services.notifications.queries import letters_to_post
from services.notifications.queries.ways import AGAIN
from services.notifications.tables import calls, card_of, cards, messages
from services.notifications.use_cases import handover
from services.notifications.use_cases.calls import open_because_failed, settle, withhold
from shared.db import Transaction, one_of
from shared.messaging import steps
from shared.reasons import Missing, refuse

_LETTERS = calls.c.way == LETTER
_OPEN = calls.c.settled_at.is_(None)


async def printed(tx: Transaction, printed_for: Mapping[UUID, int | None]) -> None:
    """These are on paper, each for this one of the person's addresses (post_changes). A letter may be printed again
    until it is posted. Refused if one is settled meanwhile: it would lie among the others."""
    refuse(reasons_not_to_print(await letters_to_post.known(tx, printed_for, lock=True)))
    on_paper = {"printed_at": tx.now, "print_again": False}
    rows: list[Row[Any]] = []
    for nth in set(printed_for.values()):
        these = [call_id for call_id, each in printed_for.items() if each == nth]
        marked = update(calls).where(one_of(calls.c.call_id, these)).values(on_paper | {"printed_for": nth})
        rows += await tx.all(marked.returning(calls.c.about, calls.c.call_id, calls.c.message_id))
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


async def posted(tx: Transaction, call_ids: Sequence[UUID], by: UUID, seen: Collection[UUID] = ()) -> int:
    """NOT-01: somebody put them in the post, and only now are they sent. Returns how many were still open; saying it
    twice is no fault. seen: those of which their page said that they are not needed."""
    if not call_ids:
        refuse(NONE_TICKED)
    known = await letters_to_post.known(tx, call_ids, lock=True)
    if not known:
        raise Missing
    refuse(reasons_not_to_say_posted(known, seen))
    rows = await tx.all(
        update(calls)
        .where(one_of(calls.c.call_id, call_ids), _LETTERS, _OPEN)
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
    """NOT-06: it did not reach them, so the next channel or a call takes over, and later letters wait for another
    address. Saying it twice is no fault."""
    row = await tx.one(select(calls).where(calls.c.call_id == call_id, _LETTERS, calls.c.settled_because == "posted"))
    if not await handover.letter_failed(tx, row.message_id, "came-back"):
        return
    if row.why != "held-before":
        wrong = func.greatest(cards.c.post_failed, func.coalesce(row.printed_for, cards.c.post_changes))
        await tx.execute(update(cards).where(cards.c.person_id == row.person_id).values(post_failed=wrong))
    await steps.add(tx, "letter-came-back", about=row.about, person_id=row.person_id, call_id=call_id)


async def ring_what_the_post_misses(tx: Transaction) -> None:
    """NOT-08: letters that nobody printed in time, or has to print again. Somebody rings about them."""
    unprinted = or_(calls.c.printed_at.is_(None), AGAIN.is_not(None))
    late = unprinted, calls.c.needless.is_(None), calls.c.matters_until < too_late_from(tx.today)
    rows = await tx.all(select(calls.c.call_id, calls.c.message_id).where(_LETTERS, _OPEN, *late))
    await settle(tx, one_of(calls.c.call_id, [row.call_id for row in rows]), "too-late")
    await withhold(tx, [row.message_id for row in rows])
    for row in rows:
        message = await tx.one(select(messages).where(messages.c.message_id == row.message_id))
        await open_because_failed(tx, message, "too-soon")


async def print_again(tx: Transaction, person_id: UUID) -> None:
    """NOT-04, NOT-05: how we write to them has changed, so what is on paper will not do."""
    printed_ = calls.c.person_id == person_id, _LETTERS, _OPEN, calls.c.printed_at.is_not(None)
    await tx.execute(update(calls).where(*printed_).values(print_again=True))


async def leave_out_unwanted(tx: Transaction, person_id: UUID) -> None:
    """NOT-02: what they chose has changed. Letters that they no longer want are not posted; one that is printed says
    so."""
    letters = select(calls.c.call_id, messages.c.message_id, messages.c.kind, messages.c.facts).join(
        messages, messages.c.message_id == calls.c.message_id
    )
    chosen = calls.c.person_id == person_id, calls.c.why != "held-before", calls.c.needless.is_(None)
    waiting = await tx.all(letters.where(_LETTERS, _OPEN, *chosen))
    if not waiting:
        return
    card = card_of(await tx.one(select(cards).where(cards.c.person_id == person_id)))
    unwanted = [row for row in waiting if LETTER not in channels_for(card, Kind(row.kind), row.facts.get("chosen"))]
    unprinted = [calls.c.printed_at.is_(None), one_of(calls.c.call_id, [row.call_id for row in unwanted])]
    for row in await tx.all(select(calls.c.message_id).where(*unprinted)):
        await handover.withhold_letter(tx, row.message_id)
    await settle(tx, one_of(calls.c.call_id, [row.call_id for row in unwanted]), "unwanted")
