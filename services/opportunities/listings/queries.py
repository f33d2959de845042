"""Listings: other organisations' opportunities, as our people and our staff see them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, select, true

from services.opportunities.listings.domain import (
    Called,
    ListingFacts,
    NetworkPolicy,
    Terms,
    Waiting,
    has_room,
    is_agreed,
    is_new,
    reasons_not_to_take_part_in_listing,
    taken_for,
)
from services.opportunities.listings.tables import listing_sessions, listing_sessions_gone, listings, organisations
from services.opportunities.words.domain import FUNDING, Offer
from shared.db import Transaction, one_of, rows_by
from shared.paging import page_of
from shared.reasons import Reason


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing with its sessions. host_name: what people call its host; refusals: why nobody can take part in it
    now."""

    facts: Row[Any]
    sessions: Sequence[Row[Any]]
    host_name: str
    host_url: str
    terms: Terms
    refusals: Sequence[Reason]
    agreed: bool

    @property
    def open(self) -> bool:
        return not self.refusals

    @property
    def waits(self) -> Waiting:
        """The newer words that nobody has checked yet (NET-01)."""
        return Waiting.kept(self.facts.waiting)

    @property
    def not_shown(self) -> Waiting:
        """The words that a coordinator refused to show; nothing while newer ones wait."""
        return Waiting.kept(None if self.facts.waiting else self.facts.not_shown)


def terms_of(row: Mapping[Any, Any]) -> Terms:
    """What its host pays, and what it pays back."""
    return Terms(row["paid"], row["rate_pence"], Offer(row["funding"], row["expenses_cap_pence"]))


def agreed_terms_of(row: Mapping[Any, Any]) -> Terms | None:
    """The terms that a coordinator accepted (NET-03)."""
    if row["agreed_at"] is None:
        return None
    rate = row["agreed_rate_pence"]
    return Terms(rate is not None, rate, Offer(row["agreed_funding"], row["agreed_cap_pence"]))


def facts_of(row: Row[Any]) -> ListingFacts:
    """The facts for the rules about taking part."""
    its = row._mapping
    return ListingFacts(row.state, row.hidden, row.last_ends_at, terms_of(its), agreed_terms_of(its))


async def listing(tx: Transaction, listing_id: UUID, policy: NetworkPolicy) -> Listing | None:
    """In any state; None if there is none."""
    found = await some_listings(tx, policy, [listing_id])
    return found[0] if found else None


def agreed_to(policy: NetworkPolicy) -> ColumnElement[bool]:
    """`is_agreed`, for a row."""
    if policy.agree == "always":
        return true()
    rate, more = (
        func.coalesce(listings.c.rate_pence, 0),
        {funding: number for number, funding in enumerate(FUNDING)},
    )  # in the order of `is_offer_at_least`
    as_good = and_(
        listings.c.agreed_at.is_not(None),
        rate <= func.coalesce(listings.c.agreed_rate_pence, 0),
        case(more, value=listings.c.funding) >= case(more, value=listings.c.agreed_funding),
        listings.c.expenses_cap_pence >= listings.c.agreed_cap_pence,
    )
    funded = and_(
        listings.c.funding == "fees-and-expenses", listings.c.expenses_cap_pence >= policy.expected_expenses_pence
    )
    return func.coalesce(as_good, False) | and_(funded, rate <= policy.most_rate_pence)


def shown_now(tx: Transaction) -> ColumnElement[bool]:
    """The listings among our own opportunities in our lists: open, not hidden and still to come."""
    return and_(listings.c.state == "open", ~listings.c.hidden, listings.c.last_ends_at > tx.now)


async def some_listings(tx: Transaction, policy: NetworkPolicy, ids: Collection[UUID]) -> list[Listing]:
    return await _listings(tx, policy, await tx.all(_named().where(one_of(listings.c.id, ids))))


async def listings_for_staff(
    tx: Transaction, policy: NetworkPolicy, after: str | None = None
) -> tuple[list[Listing], str | None]:
    """A page of listings that are open and still to come, hidden or not, and of any listing with words that wait; and
    where the next begins.

    Those that wait for a decision first, then the next to start."""
    words_wait = listings.c.waiting.is_not(None)
    rank = case(
        (listings.c.held, 0),
        (words_wait & ~listings.c.hidden, 0),
        (listings.c.hidden, 3),
        (agreed_to(policy), 2),
        else_=1,
    )
    has_words = words_wait | (listings.c.not_shown.is_not(None) & (listings.c.last_ends_at > tx.now))
    to_come = _named().where(
        ((listings.c.state == "open") & (listings.c.last_ends_at > tx.now)) | (has_words & ~listings.c.hidden)
    )
    rows, next_after = await page_of(tx, to_come, rank, listings.c.first_starts_at, listings.c.id, after=after)
    return await _listings(tx, policy, rows), next_after


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another organisation, as coordinators tell it apart (NET-01). said: what it calls itself; taken_for: whom
    somebody could take it for by that."""

    facts: Row[Any]
    said: str
    new: bool
    taken_for: Called | None


async def called_so(tx: Transaction) -> list[Called]:
    """What our people call each organisation, also those that the hub removed; and what each calls itself that
    waits, but not of one that has no name here yet: whoever invents names would make each like it wait, too."""
    rows = [row for row in await tx.all(select(organisations)) if not _only_waits(row)]
    return [Called(row.origin, row.display_name) for row in rows] + _waiting(rows)


def _only_waits(row: Row[Any]) -> bool:
    return bool(row.waiting) and row.display_name == row.origin


def _waiting(rows: Sequence[Row[Any]]) -> list[Called]:
    return [Called(row.origin, row.waiting["said"]["display_name"]) for row in rows if row.waiting]


async def neighbours(tx: Transaction, us: Called) -> list[Neighbour]:
    """The other organisations of the network, by name."""
    rows = await tx.all(select(organisations).order_by(organisations.c.display_name, organisations.c.origin))
    names = [us, *(Called(row.origin, row.display_name) for row in rows if row.display_name != row.origin)]
    return [_neighbour(row, names, _waiting([each for each in rows if not _only_waits(each)]), tx.now) for row in rows]


def _neighbour(row: Row[Any], names: list[Called], waiting: list[Called], now: datetime) -> Neighbour:
    """Coordinators are not warned of who has a name because another wants it."""
    said = row.waiting["said"]["display_name"] if row.waiting else row.display_name
    others = names + waiting if row.waiting else names
    return Neighbour(row, said, is_new(row.known_since, now), taken_for(said, row.origin, others))


async def count_neighbours(tx: Transaction) -> int:
    """How many other organisations the network has."""
    return await tx.scalar(select(func.count()).select_from(organisations).where(~organisations.c.removed)) or 0


async def trusted_neighbour(tx: Transaction, origin: str) -> str | None:
    """The name of an organisation whose listings come in unchecked; None for any other."""
    trusted = (organisations.c.origin == origin) & organisations.c.trusted_at.is_not(None) & ~organisations.c.removed
    return await tx.scalar(select(organisations.c.display_name).where(trusted))


def _named() -> Select[*tuple[Any, ...]]:
    named = select(listings, organisations.c.display_name, organisations.c.url.label("host_url"))
    return named.outerjoin(organisations, organisations.c.origin == listings.c.origin)


async def sessions_of_each(tx: Transaction, listing_ids: Collection[UUID]) -> dict[UUID, list[Row[Any]]]:
    """The sessions of each listing, earliest first."""
    in_order = select(listing_sessions).order_by(listing_sessions.c.starts_at, listing_sessions.c.id)
    return await rows_by(tx, in_order, listing_sessions.c.listing_id, listing_ids)


async def _listings(tx: Transaction, policy: NetworkPolicy, rows: Sequence[Row[Any]]) -> list[Listing]:
    of_each = await sessions_of_each(tx, [row.id for row in rows])
    return [_listing(row, of_each[row.id], policy, tx) for row in rows]


async def gone_of_each(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, list[Row[Any]]]:
    """OPP-19: the sessions of each listing that its host cancelled while others stay, earliest first."""
    gone = select(listing_sessions_gone).order_by(listing_sessions_gone.c.starts_at, listing_sessions_gone.c.id)
    return await rows_by(tx, gone, listing_sessions_gone.c.listing_id, ids)


def _listing(row: Row[Any], planned: Sequence[Row[Any]], policy: NetworkPolicy, tx: Transaction) -> Listing:
    facts = facts_of(row)
    refusals = reasons_not_to_take_part_in_listing(facts, tx.now, policy)
    agreed = is_agreed(facts.terms, facts.agreed, policy)
    return Listing(row, planned, row.display_name or row.origin, row.host_url or "", facts.terms, refusals, agreed)


async def full_hosts(tx: Transaction, policy: NetworkPolicy) -> list[str]:
    """Organisations that share more than we list, so that further listings of theirs are left out."""
    counted = (
        select(listings.c.origin, func.count().label("number"))
        .where(listings.c.state == "open", listings.c.last_ends_at > tx.now)
        .group_by(listings.c.origin)
        .order_by(listings.c.origin)
    )
    return [row.origin for row in await tx.all(counted) if not has_room(row.number, policy)]
