"""Writing down that someone is to be told something. Handing it over comes later, and elsewhere."""

import json
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, any_, literal, select, text, update

from services.notifications import domain
from services.notifications.tables import card_of, cards, messages
from shared.db import Transaction, new_id
from shared.events import ParticipantRef
from shared.messaging import steps
from shared.reasons import NotYet

_TELL = text(
    # Each number for a calendar is above all that the same person was sent before (NOT-05).
    "WITH told AS (SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:people AS uuid[]), CAST(:channels AS text[])) AS told (message_id, person_id, channel)),"
    " numbered AS (INSERT INTO calendar_numbers AS known (person_id, opportunity_id, number)"
    "   SELECT DISTINCT person_id, CAST(:opportunity_id AS uuid), CAST(:sequence AS integer) FROM told JOIN cards USING (person_id)"
    "    WHERE CAST(:sequence AS integer) IS NOT NULL ORDER BY person_id"
    "   ON CONFLICT (person_id, opportunity_id) DO UPDATE SET number = greatest(known.number + 1, excluded.number)"
    "   RETURNING person_id, number)"
    "INSERT INTO messages (message_id, event_id, caused_by, participant_kind, participant_id, participant_home,"
    " actor_kind, actor_id, acting_for, channel, template, kind, about, opportunity_id, session_id, facts, state, created_at)"
    " SELECT told.message_id, :event_id, :caused_by, 'person', cards.person_id, cards.home,"
    " :actor_kind, :actor_id, :acting_for, told.channel, :template, :kind, :about, :opportunity_id, :session_id, CAST(:facts AS jsonb)"
    " || CASE WHEN numbered.number IS NULL THEN '{}' ELSE jsonb_build_object('sequence', numbered.number) END, 'queued', :now"
    " FROM told JOIN cards USING (person_id) LEFT JOIN numbered USING (person_id)"
    " ON CONFLICT ON CONSTRAINT not_02_one_message_per_event_person_and_channel DO NOTHING"
)


async def tell_all(
    tx: Transaction,
    told: Sequence[tuple[UUID, str]],
    template: str,
    *,
    about: UUID,
    opportunity_id: UUID | None = None,
    session_id: UUID | None = None,
    event_id: UUID | None = None,
    **facts: Any,
) -> int:
    """Write one message for each (person, channel), in one statement; returns how many were new (NOT-02).

    event_id: what they are told of, by default the event that is being heard. facts are ids, dates and pence; sequence
    among them is the least number of calendar entries, and each person's own takes its place.
    """
    result = await tx.execute(
        _TELL,
        {
            "event_id": event_id or tx.cause,
            "caused_by": tx.cause,
            "actor_kind": tx.actor.kind,
            "actor_id": tx.actor.id,
            "acting_for": tx.actor.acting_for,
            "template": template,
            "kind": domain.KIND_OF_TEMPLATE[template].value,
            "about": about,
            "opportunity_id": opportunity_id,
            "session_id": session_id,
            "facts": json.dumps(facts, default=str),
            "sequence": facts.get("sequence"),
            "now": tx.now,
            "ids": [new_id() for _ in told],
            "people": [person_id for person_id, _ in told],
            "channels": [channel for _, channel in told],
        },
    )
    if result.rowcount:
        await steps.add(tx, "messages-queued", about=about, template=template, messages=result.rowcount)
    return result.rowcount


async def tell_everyone(tx: Transaction, people: Collection[ParticipantRef], template: str, *, chosen: str | None = None, **what: Any) -> None:
    """Tell several people the same. Guests hear from home. Raises NotYet while we do not hold everyone's card.

    chosen: the channel that was chosen for this very message.
    """
    ids = {person.id for person in people if person.kind == "person"}
    rows = await tx.all(select(cards).where(cards.c.person_id.in_(ids)))
    if len(rows) < len(ids):
        raise NotYet("the person's card")
    if chosen is not None:
        what["chosen"] = chosen
    await tell_all(tx, _every_channel(rows, template, chosen), template, **what)


async def tell(tx: Transaction, person: ParticipantRef | None, template: str, **what: Any) -> None:
    """Tell one person, in every channel in which they hear of such things."""
    await tell_everyone(tx, [person] if person else [], template, **what)


async def tell_people(tx: Transaction, people: Collection[UUID], template: str, **what: Any) -> None:
    """Tell these people of ours. Raises NotYet while we do not hold everyone's card."""
    rows = await tx.all(select(cards).where(cards.c.person_id.in_(set(people))))
    if len(rows) < len(set(people)):
        raise NotYet("the person's card")
    await tell_all(tx, _every_channel(rows, template), template, **what)


async def tell_role(tx: Transaction, role: str, template: str, **what: Any) -> None:
    """Tell everyone who wears this hat."""
    rows = await tx.all(select(cards).where(literal(role) == any_(cards.c.roles)))
    await tell_all(tx, _every_channel(rows, template), template, **what)


def _every_channel(rows: Sequence[Row[Any]], template: str, chosen: str | None = None) -> list[tuple[UUID, str]]:
    kind = domain.KIND_OF_TEMPLATE[template]
    return [(row.person_id, channel) for row in rows for channel in domain.channels_for(card_of(row), kind, chosen)]


async def cards_of_participants(tx: Transaction) -> list[domain.Card]:
    return [card_of(row) for row in await tx.all(select(cards).where(literal("participant") == any_(cards.c.roles)))]


async def mark_read(tx: Transaction, message_id: UUID, person_id: UUID) -> None:
    """Someone opened a message in the app: whatever else tells of the same event counts as read, too."""
    event = select(messages.c.event_id).where(messages.c.message_id == message_id, messages.c.participant_id == person_id)
    await tx.execute(
        update(messages)
        .where(messages.c.event_id == event.scalar_subquery(), messages.c.participant_id == person_id, messages.c.read_at.is_(None))
        .values(read_at=tx.now)
    )
