"""What goes with our addressed events but is about a person, so may be in no event: the gateway asks for it when it
seals (NET-02)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select

from services.opportunities.places.domain.guests import ticked_for_guest
from services.opportunities.places.tables.guests import guest_needs, guest_places, guests
from services.opportunities.places.tables.places import needs, places
from services.opportunities.writing.tables import sessions
from shared.db import Transaction, one_of, rows_by
from shared.events.base import Fact
from shared.events.listings import GuestAnswer, GuestRequest, Joining, NeedAnswer

Content = tuple[int, Fact]
"""(version, content)"""


async def requests(tx: Transaction, guest_ids: Sequence[UUID], duty_number: str) -> dict[UUID, Content]:
    """For each of our people who is a guest elsewhere: their code and needs. For one who has left, the code alone."""
    found = await tx.all(select(guest_places).where(one_of(guest_places.c.guest_id, guest_ids)))
    in_order = select(guest_needs).order_by(guest_needs.c.need)
    ticked = await rows_by(tx, in_order, guest_needs.c.guest_place_id, [place.id for place in found])
    contents: dict[UUID, Content] = {}
    for place in found:
        asked = ticked_for_guest([row.need for row in ticked[place.id]])
        request = GuestRequest.model_validate({"code": place.code, "needs": asked, "duty_number": duty_number})
        contents[place.guest_id] = (place.version, request)
    return contents


async def answers(tx: Transaction, guest_ids: Sequence[UUID], duty_number: str) -> dict[UUID, Content]:
    """For each guest of ours: the reason if there is no place, the answers to their needs, and how to join while they
    have the place."""
    return {
        row.guest_id: (row.answer_version, await _answer(tx, row, duty_number))
        for row in await tx.all(_guests(guest_ids))
    }


def _guests(guest_ids: Sequence[UUID]) -> Select[Any]:
    return (
        select(guests, places.c.opportunity_id.label("own_opportunity_id"), places.c.state)
        .outerjoin(places, places.c.id == guests.c.place_id)
        .where(one_of(guests.c.guest_id, guest_ids), guests.c.answer_version > 0)
    )


async def _answer(tx: Transaction, guest: Row[Any], duty_number: str) -> GuestAnswer:
    asked = await tx.all(
        select(needs)
        .where(needs.c.place_id == guest.place_id, needs.c.state != "withdrawn", needs.c.need != "other")
        .order_by(needs.c.id)
    )
    joining = (
        select(sessions)
        .where(
            sessions.c.opportunity_id == guest.own_opportunity_id,
            sessions.c.joining != "",
            sessions.c.cancelled_at.is_(None),
        )
        .order_by(sessions.c.starts_at)
    )
    return GuestAnswer(
        reason=guest.refused_because,
        needs=tuple(NeedAnswer(need=row.need, state=row.state, reason=row.reason) for row in asked),
        joining=tuple(Joining(session_id=row.id, how=row.joining) for row in await tx.all(joining))
        if guest.state == "taken"
        else (),
        duty_number=duty_number,
    )


CONTENTS: Mapping[str, Callable[[Transaction, Sequence[UUID], str], Awaitable[dict[UUID, Content]]]] = {
    "guest-requested": requests,
    "guest-answered": answers,
}
"""By the name of the event that it belongs to."""
