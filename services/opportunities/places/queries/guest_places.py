"""Reads about guests: our people's places with others, and hosts' words to them (NET-02)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, func, select

from services.opportunities.listings.domain import places_being_changed
from services.opportunities.listings.queries import gone_of_each, sessions_of_each
from services.opportunities.listings.tables import listings, organisations
from services.opportunities.places.domain import guests, taking
from services.opportunities.places.queries.held import Attended, Changed, Place, Unseen, attended, own_dates
from services.opportunities.places.tables.guests import guest_attendances, guest_needs, guest_places
from shared.db import Transaction, one_of, participant_values, rows_by
from shared.events import ParticipantRef
from shared.paging import page_of

_LISTING = select(listings, func.coalesce(organisations.c.display_name, listings.c.origin).label("host")).outerjoin(
    organisations, organisations.c.origin == listings.c.origin
)


async def own_guest_place(tx: Transaction, place_id: UUID, participant: ParticipantRef) -> Place | None:
    """None if it is somebody else's, or not a guest's place."""
    found = await _own_guest_places(tx, participant, guest_places.c.id == place_id)
    return found[0] if found else None


async def own_guest_places(tx: Transaction, participant: ParticipantRef) -> list[Place]:
    """Every place that someone has, had or asked for with others, latest first."""
    return await _own_guest_places(tx, participant)


async def _own_guest_places(tx: Transaction, participant: ParticipantRef, *where: Any) -> list[Place]:
    rows = await tx.all(
        select(guest_places)
        .where(*_of(participant), *where)
        .order_by(guest_places.c.created_at.desc(), guest_places.c.id.desc())
    )
    ids = {row.listing_id for row in rows}
    of_it = {listing.id: listing for listing in await tx.all(_LISTING.where(one_of(listings.c.id, ids)))}
    planned, gone = await sessions_of_each(tx, ids), await gone_of_each(tx, ids)
    asked = await rows_by(tx, select(guest_needs), guest_needs.c.guest_place_id, [row.id for row in rows])
    there = await _attended(tx, list(asked))
    return [
        _guest_place(
            row,
            of_it[row.listing_id],
            planned[row.listing_id],
            gone[row.listing_id],
            asked[row.id],
            there.get(row.id, Attended()),
            tx.now,
        )
        for row in rows
    ]


async def _attended(tx: Transaction, place_ids: Sequence[UUID]) -> dict[UUID, Attended]:
    """According to the hosts' registers."""
    lines = guest_attendances.c
    said = (
        func.bool_or(lines.present).label("was_there"),
        func.sum(lines.minutes).label("minutes"),
        func.count(lines.present).label("lines"),
    )
    found = select(lines.guest_place_id.label("place_id"), *said).where(one_of(lines.guest_place_id, place_ids))
    return attended(await tx.all(found.group_by(lines.guest_place_id)))


def _guest_place(
    row: Row[Any],
    listing: Row[Any],
    planned: Sequence[Row[Any]],
    gone: Sequence[Row[Any]],
    asked: Sequence[Row[Any]],
    there: Attended,
    now: datetime,
) -> Place:
    answers = sorted(asked, key=lambda need: list(guests.GUEST_NEEDS).index(need.need))
    shown = taking.place_shown(
        row.state,
        listing.state == "cancelled",
        listing.last_ends_at,
        now,
        ended=listing.state == "closed",
        was_there=there.was_there,
        last_starts_at=max((session.starts_at for session in planned), default=None),
    )
    held = taking.Holding(row.created_at, row.changed_at if row.state == "left" else None)
    dates = own_dates(row.state, held, planned)
    return Place(
        host=listing.host,
        facts=row,
        shown=shown,
        opportunity=listing,
        sessions=dates,
        needs=answers,
        dates=taking.mark_of_dates(listing.mode, planned),
        there=there,
        joining={UUID(session_id): how for session_id, how in row.joining.items()},
        reason=listing.reason if shown == "cancelled" else row.reason,
        position=row.position,
        unseen=_unseen(row.waiting) if row.waiting else None,
        cancelled=_cancelled(row, listing, dates, gone) if row.state in ("taken", "cancelled") else (),
        uncertain=places_being_changed(listing.waiting, listing.not_shown),
        changes=_changes(row, listing) if taking.is_told_of_changes(shown) else (),
    )


def _changes(row: Row[Any], listing: Row[Any]) -> list[Changed]:
    """OPP-16: of the last change that was told, what came since they asked for the place."""
    since = [each for each in listing.differences if datetime.fromisoformat(each["at"]) > row.created_at]
    if not since or not listing.changed:
        return []
    return [Changed(datetime.fromisoformat(since[0]["at"]), listing.changed, since, listing.reason)]


def _cancelled(row: Row[Any], listing: Row[Any], dates: Sequence[Row[Any]], gone: Sequence[Row[Any]]) -> list[Row[Any]]:
    """OPP-19: the dates that its host cancelled since they asked for it, by themselves or with the whole. With the
    whole, their own place ends."""
    with_the_whole = dates if listing.state == "cancelled" else ()
    return [*(each for each in gone if each.cancelled_at > row.created_at), *with_the_whole]


def _unseen(waiting: Mapping[str, Any]) -> Unseen:
    joining = any(name.startswith(guests.JOINING) for name in waiting.get("words", ()))
    return Unseen(joining, bool(waiting.get("refused")), look_by_of(waiting))


@dataclass(frozen=True, slots=True)
class WordsToAGuest:
    """What a host wrote to one of ours, for coordinators to check; it does not say whom it is for. words: (of what,
    what it says)."""

    place_id: UUID
    version: int
    listing_id: UUID
    title: str
    host: str
    words: Sequence[tuple[str, str]]
    refused: bool
    look_by: datetime | None


_WORDED = {
    guests.NEED: "About something that they need",
    guests.JOINING: "How to join",
    guests.REASON: "Why there is no place",
}


async def words_to_guests(tx: Transaction, after: str | None = None) -> tuple[list[WordsToAGuest], str | None]:
    """NET-01: words that wait for a check, then refused ones that may still be shown, while they matter to anybody; and
    where the next page begins."""
    host = func.coalesce(organisations.c.display_name, listings.c.origin).label("host_name")
    refused = guest_places.c.waiting["refused"].as_boolean()
    written = (
        select(guest_places, listings.c.title, host)
        .join(listings, listings.c.id == guest_places.c.listing_id)
        .outerjoin(organisations, organisations.c.origin == guest_places.c.host)
        .where(guest_places.c.waiting.is_not(None), listings.c.last_ends_at > tx.now)
    )
    rows, next_after = await page_of(
        tx, written, case((refused, 1), else_=0), guest_places.c.changed_at, guest_places.c.id, after=after
    )
    found = [
        WordsToAGuest(
            row.id,
            row.version,
            row.listing_id,
            row.title,
            row.host_name,
            _worded(row.waiting["words"]),
            row.waiting["refused"],
            look_by_of(row.waiting),
        )
        for row in rows
    ]
    return found, next_after


def look_by_of(waiting: Mapping[str, Any]) -> datetime | None:
    """None if it began to wait before we kept that."""
    return datetime.fromisoformat(waiting["look_by"]) if "look_by" in waiting else None


def _worded(words: Mapping[str, str]) -> list[tuple[str, str]]:
    return [
        (next(label for start, label in _WORDED.items() if name.startswith(start)), said)
        for name, said in words.items()
    ]


async def active_guest_place_id(tx: Transaction, listing_id: UUID, participant: ParticipantRef) -> UUID | None:
    active = (guest_places.c.listing_id == listing_id) & guest_places.c.state.in_(guests.ACTIVE)
    return await tx.scalar(select(guest_places.c.id).where(active, *_of(participant)))


def _of(participant: ParticipantRef) -> list[Any]:
    return [guest_places.c[column] == value for column, value in participant_values(participant).items()]
