"""A host's words to one of our people wait for a check, as its listings do, unless a coordinator trusts it (NET-01)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update

from services.opportunities.listings import domain
from services.opportunities.listings.tables import listing_sessions, organisations
from services.opportunities.places.domain import guests
from services.opportunities.places.tables.guests import guest_needs, guest_places
from shared.db import Transaction, participant_of
from shared.events import network
from shared.events.listings import GuestAnswer
from shared.events.opportunities import AccessNeedAnswered, ListingHeld, ListingSettled
from shared.messaging import outbox, steps
from shared.reasons import refuse


async def hold_words(
    tx: Transaction, place: Row[Any], content: GuestAnswer
) -> tuple[GuestAnswer, dict[str, Any] | None]:
    """(the answer as our person may read it now, the words that wait for a check). Repeated words that were checked
    before pass."""
    said = _words(content, place.host)
    trusted = await tx.scalar(select(organisations.c.trusted_at).where(organisations.c.origin == place.host))
    read = await _read(tx, place)
    waits = guests.words_to_look_at(said, read, trusted=trusted is not None)
    if not waits:
        return content, None
    was_refused = bool(place.waiting) and place.waiting["refused"] and place.waiting["words"] == waits
    until = place.waiting.get("look_by") if place.waiting else None  # what came first waits longest
    waiting = {"words": waits, "refused": was_refused, "look_by": until or (await _look_by(tx, place)).isoformat()}
    return _with_words(content, place.host, {**said, **guests.words_until_looked_at(waits, read)}), waiting


async def _look_by(tx: Transaction, place: Row[Any]) -> datetime:
    coming = listing_sessions.c.listing_id == place.listing_id, listing_sessions.c.starts_at > tx.now
    return guests.look_by(tx.now, await tx.scalar(select(func.min(listing_sessions.c.starts_at)).where(*coming)))


async def say_what_waits(tx: Transaction, place: Row[Any], version: int, waiting: Mapping[str, Any] | None) -> None:
    """The coordinators' task while words wait. place: as it was before."""
    if waiting and not waiting["refused"]:
        due_at = datetime.fromisoformat(waiting["look_by"])
        await outbox.add(tx, ListingHeld(version=version, listing_id=place.id, origin=place.host, due_at=due_at))
    elif place.waiting:
        await outbox.add(tx, ListingSettled(version=version, listing_id=place.id, origin=place.host))


async def decide_guest_words(tx: Transaction, place_id: UUID, *, shown: bool, read: int) -> None:
    """NET-01: a coordinator has read a host's words to one of ours: the person reads them from now on, or we keep them
    and may show them later.

    read: the version that the coordinator read."""
    place = await tx.one(select(guest_places).where(guest_places.c.id == place_id).with_for_update())
    if not place.waiting:
        return
    refuse(domain.reasons_not_to_decide(place.version, read))
    words: dict[str, str] = place.waiting["words"]
    values = await _show(tx, place, words) if shown else {"waiting": {**place.waiting, "refused": True}}
    version = place.version + 1
    await tx.execute(
        update(guest_places).where(guest_places.c.id == place_id).values(version=version, changed_at=tx.now, **values)
    )
    if shown and any(name.startswith(guests.NEED) for name in words):
        facts = {"place_id": place_id, "opportunity_id": place.listing_id, "participant": participant_of(place)}
        not_met = guest_needs.c.guest_place_id == place_id, guest_needs.c.state == "not-met"
        facts["not_met"] = await tx.first(select(guest_needs.c.need).where(*not_met).limit(1)) is not None
        await outbox.add(tx, AccessNeedAnswered(version=version, **facts))
    await outbox.add(tx, ListingSettled(version=version, listing_id=place_id, origin=place.host))
    await steps.add(tx, "guest-words-shown" if shown else "guest-words-not-shown", about=place_id, origin=place.host)


async def _show(tx: Transaction, place: Row[Any], words: Mapping[str, str]) -> dict[str, Any]:
    joining = dict(place.joining)
    for name, said in words.items():
        if name.startswith(guests.NEED):
            of_it = (guest_needs.c.guest_place_id == place.id) & (guest_needs.c.need == name.removeprefix(guests.NEED))
            await tx.execute(update(guest_needs).where(of_it).values(reason=said))
        elif name.startswith(guests.JOINING):
            joining[name.removeprefix(guests.JOINING)] = said
    return {"waiting": None, "joining": joining, "reason": words.get(guests.REASON, place.reason)}


def _joining_name(host: str, session_id: UUID) -> str:
    """Uses our id of the session."""
    return f"{guests.JOINING}{network.local_id(host, session_id)}"


def _words(content: GuestAnswer, host: str) -> dict[str, str]:
    needs = {f"{guests.NEED}{each.need}": each.reason for each in content.needs}
    joining = {_joining_name(host, each.session_id): each.how for each in content.joining}
    return {name: said for name, said in {**needs, **joining, guests.REASON: content.reason}.items() if said}


async def _read(tx: Transaction, place: Row[Any]) -> dict[str, str]:
    """What our person reads now."""
    needs = await tx.all(
        select(guest_needs.c.need, guest_needs.c.reason).where(guest_needs.c.guest_place_id == place.id)
    )
    return (
        {f"{guests.NEED}{row.need}": row.reason for row in needs}
        | {guests.REASON: place.reason}
        | {f"{guests.JOINING}{session_id}": how for session_id, how in place.joining.items()}
    )


def _with_words(content: GuestAnswer, host: str, words: Mapping[str, str]) -> GuestAnswer:
    return content.model_copy(
        update={
            "reason": words.get(guests.REASON, ""),
            "needs": tuple(
                each.model_copy(update={"reason": words.get(f"{guests.NEED}{each.need}", "")}) for each in content.needs
            ),
            "joining": tuple(
                each.model_copy(update={"how": words.get(_joining_name(host, each.session_id), "")})
                for each in content.joining
            ),
        }
    )
