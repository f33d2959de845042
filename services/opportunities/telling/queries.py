"""How people with a place hear of changes (NOT-08)."""

from typing import Any
from uuid import UUID

from sqlalchemy import any_, func, literal, select

from services.opportunities.people.queries import names
from services.opportunities.people.tables import people
from services.opportunities.places.queries.how_full import Opportunity
from services.opportunities.places.tables.places import places
from services.opportunities.telling.domain import News, Reach
from shared.db import Transaction
from shared.service import Service

_REACHED = people.c.reached_by_message
_ACTIVE = ("waiting", "offered", "taken")


async def reach_of(tx: Transaction, opportunity_id: UUID) -> Reach:
    """For everyone who has, waits for or was offered a place, from the cards that we keep."""
    ours = places.c.participant_kind == "person"
    row = await tx.one(
        select(
            func.count().filter(ours, _REACHED.is_(True)).label("by_message"),
            func.count().filter(ours, _REACHED.is_(False), ~people.c.by_letter).label("by_phone"),
            func.count().filter(ours, _REACHED.is_(False), people.c.by_letter).label("by_letter"),
            func.count().filter(ours, _REACHED.is_(None)).label("unknown"),
            func.count().filter(~ours).label("guests"),
            func.count().filter(places.c.state != "taken").label("waiting"),
        )
        .select_from(places.outerjoin(people, people.c.person_id == places.c.participant_id))
        .where(places.c.opportunity_id == opportunity_id, places.c.state.in_(_ACTIVE))
    )
    return Reach(row.by_message, row.by_phone, row.unknown, row.guests, row.waiting, row.by_letter)


async def reach_of_participants(tx: Transaction) -> Reach:
    """For everybody who may take part, whether they want such news or not: only `notifications` knows that."""
    row = await tx.one(
        select(
            func.count().filter(_REACHED.is_(True)).label("by_message"),
            func.count().filter(_REACHED.is_(False), ~people.c.by_letter).label("by_phone"),
            func.count().filter(_REACHED.is_(False), people.c.by_letter).label("by_letter"),
            func.count().filter(_REACHED.is_(None)).label("unknown"),
        ).where(literal("participant") == any_(people.c.roles))
    )
    return Reach(row.by_message, row.by_phone, row.unknown, by_letter=row.by_letter)


async def who_would_hear(service: Service, found: Opportunity) -> News | None:
    """NOT-03: by the same predicate as `notifications` uses to tell people. None: it does not answer now."""
    asked: dict[str, Any] = {name: found.facts._mapping[name] for name in ("kind", "mode", "area")}
    asked["starts"] = [session.starts_at.isoformat() for session in found.sessions]
    try:
        answer = await service.requests("notifications.news.opportunities", asked)
    except (ConnectionError, TimeoutError):
        return None
    to_ring = [UUID(each) for each in answer["to_ring"]]
    known = await service.database.read(lambda tx: names(tx, to_ring))
    named = tuple(sorted(known[each] for each in to_ring))
    return News(answer["by_message"], answer["by_phone"], named, answer.get("by_letter", 0))
