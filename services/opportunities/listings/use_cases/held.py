"""Other organisations' opportunities that we hold, before a batch of their events is handled."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, select, text

from services.opportunities.listings import domain
from services.opportunities.listings.queries import terms_of
from services.opportunities.listings.tables import (
    listing_sessions,
    listing_sessions_gone,
    listings,
    organisations,
    withdrawals,
)
from shared.bulk import put_rows
from shared.db import Transaction, one_of, rows_by
from shared.events import network

LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('opportunities.listings', 0))")
"""Only one batch of listings, or one announcement, runs at a time, because what is new has no row yet that could be
locked."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a host says of an opportunity: a row of listings without our own columns, and its sessions."""

    facts: dict[str, Any]
    sessions: tuple[dict[str, Any], ...]

    @property
    def version(self) -> int:
        return self.facts["host_version"]

    def reasons_not_to_list(self, tx: Transaction, *, held: bool) -> list[Any]:
        planned = [domain.ListedSession(each["starts_at"], each["ends_at"]) for each in self.sessions]
        return domain.reasons_not_to_list(self.facts["title"], planned, terms_of(self.facts), tx.now, held=held)


@dataclass(slots=True)
class HeldListings:
    """What we hold before a batch is handled."""

    listings: dict[UUID, Row[Any]]
    sessions: dict[UUID, list[Row[Any]]]
    withdrawn: dict[UUID, int]
    names: dict[str, str]
    removed: set[str]
    open_listings: dict[str, int]
    trusted: set[str]
    told_today: dict[str, int]

    def looks_first(self, origin: str, policy: domain.NetworkPolicy) -> bool:
        """NET-01: whether a coordinator checks this organisation's new words. If not, they count towards its day."""
        told_today = self.told_today.get(origin, 0)
        if domain.is_held(trusted=origin in self.trusted, told_today=told_today, policy=policy):
            return True
        self.told_today[origin] = told_today + 1
        return False

    def version(self, listing_id: UUID) -> int:
        """The host's newest version, as far as we remember."""
        held = self.listings.get(listing_id)
        return held.host_version if held else self.withdrawn.get(listing_id, -1)

    def text_version(self, listing_id: UUID) -> int:
        """The newest text that counts. A text older than a withdrawal still does: people with a place are told of it
        (NOT-05)."""
        held = self.listings.get(listing_id)
        return held.text_version if held and held.state != "cancelled" else self.version(listing_id)

    def opens(self, said: Heard) -> bool:
        """Whether the event is newer than any withdrawal."""
        return said.version > self.version(said.facts["id"])


def by_listing(events: Iterable[Any]) -> dict[UUID, list[Any]]:
    """Events by our id of the listing, the oldest version first."""
    found: dict[UUID, list[Any]] = {}
    for event in events:
        found.setdefault(network.local_id(event.origin, event.opportunity_id), []).append(event)
    for versions in found.values():
        versions.sort(key=lambda event: event.version)
    return found


async def held_before(tx: Transaction, heard: Mapping[UUID, Sequence[Any]]) -> HeldListings:
    ids = list(heard)
    held = {
        row.id: row
        for row in await tx.all(
            select(listings).where(one_of(listings.c.id, ids)).order_by(listings.c.id).with_for_update()
        )
    }
    planned = await rows_by(tx, select(listing_sessions), listing_sessions.c.listing_id, held)
    withdrawn = await tx.all(
        select(withdrawals.c.listing_id, withdrawals.c.host_version).where(one_of(withdrawals.c.listing_id, ids))
    )
    known_names = await tx.all(
        select(
            organisations.c.origin, organisations.c.display_name, organisations.c.removed, organisations.c.trusted_at
        )
    )
    lately = select(listings.c.origin, func.count().label("number")).where(
        listings.c.told_at > tx.now - timedelta(days=1)
    )
    told = Counter({row.origin: row.number for row in await tx.all(lately.group_by(listings.c.origin))})
    unfunded = select(listings.c.origin, func.count().label("number")).where(
        listings.c.let_in_at > tx.now - timedelta(days=1), listings.c.told_at.is_(None)
    )
    told.update({row.origin: row.number for row in await tx.all(unfunded.group_by(listings.c.origin))})
    again = select(listings.c.origin, func.sum(listings.c.retold).label("number")).where(
        listings.c.retold_since > tx.now - timedelta(days=1)
    )
    told.update({row.origin: row.number for row in await tx.all(again.group_by(listings.c.origin))})
    is_open = (listings.c.state == "open") & (listings.c.last_ends_at > tx.now)
    counts = await tx.all(
        select(listings.c.origin, func.count().label("number")).where(is_open).group_by(listings.c.origin)
    )
    return HeldListings(
        listings=held,
        sessions=planned,
        withdrawn={row.listing_id: row.host_version for row in withdrawn},
        names={row.origin: row.display_name for row in known_names},
        removed={row.origin for row in known_names if row.removed},
        open_listings={row.origin: row.number for row in counts},
        trusted={row.origin for row in known_names if row.trusted_at is not None},
        told_today=told,
    )


async def keep_what_is_gone(
    tx: Transaction,
    before: Sequence[Row[Any]],
    planned: Sequence[Mapping[str, Any]],
    cancelled: Collection[UUID] = (),
) -> None:
    """OPP-19: whoever has a place reads which sessions their host cancelled. before, planned: sessions of listings that
    we held, and all that are there now. cancelled: those that the host says it cancelled, whenever we hear of it."""
    there = {each["id"] for each in planned}
    gone = [
        each._mapping for each in before if each.id not in there and (each.starts_at > tx.now or each.id in cancelled)
    ]
    kept = ("listing_id", "id", "starts_at", "ends_at", "venue")
    rows = [{name: each[name] for name in kept} | {"cancelled_at": tx.now} for each in gone]
    await put_rows(tx, listing_sessions_gone, rows)
    if before:
        of_them = one_of(listing_sessions_gone.c.listing_id, {each.listing_id for each in before})
        await tx.execute(delete(listing_sessions_gone).where(of_them, one_of(listing_sessions_gone.c.id, there)))
