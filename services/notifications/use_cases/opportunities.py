"""Following an opportunity and its places: our own copy of what we speak of, and telling people about it."""

from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert

from services.notifications import domain
from services.notifications.tables import opportunities, places, sessions
from services.notifications.use_cases import messages, tasks
from shared.clock import london_date
from shared.db import Transaction, participant_values
from shared.events import ParticipantRef
from shared.events.opportunities import AccessNeedAnswered, OpportunityClosed, OpportunityCreated, PlaceLeft, PlaceOffered, PlaceTaken
from shared.reasons import NotYet

_ADD_SESSIONS = text(
    "INSERT INTO sessions (session_id, opportunity_id, starts_at, ends_at, venue)"
    " SELECT session_id, :opportunity_id, starts_at, ends_at, venue"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]), CAST(:venues AS text[]))"
    " AS new (session_id, starts_at, ends_at, venue)"
)


async def follow_publication(tx: Transaction, event: OpportunityCreated) -> None:
    """NOT-03: keep what it says and, the first time and unless all of it is over, tell everyone who has not ruled it out."""
    known = await tx.first(select(opportunities.c.version).where(opportunities.c.opportunity_id == event.opportunity_id))
    if known is None or known.version < event.version:
        await _keep(tx, event)
    if known is None and domain.has_something_left((session.ends_at for session in event.sessions), tx.now):
        offer = domain.Offer(event.kind, event.mode, event.area, domain.time_slots(session.starts_at for session in event.sessions))
        told = domain.who_hears_of(offer, await messages.cards_of_participants(tx))
        await messages.tell_all(tx, told, "opportunity-created", about=event.opportunity_id, opportunity_id=event.opportunity_id)


async def _keep(tx: Transaction, event: OpportunityCreated) -> None:
    values = event.model_dump(include={"opportunity_id", "version", "title", "summary", "kind", "mode", "area", "paid", "contact_role", "short_notice_reason"})
    await tx.execute(insert(opportunities).values(values).on_conflict_do_update(index_elements=["opportunity_id"], set_=values))
    await tx.execute(delete(sessions).where(sessions.c.opportunity_id == event.opportunity_id))
    await tx.execute(
        _ADD_SESSIONS,
        {
            "opportunity_id": event.opportunity_id,
            "ids": [session.session_id for session in event.sessions],
            "starts": [session.starts_at for session in event.sessions],
            "ends": [session.ends_at for session in event.sessions],
            "venues": [session.venue for session in event.sessions],
        },
    )


async def follow_closing(tx: Transaction, event: OpportunityClosed) -> None:
    """OPP-12: everyone who took part is thanked and asked whether they want to stay involved."""
    await must_know(tx, event.opportunity_id)
    await tx.execute(update(opportunities).where(opportunities.c.opportunity_id == event.opportunity_id).values(closed=True))
    await messages.tell_everyone(tx, event.participants, "opportunity-closed", about=event.opportunity_id, opportunity_id=event.opportunity_id)


async def follow_place_taken(tx: Transaction, event: PlaceTaken) -> None:
    """You have a place, with a calendar entry. Who walked in and went home again is not told so afterwards."""
    await must_know(tx, event.opportunity_id)
    newest = await _keep_place(tx, event, held=True)
    await tasks.follow(tx, event.name, event.place_id, event.version)
    ends = await tx.all(select(sessions.c.ends_at).where(sessions.c.opportunity_id == event.opportunity_id))
    if newest and domain.has_something_left((row.ends_at for row in ends), tx.now):
        await _tell_of_place(tx, event.participant, event.name, event.place_id, event.opportunity_id)


async def follow_place_offered(tx: Transaction, event: PlaceOffered) -> None:
    """OPP-05: a place came free for someone on the waiting list, who has until answer_by to say yes or no."""
    await must_know(tx, event.opportunity_id)
    await tasks.follow(
        tx,
        event.name,
        event.place_id,
        event.version,
        person_id=event.participant.id,
        opportunity_id=event.opportunity_id,
        due_on=london_date(event.answer_by),
    )
    if event.answer_by > tx.now:
        await _tell_of_place(tx, event.participant, event.name, event.place_id, event.opportunity_id, answer_by=event.answer_by.isoformat())


async def follow_place_left(tx: Transaction, event: PlaceLeft) -> None:
    await must_know(tx, event.opportunity_id)
    newest = await _keep_place(tx, event, held=False)
    await tasks.follow(tx, event.name, event.place_id, event.version)
    if newest:
        await _tell_of_place(tx, event.participant, event.name, event.place_id, event.opportunity_id)


async def follow_need_answered(tx: Transaction, event: AccessNeedAnswered) -> None:
    """OPP-07: they hear before they travel. What the answer is stands on their own page."""
    await must_know(tx, event.opportunity_id)
    await _tell_of_place(tx, event.participant, event.name, event.place_id, event.opportunity_id)


async def _keep_place(tx: Transaction, event: PlaceTaken | PlaceLeft, *, held: bool) -> bool:
    """False if we already know of something later that happened to this place."""
    values = {
        "place_id": event.place_id,
        "version": event.version,
        "opportunity_id": event.opportunity_id,
        **participant_values(event.participant),
        "held": held,
        "changed_on": tx.today,
    }
    statement = insert(places).values(values)
    kept = await tx.execute(statement.on_conflict_do_update(index_elements=["place_id"], set_=values, where=places.c.version < event.version))
    return kept.rowcount == 1


async def _tell_of_place(tx: Transaction, person: ParticipantRef, template: str, place_id: UUID, opportunity_id: UUID, **facts: str) -> None:
    await messages.tell(tx, person, template, about=opportunity_id, opportunity_id=opportunity_id, place_id=place_id, **facts)


async def must_know(tx: Transaction, opportunity_id: UUID) -> None:
    """Raises NotYet while the opportunity's publication has not reached us."""
    if await tx.first(select(opportunities.c.version).where(opportunities.c.opportunity_id == opportunity_id)) is None:
        raise NotYet("the opportunity's publication")
