"""Keeps other organisations' opportunities; a later version wins (NET-01, NET-03, NET-04).

Handles hundreds of events at once, because an organisation that was cut off for days catches up here."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, delete, func, select, text, update

from services.opportunities.answers.domain import new_answers, still_said
from services.opportunities.answers.queries import texts_of
from services.opportunities.listings import domain
from services.opportunities.listings.queries import agreed_terms_of, terms_of
from services.opportunities.listings.tables import listing_sessions, listings, withdrawals
from services.opportunities.listings.use_cases.changes import (
    called,
    changes_between,
    differences_between,
    kept_at,
    sessions_added,
    sessions_that_differ,
)
from services.opportunities.listings.use_cases.held import (
    LOCK,
    Heard,
    HeldListings,
    by_listing,
    held_before,
    keep_what_is_gone,
)
from services.opportunities.writing.domain.differences import in_messages
from shared.bulk import put_rows
from shared.db import Transaction, new_id, one_of
from shared.events import Event, network
from shared.events.opportunities import (
    AnswersGone,
    AnswerShown,
    ListingHeld,
    ListingSettled,
    OpportunityChanged,
    OpportunityCreated,
    SessionFacts,
)
from shared.messaging import outbox

_FACTS = ("kind", "mode", "paid", "rate_pence", "funding", "expenses_cap_pence", "waiting_list", "url")
_log = structlog.get_logger(__name__)

Values = Mapping[Any, Any]


async def hear_shared(
    tx: Transaction, events: Sequence[network.OpportunityShared], policy: domain.NetworkPolicy
) -> None:
    """Lists what is shared, or updates what we list already. Our own services hear what is new to them."""
    await tx.execute(LOCK)
    heard = by_listing(events)
    held = await held_before(tx, heard)
    rows: list[dict[str, Any]] = []
    planned: list[dict[str, Any]] = []
    news: list[Event] = []
    left_out = 0
    for listing_id, versions in heard.items():
        newer = [event for event in versions if event.version > held.text_version(listing_id)]
        if not newer:
            continue
        said = _read(newer[-1], listing_id)
        before = held.listings.get(listing_id)
        if not _may_be_listed(tx, said, before, held, policy):
            left_out += 1
            continue
        row, sessions, told = _bring_up_to_date(tx, said, newer, before, held, policy)
        rows.append(row)
        planned += sessions
        news += told
    await put_rows(tx, listings, rows)
    again = [row["id"] for row in rows if row["id"] in held.listings]
    were = [each for listing_id in again for each in held.sessions.get(listing_id, [])]
    cancelled = {network.local_id(event.origin, each.session_id) for event in events for each in event.cancelled}
    await keep_what_is_gone(tx, were, planned, cancelled)
    await tx.execute(delete(listing_sessions).where(one_of(listing_sessions.c.listing_id, again)))
    await put_rows(tx, listing_sessions, planned)
    await outbox.add_all(tx, await still_read(tx, news))
    if left_out:
        _log.info("listings-left-out", count=left_out)


def _may_be_listed(
    tx: Transaction, said: Heard, before: Row[Any] | None, held: HeldListings, policy: domain.NetworkPolicy
) -> bool:
    """Whether the event makes sense, and there is room for it; counts it if it takes room. Answers about finished ones
    still come (OPP-22)."""
    origin = said.facts["origin"]
    opens_nothing = before is not None and (not held.opens(said) or before.last_ends_at <= tx.now)
    if origin in held.removed or said.reasons_not_to_list(tx, held=opens_nothing):
        return False
    if not held.opens(said) or (before is not None and before.state == "open" and before.last_ends_at > tx.now):
        return True
    if not domain.has_room(held.open_listings.get(origin, 0), policy):
        return False
    held.open_listings[origin] = held.open_listings.get(origin, 0) + 1
    return True


def _read(event: network.OpportunityShared, listing_id: UUID) -> Heard:
    """Another organisation's input, as we keep it: plain text, our ids, each session once."""
    planned = {}
    for each in event.sessions:
        session_id = network.local_id(event.origin, each.session_id)
        when = {"starts_at": each.starts_at, "ends_at": each.ends_at}
        planned[session_id] = {
            "listing_id": listing_id,
            "id": session_id,
            "host_session_id": each.session_id,
            **when,
            "venue": domain.plain(each.venue),
        }
    facts = {
        "id": listing_id,
        "origin": event.origin,
        "host_opportunity_id": event.opportunity_id,
        "host_version": event.version,
        "text_version": event.version,
        "host_name": domain.plain(event.host_name),
        **{name: domain.plain(getattr(event, name)) for name in (*domain.TEXTS, "answers")},
        **{name: getattr(event, name) for name in _FACTS},
        "signed": event.signed,
        "first_starts_at": min(each["starts_at"] for each in planned.values()),
        "last_ends_at": max(each["ends_at"] for each in planned.values()),
    }
    return Heard(facts, tuple(planned.values()))


def _bring_up_to_date(
    tx: Transaction,
    said: Heard,
    newer: Sequence[network.OpportunityShared],
    before: Row[Any] | None,
    held: HeldListings,
    policy: domain.NetworkPolicy,
) -> tuple[dict[str, Any], Sequence[dict[str, Any]], list[Event]]:
    """(the listing's new row, its sessions, events for our own services). newer: all versions that are new to us;
    people hear the changes of each."""
    version, origin = before.version + 1 if before else 1, said.facts["origin"]
    stands = (
        {"state": "open"}
        if before is None or held.opens(said)
        else {"state": before.state, "host_version": before.host_version}
    )
    ours: dict[str, Any] = {name: before._mapping[name] if before else None for name in _OURS} | {
        "hidden": before.hidden if before else False,
        "held": before.held if before else False,
        "retold": before.retold if before else 0,
        "asked_version": before.asked_version if before else 0,
        "waiting": None,
        "not_shown": None,
    }
    row: dict[str, Any] = {**said.facts, **ours, **stands, "version": version, "heard_at": tx.now}
    row |= {"changed": [], "reason": "", "differences": []}
    host_name = held.names.get(origin) or origin
    if before is None or before.state == "cancelled":
        if held.looks_first(origin, policy):
            row |= {"held": True, "hidden": True, "told_at": None}
            return row, said.sessions, [ListingHeld(version=version, listing_id=row["id"], origin=origin)]
        if not domain.is_agreed(
            terms_of(row), agreed_terms_of(row), policy
        ):  # nobody could join it yet (NET-03): `follow_agreements`
            return row | {"told_at": None, "let_in_at": tx.now}, said.sessions, []
        return (
            row | {"told_at": tx.now},
            said.sessions,
            [OpportunityCreated(**facts_now(row, said.sessions, host_name)), *sessions_added(row, said.sessions)],
        )
    if before.told_at is None and before.hidden:
        return row, said.sessions, []  # nobody here knows of it yet
    return _tell_again(tx, row, said, newer, before, held, policy, host_name)


def _tell_again(
    tx: Transaction,
    row: dict[str, Any],
    said: Heard,
    newer: Sequence[network.OpportunityShared],
    before: Row[Any],
    held: HeldListings,
    policy: domain.NetworkPolicy,
    host_name: str,
) -> tuple[dict[str, Any], Sequence[dict[str, Any]], list[Event]]:
    """A later version of a listing that our people know: new facts at once; new words, with the reason, when somebody
    has checked them (NET-01)."""
    old = [each._mapping for each in held.sessions.get(before.id, [])]
    declared = domain.all_changed(*(event.changed for event in newer))
    waits = _what_waits(row, said, newer, before, old, declared)
    refused = waits.is_as_refused(domain.Waiting.kept(before.not_shown))
    sessions, reason = said.sessions, ""
    if waits and (refused or held.looks_first(row["origin"], policy)):
        row |= _as_still_read(said, before, waits, refused=refused)
        sessions = _venues_as_still_read(said, old)
        if waits.texts or waits.venues:
            declared = domain.all_changed([each for each in declared if each == "time"])
    elif waits:
        row |= counted(tx, before)
        reason, declared = waits.reason, waits.changed
    changed = changes_between(before._mapping, old, row, sessions, declared)
    differ = differences_between(before._mapping, old, row, sessions)
    if changed:
        row |= {"changed": called(changed, differ), "reason": reason, "differences": kept_at(tx, differ)}
    else:
        is_open = before.state == "open"
        row |= {
            "changed": before.changed,
            "reason": before.reason if is_open else "",
            "differences": before.differences,
        }
    told: list[Event] = answers_to_tell(row["id"], before.answers, row["answers"])
    if changed or offered(before._mapping) != offered(row):
        told.append(
            OpportunityChanged(
                **facts_now(row, sessions, host_name),
                changed=changed,
                reason=reason if changed else "",
                texts=in_messages(differ),
            )
        )
        told += sessions_that_differ(tx, row, old, sessions)
    return row, sessions, [*told, *to_look_at(row["id"], row["origin"], row["version"], row["waiting"], before.waiting)]


def _what_waits(
    row: Values,
    said: Heard,
    newer: Sequence[network.OpportunityShared],
    before: Row[Any],
    old: Sequence[Values],
    declared: tuple[domain.Change, ...],
) -> domain.Waiting:
    """NET-01: the words that nobody here has checked, these and those that waited before."""
    texts, venues = domain.waiting_words(before._mapping, said.facts, _venues(old), _venues(said.sessions))
    waited = domain.Waiting.kept(before.waiting)
    reason = domain.plain(" ".join(dict.fromkeys(event.reason for event in newer if event.reason)))
    if not (texts or venues or changes_between(before._mapping, old, row, said.sessions, declared)):
        reason = ""
    changed = domain.all_changed(waited.changed, declared)
    return domain.Waiting(texts, venues, domain.and_reason(waited.reason, reason), changed)


def _as_still_read(said: Heard, before: Row[Any], waits: domain.Waiting, *, refused: bool) -> dict[str, Any]:
    """What our people go on reading until somebody has checked the new words. refused: somebody said no to them."""
    return {name: before._mapping[name] for name in waits.texts} | {
        "not_shown": before.not_shown if refused else None,
        "answers": still_said(before.answers, said.facts["answers"]),
        "waiting": None if refused else waits.to_keep(),
    }


def _venues_as_still_read(said: Heard, old: Sequence[Values]) -> tuple[dict[str, Any], ...]:
    read = _venues(old)
    return tuple(
        {**each, "venue": domain.venue_until_looked_at(each["id"], each["venue"], read)} for each in said.sessions
    )


def _venues(planned: Sequence[Values]) -> dict[UUID, str]:
    return {each["id"]: each["venue"] for each in planned}


def answers_to_tell(listing_id: UUID, read: str, now: str) -> list[Event]:
    """OPP-22: one event for all new answers: our people with a place there hear of it; or one that the host has taken
    all of them back."""
    if read and not now:
        return [AnswersGone(version=2, answer_id=new_id(), opportunity_id=listing_id)]
    if not new_answers(read, now):
        return []
    return [AnswerShown(version=1, answer_id=new_id(), opportunity_id=listing_id)]


async def still_read(tx: Transaction, news: Sequence[Event]) -> list[Event]:
    """Without word that all answers are gone where people still read one of ours (OPP-22)."""
    gone = {each.opportunity_id for each in news if isinstance(each, AnswersGone)}
    ours = {it for it, said in (await texts_of(tx, gone)).items() if said}
    return [each for each in news if not (isinstance(each, AnswersGone) and each.opportunity_id in ours)]


def to_look_at(
    listing_id: UUID, origin: str, version: int, waiting: Values | None, waited: Values | None
) -> list[Event]:
    """NET-01: the coordinators' task while words wait."""
    event = ListingHeld if waiting else ListingSettled if waited else None
    return [event(version=version, listing_id=listing_id, origin=origin)] if event else []


def counted(tx: Transaction, listing: Row[Any]) -> dict[str, Any]:
    """NET-01: counts that new words of it reached our people once more within a day."""
    if listing.retold_since is not None and listing.retold_since > tx.now - timedelta(days=1):
        return {"retold": listing.retold + 1, "retold_since": listing.retold_since}
    return {"retold": 1, "retold_since": tx.now}


_OURS = ("agreed_rate_pence", "agreed_funding", "agreed_cap_pence", "agreed_at", "let_in_at", "told_at", "retold_since")


def offered(row: Values) -> tuple[Any, ...]:
    return row["funding"], row["expenses_cap_pence"]


def facts_now(row: Values, planned: Sequence[Values], host_name: str) -> dict[str, Any]:
    """What our own services hear of a listing: an opportunity with a host."""
    return {
        **{name: row[name] for name in OpportunityCreated.model_fields.keys() & row.keys()},
        "opportunity_id": row["id"],
        "sessions": tuple(
            SessionFacts(
                session_id=each["id"], starts_at=each["starts_at"], ends_at=each["ends_at"], venue=each["venue"]
            )
            for each in sorted(planned, key=lambda each: (each["starts_at"], each["id"]))
        ),
        "budget_pence": None,
        "host": row["origin"],
        "host_name": host_name,
    }


async def set_facts(tx: Transaction, listing: Row[Any], **values: Any) -> None:
    await tx.execute(
        update(listings)
        .where(listings.c.id == listing.id)
        .values(version=listing.version + 1, heard_at=tx.now, **values)
    )


async def decided(tx: Transaction, listing: Row[Any], *, waiting: Values | None = None) -> None:
    """Nobody needs to check it any longer; or only the words that wait."""
    version = await tx.scalar(select(listings.c.version).where(listings.c.id == listing.id))
    await outbox.add_all(
        tx,
        to_look_at(
            listing.id, listing.origin, version or 0, waiting, {"held": True} if listing.held else listing.waiting
        ),
    )


async def forget_withdrawals(tx: Transaction) -> None:
    """The job: forgets early withdrawals once no stream can bring their listings any more."""
    await tx.execute(delete(withdrawals).where(withdrawals.c.heard_at < func.now() - text("interval '40 days'")))
