"""Writes down that someone is to be told something. It is handed over later, elsewhere."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause, any_, func, literal, select, text, update

from services.notifications.domain.channels import AT_ONCE, CHANNELS, EMAIL, channels_for
from services.notifications.domain.messages import MESSAGES, goes_on_in_a_pause
from services.notifications.domain.offers import Offer
from services.notifications.domain.posting import comes_in_time
from services.notifications.tables import card_of, cards, messages
from services.notifications.use_cases import calls
from shared.db import Transaction, actor_values, new_id, one_of
from shared.events import ParticipantRef
from shared.messaging import steps
from shared.reasons import NotYet

# A UUIDv7, as shared.db.new_id makes them: a fan-out writes its messages where the table ends.
_NEW_ID = (
    "CAST(encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING"
    " substring(int8send(CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)) FROM 3) FROM 1 FOR 6), 52, 1), "
    "53, 1), 'hex') AS uuid)"
)
_THESE = "SELECT * FROM unnest(CAST(:people AS uuid[]), CAST(:channels AS text[])) AS told (person_id, channel)"
_WANTS_IT = (
    # The same rules as has_not_ruled_out and channels_for for a participant, so that nobody's card is fetched for it
    # (NOT-03, NOT-02).
    "'participant' = ANY(cards.roles)"
    " AND NOT CAST(:offered AS text) = ANY(cards.ruled_out_kinds)"
    " AND NOT (CAST(:mode AS text) = 'in-person' AND CAST(:area AS text) = ANY(cards.ruled_out_areas))"
    " AND (CAST(:times AS text[]) = '{}' OR NOT CAST(:times AS text[]) <@ cards.ruled_out_times)"
    " AND NOT cards.paused AND NOT CAST(:kind AS text) = ANY(cards.opted_out)"
)
_WHO_HEARS_OF_IT = (
    # The same rule as who_hears_of.
    "SELECT cards.person_id, channel FROM cards CROSS JOIN unnest(CAST(:channels AS text[])) AS channel WHERE "
    f"(channel = ANY(cards.channels) OR channel = 'in-app' AND 'letter' = ANY(cards.channels)) AND {_WANTS_IT}"
)
_TELL = (
    # Each number for a calendar is higher than all that the same person was sent before (NOT-05).
    # What the post is too slow for is told in the app, and rung about (NOT-08).
    "WITH given AS ({told}),"
    " told AS (SELECT DISTINCT person_id, CASE WHEN channel = 'letter' AND NOT CAST(:in_time AS boolean) THEN 'in-app'"
    " ELSE channel END AS channel FROM given),"
    " numbered AS (INSERT INTO calendar_numbers AS known (person_id, opportunity_id, number)"
    "   SELECT DISTINCT person_id, CAST(:opportunity_id AS uuid), CAST(:sequence AS integer) FROM told JOIN cards "
    "USING (person_id)"
    "    WHERE CAST(:sequence AS integer) IS NOT NULL ORDER BY person_id"
    "   ON CONFLICT (person_id, opportunity_id) DO UPDATE SET number = greatest(known.number + 1, excluded.number)"
    "   RETURNING person_id, number),"
    " new AS (INSERT INTO messages (message_id, event_id, caused_by, participant_kind, participant_id, "
    "participant_home,"
    " actor_kind, actor_id, acting_for, channel, template, kind, about, opportunity_id, session_id, facts, said_id, "
    "card_version, state, created_at)"
    f" SELECT {_NEW_ID}, :event_id, :caused_by, 'person', cards.person_id, cards.home,"
    " :actor_kind, :actor_id, :acting_for, told.channel, :template, :kind, :about, :opportunity_id, :session_id, "
    "CAST(:facts AS jsonb)"
    " || CASE WHEN numbered.number IS NULL THEN '{{}}' ELSE jsonb_build_object('sequence', numbered.number) END, "
    ":said_id, cards.version, 'queued', :now"
    " FROM told JOIN cards USING (person_id) LEFT JOIN numbered USING (person_id)"
    " ON CONFLICT ON CONSTRAINT not_02_one_message_per_event_person_and_channel DO NOTHING"
    " RETURNING message_id, participant_id, channel),"
    # Letters wait for somebody to post them. People without an address get no mail and cannot sign in, so somebody
    # rings them, as those who hear by letter alone of what the post is too slow for (NOT-08).
    " rung AS (INSERT INTO calls (call_id, event_id, message_id, person_id, template, about, opportunity_id, way, why, "
    "opened_at, due_at, matters_until)"
    f" SELECT {_NEW_ID}, :event_id, new.message_id, cards.person_id, :template, :about, :opportunity_id,"
    "   CASE WHEN new.channel = 'letter' THEN 'letter' ELSE 'phone' END,"
    "   CASE WHEN new.channel = 'letter' THEN 'chosen' WHEN CAST(:posted AS boolean) AND 'letter' = "
    "ANY(cards.channels) THEN 'too-soon' ELSE 'no-address' END, :now,"
    "   CASE WHEN new.channel = 'letter' THEN CAST(:post_by AS timestamptz) ELSE CAST(:due_at AS timestamptz) END,"
    "   CAST(:matters_until AS timestamptz) FROM new JOIN cards ON cards.person_id = new.participant_id"
    "   WHERE new.channel = 'letter' OR CAST(:rung AS boolean) AND new.channel = 'in-app'"
    "   AND (NOT coalesce(cards.reached_by_message, 'email' = ANY(cards.channels))"
    "     OR CAST(:posted AS boolean) AND cards.channels = '{{letter}}')"
    "   AND (NOT cards.paused OR CAST(:in_a_pause AS boolean))"
    "   AND NOT EXISTS (SELECT FROM new AS posted WHERE posted.participant_id = new.participant_id"
    "     AND posted.channel = 'letter')"
    " ON CONFLICT ON CONSTRAINT not_02_one_call_per_event_and_person DO NOTHING)"
    " SELECT count(*) FROM new"
)
_KEEP = text(
    # The facts that the words are written from, as they are now. Our copies change later, so they are not read again
    # (NOT-08).
    "INSERT INTO said (said_id, facts) SELECT :said_id, jsonb_build_object("
    " 'opportunity', (SELECT jsonb_build_object('title', title, 'summary', summary, 'paid', paid, 'mode', mode, "
    "'contact_role', contact_role,"
    "   'short_notice_reason', short_notice_reason, 'host', coalesce(nullif(host_name, ''), host), 'closes_on', "
    "closes_on) FROM opportunities WHERE opportunity_id = :opportunity_id),"
    " 'sessions', (SELECT coalesce(jsonb_agg(jsonb_build_object('session_id', session_id, 'starts_at', starts_at, "
    "'ends_at', ends_at, 'venue', venue)"
    "   ORDER BY starts_at, session_id), '[]') FROM sessions WHERE opportunity_id = :opportunity_id),"
    " 'pay_by', (SELECT pay_by FROM claims WHERE claim_id = :about),"
    " 'aim_by', (SELECT aim_by FROM claims WHERE claim_id = :about))"
)
_TELL_THESE = text(_TELL.format(told=_THESE))
_TELL_WHO_HEARS_OF_IT = text(_TELL.format(told=_WHO_HEARS_OF_IT))
_WHO_WOULD_HEAR = text(
    "WITH wants AS (SELECT cards.person_id, cards.channels && CAST(:at_once AS text[]) AND "
    "coalesce(cards.reached_by_message, 'email' = ANY(cards.channels))"
    "   AS is_reached, CAST(:in_time AS boolean) AND 'letter' = ANY(cards.channels) AS is_posted"
    f"   FROM cards WHERE {_WANTS_IT})"
    " SELECT count(*) FILTER (WHERE is_reached) AS by_message,"
    " count(*) FILTER (WHERE NOT is_reached AND is_posted) AS by_letter,"
    " count(*) FILTER (WHERE NOT is_reached AND NOT is_posted) AS by_phone,"
    " ARRAY(SELECT person_id FROM wants WHERE NOT is_reached AND NOT is_posted ORDER BY person_id LIMIT :most)"
    " AS to_ring FROM wants"
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
    """Writes one message for each (person, channel), in one statement. Returns how many were new (NOT-02).

    event_id: what they are told of, by default the event being handled. facts are ids, dates and pence; their sequence
    is the least number of calendar entries, and each person's own number replaces it."""
    these = {"people": [person_id for person_id, _ in told], "channels": [channel for _, channel in told]}
    return await _tell(tx, _TELL_THESE, these, template, about, opportunity_id, session_id, event_id, facts)


async def tell_of_offer(tx: Transaction, offer: Offer, template: str, *, about: UUID, **facts: Any) -> int:
    """NOT-03: tells everyone who has not ruled out the opportunity `about`, in one statement. Returns how many messages
    were new."""
    return await _tell(tx, _TELL_WHO_HEARS_OF_IT, _of_offer(offer), template, about, about, None, None, facts)


MOST_TO_RING = 50
"""The most names that a page shows."""


async def who_would_hear(tx: Transaction, offer: Offer, starts: Sequence[datetime] = ()) -> Row[Any]:
    """NOT-03, NOT-08: (by_message, by_letter, by_phone, to_ring) if it were told now: how many of those who have not
    ruled it out a message reaches, how many are written to, how many are rung, and the first of these. starts: when its
    sessions begin."""
    in_time = comes_in_time("opportunity-created", tx.now, starts)
    kind = MESSAGES["opportunity-created"].kind.value
    return await tx.one(
        _WHO_WOULD_HEAR,
        {**_of_offer(offer), "at_once": [*AT_ONCE], "kind": kind, "most": MOST_TO_RING, "in_time": in_time},
    )


def _of_offer(offer: Offer) -> dict[str, Any]:
    return {
        "channels": list(CHANNELS),
        "offered": offer.kind,
        "mode": offer.mode,
        "area": offer.area,
        "times": sorted(offer.times),
    }


async def _tell(
    tx: Transaction,
    statement: TextClause,
    these: dict[str, Any],
    template: str,
    about: UUID,
    opportunity_id: UUID | None,
    session_id: UUID | None,
    event_id: UUID | None,
    facts: dict[str, Any],
) -> int:
    said_id = new_id()
    new = await tx.scalar(
        statement,
        {
            "event_id": event_id or tx.cause,
            "caused_by": tx.cause,
            **actor_values(tx.actor),
            "template": template,
            "kind": MESSAGES[template].kind.value,
            "about": about,
            "opportunity_id": opportunity_id,
            "session_id": session_id,
            "facts": json.dumps(facts, default=str),
            "said_id": said_id,
            "sequence": facts.get("sequence"),
            "now": tx.now,
            "in_a_pause": goes_on_in_a_pause(MESSAGES[template].kind),
            **await calls.clocks_of(tx, template, opportunity_id, facts),
            **these,
        },
    )
    if new:
        await tx.execute(_KEEP, {"said_id": said_id, "opportunity_id": opportunity_id, "about": about})
        await steps.add(tx, "messages-queued", about=about, template=template, messages=new)
    return new


async def tell_everyone(
    tx: Transaction, people: Collection[ParticipantRef], template: str, *, chosen: str | None = None, **what: Any
) -> None:
    """Tells several people the same. Guests hear from home. Raises NotYet until we hold everyone's card.

    chosen: the channel that was chosen for this message."""
    ids = {person.id for person in people if person.kind == "person"}
    rows = await tx.all(select(cards).where(one_of(cards.c.person_id, ids)))
    if len(rows) < len(ids):
        raise NotYet("the person's card")
    if chosen is not None:
        what["chosen"] = chosen
    await tell_all(tx, _every_channel(rows, template, chosen), template, **what)


async def tell(tx: Transaction, person: ParticipantRef | None, template: str, **what: Any) -> None:
    """Tells one person, in every channel in which they hear such things."""
    await tell_everyone(tx, [person] if person else [], template, **what)


async def tell_people(tx: Transaction, people: Collection[UUID], template: str, **what: Any) -> None:
    """Tells these people of ours. Raises NotYet until we hold everyone's card."""
    rows = await tx.all(select(cards).where(one_of(cards.c.person_id, people)))
    if len(rows) < len(set(people)):
        raise NotYet("the person's card")
    await tell_all(tx, _every_channel(rows, template), template, **what)


async def tell_role(tx: Transaction, role: str, template: str, *, but: Collection[UUID] = (), **what: Any) -> None:
    """Tells everyone with this role but these people."""
    rows = await tx.all(select(cards).where(literal(role) == any_(cards.c.roles)))
    told = [row for row in rows if row.person_id not in but]
    await tell_all(tx, _every_channel(told, template), template, **what)


_STILL_TO_BE_HEARD = text(
    # Its mail has not gone yet, or its letter is not printed; or there is neither, and they have not opened it nor
    # been rung about it.
    "SELECT DISTINCT said.participant_id FROM messages AS said WHERE said.participant_id = ANY(:people)"
    " AND said.template = :template AND said.about = :about"
    " AND (CAST(:since AS uuid) IS NULL OR said.event_id > CAST(:since AS uuid))"
    " AND (CAST(:place_id AS text) IS NULL OR said.facts ->> 'place_id' = CAST(:place_id AS text))"
    " AND (NOT CAST(:not_met AS boolean) OR said.facts ->> 'not_met' = 'true')"
    " AND CASE WHEN said.channel = 'email' THEN said.state = 'queued' AND said.failures = 0"
    " WHEN said.channel = 'letter' THEN EXISTS (SELECT FROM calls WHERE calls.message_id = said.message_id"
    "   AND calls.settled_at IS NULL AND calls.printed_at IS NULL)"
    " ELSE said.read_at IS NULL AND said.state IN ('queued', 'sent')"
    "   AND NOT EXISTS (SELECT 1 FROM calls WHERE calls.message_id = said.message_id AND calls.settled_at IS NOT NULL)"
    "   AND NOT EXISTS (SELECT 1 FROM messages AS other WHERE other.event_id = said.event_id"
    "     AND other.participant_id = said.participant_id AND other.channel IN ('email', 'letter')) END"
)


async def who_is_still_to_hear(
    tx: Transaction,
    people: Collection[UUID],
    template: str,
    about: UUID,
    place_id: UUID | None = None,
    since: UUID | None = None,
    *,
    not_met: bool = False,
) -> set[UUID]:
    """OPP-07, OPP-22, NOT-02: those of whom the same news has been written, and who have not heard it yet. place_id: of
    this place alone. since: of news after this event alone. not_met: of news that something cannot be
    done alone."""
    said = {"people": list(people), "template": template, "about": about, "place_id": place_id and str(place_id)}
    said |= {"since": since, "not_met": not_met}
    return {row.participant_id for row in await tx.all(_STILL_TO_BE_HEARD, said)}


async def mail_later(tx: Transaction, wait: timedelta) -> None:
    """Delays the mails that this event has just caused, in machine time."""
    mine = messages.c.event_id == tx.cause, messages.c.channel == EMAIL, messages.c.state == "queued"
    await tx.execute(update(messages).where(*mine).values(due_at=func.clock_timestamp() + wait))


def _every_channel(rows: Sequence[Row[Any]], template: str, chosen: str | None = None) -> list[tuple[UUID, str]]:
    kind = MESSAGES[template].kind
    return [(row.person_id, channel) for row in rows for channel in channels_for(card_of(row), kind, chosen)]


async def mark_read(tx: Transaction, message_id: UUID, person_id: UUID) -> None:
    """Someone opened a message in the app: all messages of the same event count as read, and nobody needs to ring
    (NOT-08)."""
    event = select(messages.c.event_id).where(
        messages.c.message_id == message_id, messages.c.participant_id == person_id
    )
    await calls.read(tx, event, person_id)
    await tx.execute(
        update(messages)
        .where(
            messages.c.event_id == event.scalar_subquery(),
            messages.c.participant_id == person_id,
            messages.c.read_at.is_(None),
        )
        .values(read_at=tx.now)
    )
