"""Listings: other organisations' opportunities, as our people and our staff see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select

from services.opportunities import domain
from services.opportunities.tables import listing_sessions, listings, organisations
from shared.db import Transaction, one_of
from shared.reasons import Reason

MOST_SHOWN = 200
"""On one page of ours: the next to start."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing with its sessions. host_name: as its host is called; refusals: why nobody can take part in it now."""

    facts: Row[Any]
    sessions: Sequence[Row[Any]]
    host_name: str
    host_url: str
    terms: domain.Terms
    refusals: Sequence[Reason]
    agreed: bool

    @property
    def open(self) -> bool:
        return not self.refusals


def terms_of(row: Mapping[Any, Any]) -> domain.Terms:
    """What its host pays, and pays back."""
    return domain.Terms(row["paid"], row["rate_pence"], domain.Offer(row["funding"], row["expenses_cap_pence"]))


def facts_of(row: Row[Any]) -> domain.ListingFacts:
    """What the rules look at when somebody wants to take part."""
    agreed = None
    if row.agreed_at is not None:
        agreed = domain.Terms(row.agreed_rate_pence is not None, row.agreed_rate_pence, domain.Offer(row.agreed_funding, row.agreed_cap_pence))
    return domain.ListingFacts(row.state, row.hidden, row.last_ends_at, terms_of(row._mapping), agreed)


async def listing(tx: Transaction, listing_id: UUID, policy: domain.NetworkPolicy) -> Listing | None:
    """In whatever state; None if there is none."""
    found = await _listings(tx, policy, listings.c.id == listing_id)
    return found[0] if found else None


async def shown_listings(tx: Transaction, policy: domain.NetworkPolicy) -> list[Listing]:
    """What our lists show beside our own, at most MOST_SHOWN: open and still to come, the next to start first."""
    return await _listings(tx, policy, listings.c.state == "open", ~listings.c.hidden, listings.c.last_ends_at > tx.now)


async def listings_for_staff(tx: Transaction, policy: domain.NetworkPolicy) -> list[Listing]:
    """Those of shown_listings and the hidden ones; what waits for a decision first."""
    found = await _listings(tx, policy, listings.c.state == "open", listings.c.last_ends_at > tx.now)
    return sorted(found, key=lambda each: (not each.facts.held, each.facts.hidden, each.agreed))


async def neighbours(tx: Transaction) -> Sequence[Row[Any]]:
    """The other organisations of the network, by name, with whether we trust what they share."""
    return await tx.all(select(organisations).where(~organisations.c.removed).order_by(organisations.c.display_name))


async def _listings(tx: Transaction, policy: domain.NetworkPolicy, *where: Any) -> list[Listing]:
    named = select(listings, organisations.c.display_name, organisations.c.url.label("host_url"))
    named = named.outerjoin(organisations, organisations.c.origin == listings.c.origin).where(*where)
    rows = await tx.all(named.order_by(listings.c.first_starts_at, listings.c.id).limit(MOST_SHOWN))
    of_each: dict[UUID, list[Row[Any]]] = {row.id: [] for row in rows}
    planned = select(listing_sessions).where(one_of(listing_sessions.c.listing_id, of_each))
    for session in await tx.all(planned.order_by(listing_sessions.c.starts_at, listing_sessions.c.id)):
        of_each[session.listing_id].append(session)
    return [_listing(row, of_each[row.id], policy, tx) for row in rows]


def _listing(row: Row[Any], planned: Sequence[Row[Any]], policy: domain.NetworkPolicy, tx: Transaction) -> Listing:
    facts = facts_of(row)
    refusals = domain.reasons_not_to_take_part_in_listing(facts, tx.now, policy)
    agreed = domain.is_agreed(facts.terms, facts.agreed, policy)
    return Listing(row, planned, row.display_name or row.host_name, row.host_url or "", facts.terms, refusals, agreed)


async def full_hosts(tx: Transaction, policy: domain.NetworkPolicy) -> list[str]:
    """The organisations that share more than we take: further listings of theirs are left out."""
    counted = (
        select(listings.c.origin, func.count().label("number"))
        .where(listings.c.state == "open", listings.c.last_ends_at > tx.now)
        .group_by(listings.c.origin)
        .order_by(listings.c.origin)
    )
    return [row.origin for row in await tx.all(counted) if not domain.has_room(row.number, policy)]
