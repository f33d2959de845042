"""An opportunity of several sessions, with people."""

from typing import Any
from uuid import UUID

from services.opportunities.places.use_cases.taking import take_place
from services.opportunities.register.use_cases import attendance
from services.opportunities.register.use_cases.attendance import Entry
from services.opportunities.words.domain import Policy
from shared.events import ParticipantRef
from tests.opportunities.support import World, someone

POLICY = Policy()


async def series(
    here: World, people: int = 1, ticked: tuple[str, ...] = (), words: str = ""
) -> tuple[UUID, list[UUID], list[ParticipantRef], list[UUID]]:
    """(opportunity, its two sessions, who has a place, their places), a quarter of an hour after the first session
    began."""
    opportunity_id = await here.published(number=2)
    whom = [someone() for _ in range(people)]
    taken = [await here.do(take_place, opportunity_id, each, ticked, words) for each in whom]
    here.move(days=35, minutes=15)
    return opportunity_id, await here.session_ids(opportunity_id), whom, taken


async def records(here: World, opportunity_id: UUID, session_id: UUID, place_id: UUID) -> dict[str, int]:
    return await here.do(
        attendance.record_attendance, opportunity_id, session_id, [Entry(place_id, True, 90)], sure_before_end=True
    )


async def booked(here: World) -> list[dict[str, Any]]:
    return await here.dicts(
        "SELECT need, words, done_at IS NOT NULL AS done FROM bookings_to_cancel ORDER BY since, need"
    )
