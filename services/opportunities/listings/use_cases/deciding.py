"""Coordinators' decisions about other organisations' opportunities: agree, show, hide, check new words (NET-01,
NET-03)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from services.opportunities.listings import domain
from services.opportunities.listings.queries import terms_of
from services.opportunities.listings.tables import listing_sessions, listings, organisations
from services.opportunities.listings.use_cases.agreeing import follow_agreements
from services.opportunities.listings.use_cases.changes import (
    both_called,
    called,
    changes_between,
    differences_between,
    kept_at,
    sessions_that_differ,
)
from services.opportunities.listings.use_cases.listings import (
    answers_to_tell,
    counted,
    decided,
    facts_now,
    offered,
    still_read,
)
from services.opportunities.writing.domain.differences import in_messages
from shared.bulk import put_rows
from shared.db import Transaction
from shared.events.opportunities import OpportunityChanged
from shared.messaging import outbox, steps
from shared.reasons import refuse


async def agree(
    tx: Transaction, listing_id: UUID, terms: domain.Terms, *, read: int, policy: domain.NetworkPolicy
) -> None:
    """NET-03: we pay what the host does not, and show it. terms: what the coordinator read; refused if the host has
    made them worse since.

    read: the version that they read, whose words are shown now; so they must be unchanged."""
    listing = await tx.one(select(listings).where(listings.c.id == listing_id).with_for_update())
    refuse(domain.reasons_not_to_agree(terms_of(listing._mapping), terms))
    if listing.agreed_at is not None and _agreed(listing) == _as_agreed(terms) and not listing.hidden:
        return
    if listing.hidden:
        _refuse_unread(listing, read)
    await _set_ours(tx, listing, agreed_at=tx.now, **_as_agreed(terms))
    await _show(tx, listing, policy)
    await follow_agreements(tx, policy, listing_id)
    facts = {
        "rate_pence": terms.rate_pence,
        "funding": terms.offer.funding,
        "expenses_cap_pence": terms.offer.expenses_cap_pence,
    }
    await steps.add(tx, "listing-agreed", about=listing_id, origin=listing.origin, **facts)


def _as_agreed(terms: domain.Terms) -> dict[str, Any]:
    return {
        "agreed_rate_pence": terms.rate_pence,
        "agreed_funding": terms.offer.funding,
        "agreed_cap_pence": terms.offer.expenses_cap_pence,
    }


def _agreed(listing: Row[Any]) -> dict[str, Any]:
    return {name: listing._mapping[name] for name in ("agreed_rate_pence", "agreed_funding", "agreed_cap_pence")}


def _refuse_unread(listing: Row[Any], read: int) -> None:
    refuse(domain.reasons_not_to_decide(listing.version, read))


async def hide(tx: Transaction, listing_id: UUID) -> None:
    """Takes it out of our own lists. People with a place keep it. Words that wait keep waiting, but need no check."""
    listing = await tx.one(select(listings).where(listings.c.id == listing_id).with_for_update())
    if not listing.hidden or listing.held:
        await _set_ours(tx, listing, hidden=True, held=False)
        await steps.add(tx, "listing-hidden", about=listing_id, origin=listing.origin)
        await decided(tx, listing)


async def show(tx: Transaction, listing_id: UUID, *, read: int, policy: domain.NetworkPolicy) -> None:
    """Puts it into our own lists. read: the version whose words the coordinator read."""
    listing = await tx.one(select(listings).where(listings.c.id == listing_id).with_for_update())
    if listing.hidden:
        _refuse_unread(listing, read)
        await _show(tx, listing, policy)


async def decide_words(tx: Transaction, listing_id: UUID, *, shown: bool, read: int) -> None:
    """NET-01: a coordinator has compared a listing's new words with the old: our people read the new ones, or keep the
    old.

    Those with a place hear what changed. Refused words can be shown later, until the host says something else. read:
    the version that the coordinator read."""
    listing = await tx.one(select(listings).where(listings.c.id == listing_id).with_for_update())
    waits = domain.Waiting.kept(listing.waiting or (listing.not_shown if shown else None))
    if not waits:
        return
    _refuse_unread(listing, read)
    if shown:
        await _show_words(tx, listing, waits)
    else:
        await _set_ours(tx, listing, waiting=None, not_shown=listing.waiting)
    await steps.add(
        tx, "listing-words-shown" if shown else "listing-words-not-shown", about=listing_id, origin=listing.origin
    )
    await decided(tx, listing)


async def _show_words(tx: Transaction, listing: Row[Any], waits: domain.Waiting) -> None:
    of_it = select(listing_sessions).where(listing_sessions.c.listing_id == listing.id)
    old = [each._asdict() for each in await tx.all(of_it)]
    new = [{**each, "venue": waits.venues.get(str(each["id"]), each["venue"])} for each in old]
    await put_rows(tx, listing_sessions, new)
    after = {**listing._mapping, **waits.texts}
    changed = changes_between(listing._mapping, old, after, new, waits.changed) if waits.texts or waits.venues else ()
    differ = differences_between(listing._mapping, old, after, new)
    said = {
        "changed": both_called(listing.changed, called(changed, differ)),
        "reason": domain.and_reason(listing.reason, waits.reason),
        "differences": [*listing.differences, *kept_at(tx, differ)],
    }
    await _set_ours(tx, listing, waiting=None, not_shown=None, **waits.texts, **said, **counted(tx, listing))
    await outbox.add_all(tx, await still_read(tx, answers_to_tell(listing.id, listing.answers, after["answers"])))
    if listing.state == "cancelled" or not (changed or offered(listing._mapping) != offered(after)):
        return
    name = await tx.scalar(select(organisations.c.display_name).where(organisations.c.origin == listing.origin))
    now = await tx.one(select(listings).where(listings.c.id == listing.id))
    facts = facts_now(now._mapping, new, name or now.origin)
    told = {"changed": changed, "reason": waits.reason if changed else "", "texts": in_messages(differ)}
    moved = sessions_that_differ(tx, now._mapping, old, new)
    await outbox.add_all(tx, [OpportunityChanged(**facts, **told), *moved])


async def _show(tx: Transaction, listing: Row[Any], policy: domain.NetworkPolicy) -> None:
    """Our people hear of it the first time that they can join it. Its waiting words become a task again."""
    if not listing.hidden:
        return
    known = await tx.scalar(select(organisations.c.origin).where(organisations.c.origin == listing.origin))
    refuse(domain.reasons_not_to_show(known=known is not None))
    await _set_ours(tx, listing, hidden=False, held=False)
    await steps.add(tx, "listing-shown", about=listing.id, origin=listing.origin)
    await follow_agreements(tx, policy, listing.id)
    await decided(tx, listing, waiting=listing.waiting)


async def _set_ours(tx: Transaction, listing: Row[Any], **values: Any) -> None:
    """Writes our decision about a listing. Its version rises, because other sites may read whether we show it."""
    await tx.execute(update(listings).where(listings.c.id == listing.id).values(version=listing.version + 1, **values))
