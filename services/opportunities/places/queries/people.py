"""The people with a place, by the names that staff see: our own and guests (NET-02)."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Row, and_, case, func, or_, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on

from services.opportunities.listings.tables import organisations
from services.opportunities.people.queries import NAME_UNKNOWN, apart_by
from services.opportunities.people.tables import people
from services.opportunities.places.domain.needs import is_unanswered_need
from services.opportunities.places.queries.how_full import ACTIVE, kept_back
from services.opportunities.places.tables.guests import guest_places, guests
from services.opportunities.places.tables.places import needs, places
from services.opportunities.words.domain import Policy
from services.opportunities.writing.queries import next_dates
from services.opportunities.writing.tables import sessions
from shared.db import Transaction, one_of
from shared.text import told_apart


async def places_of(tx: Transaction, opportunity_id: UUID) -> list[dict[str, Any]]:
    """For staff: the people with a place, then those who wait, in order."""
    rows = await tx.all(
        select(
            places.c.id,
            places.c.participant_kind,
            places.c.participant_id,
            places.c.state,
            places.c.walk_in,
            places.c.answer_by,
            ((places.c.state == "waiting") & kept_back(places)).label("kept_back"),
            shown_name().label("name"),
            apart_by().label("apart"),
        )
        .select_from(named(places))
        .where(places.c.opportunity_id == opportunity_id, places.c.state.in_(ACTIVE))
        .order_by(
            case((places.c.state == "taken", 0), (places.c.state == "offered", 1), else_=2), places.c.queue_number
        )
    )
    return [
        {**row._asdict(), "name": name}
        for row, name in zip(rows, told_apart([(row.name, row.apart) for row in rows]), strict=True)
    ]


async def must_be_a_guest(tx: Transaction, opportunity_id: UUID, place_id: UUID) -> None:
    """Raises Missing unless this is, or was, a guest's place in this opportunity."""
    its = places.c.id == place_id, places.c.opportunity_id == opportunity_id
    await tx.one(select(places.c.id).where(*its, places.c.participant_kind == "guest"))


async def unanswered_needs(tx: Transaction, policy: Policy, of: Collection[UUID] | None = None) -> dict[UUID, int]:
    """OPP-07: how many needs now warn, by opportunity. Only counts, so no reading of needs. of: these opportunities;
    None: all."""
    coming = next_dates(tx.now, of)
    asked = await tx.all(
        select(places.c.opportunity_id, coming.c.starts_at, func.count().label("number"))
        .select_from(needs)
        .join(places, places.c.id == needs.c.place_id)
        .join(coming, coming.c.opportunity_id == places.c.opportunity_id)
        .where(needs.c.state == "asked", places.c.state == "taken")
        .group_by(places.c.opportunity_id, coming.c.starts_at)
    )
    return {
        row.opportunity_id: row.number for row in asked if is_unanswered_need("asked", row.starts_at, tx.now, policy)
    }


def named(source: FromClause) -> FromClause:
    """source joined with what names a place's owner: a person's card, or a guest's organisation."""
    of_person = (people.c.person_id == places.c.participant_id) & (places.c.participant_kind == "person")
    of_home = (organisations.c.origin == places.c.participant_home) & (places.c.participant_kind == "guest")
    return source.outerjoin(people, of_person).outerjoin(organisations, of_home)


def shown_name() -> ColumnElement[str]:
    """For staff, of a place in `named`: "A guest from Viewpoint, G-7F3K", someone's name, or a sentence if it has not
    arrived."""
    home = func.coalesce(organisations.c.display_name, places.c.participant_home)
    guest = func.concat("A guest from ", home, ", ", places.c.guest_code)
    return case((places.c.participant_kind == "guest", guest), else_=func.coalesce(people.c.name, NAME_UNKNOWN))


async def names_of_places(tx: Transaction, place_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The names of places' owners, for staff pages."""
    shown = shown_name().label("name"), apart_by().label("apart")
    known = await tx.all(
        select(places.c.id, places.c.participant_id, *shown)
        .select_from(named(places))
        .where(one_of(places.c.id, place_ids))
    )
    people_ = {
        row.participant_id: (row.name, row.apart) for row in known
    }  # one person may hold several of these places
    names = dict(zip(people_, told_apart(list(people_.values())), strict=True))
    return {row.id: names[row.participant_id] for row in known}


async def homes_of(tx: Transaction, opportunity_id: UUID) -> Sequence[Row[Any]]:
    """(name, duty_number) of each organisation with guests who have, were offered or wait for a place: whom to ring on
    the day itself."""
    newest = (
        select(guests.c.home, guests.c.duty_number)
        .join(places, places.c.id == guests.c.place_id)
        .where(guests.c.opportunity_id == opportunity_id, places.c.state.in_(("waiting", "offered", "taken")))
        .ext(distinct_on(guests.c.home))
        .order_by(guests.c.home, guests.c.heard_at.desc())
        .subquery()
    )
    home = func.coalesce(organisations.c.display_name, newest.c.home).label("name")
    return await tx.all(
        select(home, newest.c.duty_number)
        .outerjoin(organisations, organisations.c.origin == newest.c.home)
        .order_by(home)
    )


async def duty_number_of(tx: Transaction, organisation: str) -> str:
    """NET-02: of another organisation, as it last told us about a guest; "" if it told us none."""
    of_home = select(guests.c.duty_number, guests.c.heard_at.label("told_at")).where(guests.c.home == organisation)
    of_host = select(guest_places.c.duty_number, guest_places.c.changed_at).where(guest_places.c.host == organisation)
    told = union_all(of_home, of_host).subquery()
    newest = select(told.c.duty_number).where(told.c.duty_number != "").order_by(told.c.told_at.desc()).limit(1)
    return await tx.scalar(newest) or ""


def had_a_place() -> ColumnElement[bool]:
    """`is_on_register` for a row of places and one of sessions."""
    held = and_(
        places.c.only_session_id.is_(None),
        places.c.taken_at < sessions.c.ends_at,
        or_(places.c.ended_at.is_(None), places.c.ended_at > sessions.c.starts_at),
    )
    return or_(places.c.only_session_id == sessions.c.id, held)
