"""Access needs: asked, answered, and never overlooked (OPP-07)."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, exists, insert, or_, select, update

from services.opportunities.places.domain.needs import (
    NeedsChange,
    is_unanswered_need,
    needs_asked,
    reasons_not_to_answer_need,
    reasons_not_to_ask,
)
from services.opportunities.places.queries.people import had_a_place
from services.opportunities.places.queries.set_aside import words_are_set_aside
from services.opportunities.places.tables.places import needs, places
from services.opportunities.places.use_cases.answering import answer_guest
from services.opportunities.places.use_cases.bookings import note_what_to_cancel
from services.opportunities.words.domain import Host, NeedState, Policy
from services.opportunities.work.use_cases import say_what_is_done
from services.opportunities.writing.queries import next_dates
from services.opportunities.writing.tables import opportunities, sessions
from services.opportunities.writing.use_cases import refuse_personal
from shared.db import Transaction, new_id, one_of, participant_of
from shared.events import ParticipantRef
from shared.events.opportunities import AccessNeedAnswered
from shared.messaging import outbox, steps
from shared.reasons import Missing, mark_of, reasons_to_look_again, refuse

OPEN_PLACE = ("waiting", "offered", "taken")


async def ask_for_needs(tx: Transaction, place_id: UUID, asked: Sequence[str]) -> None:
    """Adds needs to a place that has none yet."""
    if asked:
        await tx.execute(
            insert(needs).values(
                [{"id": new_id(), "place_id": place_id, "need": need, "asked_at": tx.now} for need in asked]
            )
        )
        await steps.add(tx, "needs-asked", about=place_id, count=len(asked))


async def change_needs(
    tx: Transaction, place_id: UUID, participant: ParticipantRef, ticked: Sequence[str], words: str
) -> NeedsChange:
    """Newly ticked needs are asked for, unticked ones are withdrawn, and the rest keep their answers."""
    place = await tx.one(select(places).where(places.c.id == place_id).with_for_update())
    if participant_of(place) != participant or place.state not in OPEN_PLACE:
        raise Missing
    refuse(reasons_not_to_ask(ticked, words))
    asked = needs_asked(ticked, words)
    kept = {
        row.need: row for row in await tx.all(select(needs).where(needs.c.place_id == place_id).order_by(needs.c.id))
    }
    new_words = words.strip() != place.needs_words
    changed = [row for need, row in kept.items() if need not in asked or (need == "other" and new_words)]
    await note_what_to_cancel(tx, place.opportunity_id, [row.id for row in changed if row.state in ("promised", "met")])
    new = [need for need in asked if need not in kept]
    anew, ended = bool(new), False
    for need, row in kept.items():
        again = need in asked and (row.state == "withdrawn" or (need == "other" and new_words))
        if again:
            await _set_need(tx, row.id, state="asked", reason="", asked_at=tx.now, answered_at=None, warned_at=None)
            anew = True
        elif need not in asked and row.state != "withdrawn":
            await _set_need(tx, row.id, state="withdrawn", reason="")
            ended = True
    await tx.execute(update(places).where(places.c.id == place_id).values(needs_words=words.strip()))
    await ask_for_needs(tx, place_id, new)
    await answer_guest(tx, participant, place_id)
    await steps.add(tx, "needs-changed", about=place_id, count=len(asked))
    return "asked" if anew else "changed" if ended else "same"


async def read_needs(tx: Transaction, opportunity_id: UUID, need_id: UUID | None = None) -> Sequence[Row[Any]]:
    """For staff: the needs of one person, or of everyone with a place or on the register of a session that has begun.

    PRI-03: the reading is written down for each person."""
    one = [] if need_id is None else [needs.c.id == need_id]
    rows = await tx.all(
        select(
            needs,
            places.c.needs_words,
            places.c.participant_id,
            places.c.state.label("place_state"),
            words_are_set_aside(needs.c.place_id).label("set_aside"),
        )
        .join(places, places.c.id == needs.c.place_id)
        .where(places.c.opportunity_id == opportunity_id, *_read_by_staff(tx.now), *one)
        .order_by(places.c.queue_number, needs.c.id)
    )
    await steps.add_all(
        tx,
        "needs-read",
        [(place_id, {"opportunity_id": opportunity_id}) for place_id in dict.fromkeys(row.place_id for row in rows)],
    )
    return rows


def _read_by_staff(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Of needs with their places."""
    began = sessions.c.opportunity_id == places.c.opportunity_id, sessions.c.starts_at <= now
    begun = exists().where(*began, had_a_place()).correlate(places)
    return or_(places.c.state.in_(OPEN_PLACE), begun), needs.c.state != "withdrawn"


async def needed_by(tx: Transaction, need_id: UUID) -> tuple[UUID | None] | None:
    """Who needs it, if they are a participant of ours; None if staff read no such need."""
    theirs = select(places).join(needs, needs.c.place_id == places.c.id)
    row = await tx.first(theirs.where(needs.c.id == need_id, *_read_by_staff(tx.now)))
    return (row.participant_id if row.participant_kind == "person" else None,) if row else None


async def read_set_aside(tx: Transaction, need_id: UUID, kept_from: Collection[UUID]) -> dict[str, str | None] | None:
    """FB-09: for whoever has every concern about it, or about another need of the place, which has the same words; None
    to others, and if they are not set aside."""
    theirs = select(places).join(needs, needs.c.place_id == places.c.id)
    row = await tx.first(theirs.where(needs.c.id == need_id, words_are_set_aside(places.c.id)))
    if row is None:
        return None
    of_place = await tx.all(select(needs.c.id).where(needs.c.place_id == row.id))
    if any(need.id in kept_from for need in of_place):
        return None
    await note_reading(tx, row.id)
    person_id = str(row.participant_id) if row.participant_kind == "person" else None
    state = await tx.scalar(select(needs.c.state).where(needs.c.id == need_id))
    owed = "yes" if state == "asked" and row.state in OPEN_PLACE else None
    return {"text": row.needs_words, "person_id": person_id, "reach": "", "owed": owed}


async def note_reading(tx: Transaction, about: UUID) -> None:
    """PRI-03: somebody else reads a person's needs: at a place, here or elsewhere, or their usual needs (then about is
    the person)."""
    await steps.add(tx, "needs-read", about=about)


def mark_of_need(need: Row[Any], words: str) -> str:
    """The mark of a need, with the person's words and ours. They may change it meanwhile."""
    return mark_of(need.id, need.need, need.state, need.reason, words if need.need == "other" else "")


async def still_as_shown(tx: Transaction, need_id: UUID, mark: str) -> None:
    """OPP-07: staff promise only what they have read. The place stays locked, so it cannot change. Raises Refused;
    Missing."""
    need = await tx.one(select(needs).where(needs.c.id == need_id))
    place = await tx.one(select(places).where(places.c.id == need.place_id).with_for_update())
    need = await tx.one(select(needs).where(needs.c.id == need_id))
    refuse(reasons_to_look_again("OPP-07", mark, mark_of_need(need, place.needs_words)))


async def answer_need(
    tx: Transaction, opportunity_id: UUID, need_id: UUID, answer: NeedState, reason: str, host: Host | None = None
) -> None:
    """Promised, met, or not met with a reason; each may have words to the person. The same answer again changes
    nothing. NET-02: words to a guest cross to their home organisation, so they name nobody of ours."""
    found = await tx.one(select(needs.c.place_id).where(needs.c.id == need_id))
    place = await tx.one(select(places).where(places.c.id == found.place_id).with_for_update())
    if place.opportunity_id != opportunity_id:
        raise Missing
    need = await tx.one(select(needs).where(needs.c.id == need_id))
    reason = reason.strip()
    refuse(
        reasons_not_to_answer_need(
            need.state, answer, reason, before=need.reason, has_left=place.state not in OPEN_PLACE
        )
    )
    if (need.state, need.reason) == (answer, reason):
        return
    if place.participant_kind == "guest":
        opportunity = await tx.one(select(opportunities).where(opportunities.c.id == opportunity_id))
        await refuse_personal(tx, opportunity, "reason", reason, host, readers="Another organisation reads this.")
    await _set_need(tx, need_id, state=answer, reason=reason, answered_at=tx.now)
    await tx.execute(update(places).where(places.c.id == place.id).values(version=place.version + 1))
    not_met = needs.c.place_id == place.id, needs.c.state == "not-met"
    await outbox.add(
        tx,
        AccessNeedAnswered(
            not_met=await tx.first(select(needs.c.id).where(*not_met).limit(1)) is not None,
            version=place.version + 1,
            place_id=place.id,
            opportunity_id=opportunity_id,
            participant=participant_of(place),
        ),
    )
    await answer_guest(tx, participant_of(place), place.id)
    await steps.add(tx, "need-answered", about=place.id, answer=answer)
    await say_what_is_done(tx, opportunity_id)


async def warn_of_unanswered_needs(tx: Transaction, policy: Policy) -> None:
    """The job: notes each unanswered need once, from a week before the next session or the end of the closing day. It
    blocks nothing."""
    coming = next_dates(tx.now)
    open_needs = await tx.all(
        select(needs.c.id, needs.c.state, places.c.opportunity_id, coming.c.starts_at)
        .join(places, places.c.id == needs.c.place_id)
        .join(opportunities, opportunities.c.id == places.c.opportunity_id)
        .join(coming, coming.c.opportunity_id == places.c.opportunity_id)
        .where(
            needs.c.state == "asked",
            needs.c.warned_at.is_(None),
            places.c.state == "taken",
            opportunities.c.state == "published",
        )
        .with_for_update(of=needs)
    )
    late = [row for row in open_needs if is_unanswered_need(row.state, row.starts_at, tx.now, policy)]
    if not late:
        return
    await tx.execute(update(needs).where(one_of(needs.c.id, [row.id for row in late])).values(warned_at=tx.now))
    counts = Counter(row.opportunity_id for row in late)
    await steps.add_all(
        tx,
        "needs-unanswered",
        [(opportunity_id, {"count": counts[opportunity_id]}) for opportunity_id in sorted(counts)],
    )


async def _set_need(tx: Transaction, need_id: UUID, **values: Any) -> None:
    await tx.execute(update(needs).where(needs.c.id == need_id).values(**values))
