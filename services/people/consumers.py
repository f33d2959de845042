"""What other services may ask us by request-reply, each on its own subject and for its own fields; and the events we
hear."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.people import queries
from services.people.domain.cards import CardReader, works_here
from services.people.use_cases import details, handing
from shared.db import Transaction
from shared.events.notifications import MessagesDeclined
from shared.messaging.handling import Consumers
from shared.service import Responder, Service

MOST_PEOPLE = 1000
"""The most people in one question. The reply must fit into one message."""


def _person_ids(request: dict[str, Any]) -> list[UUID]:
    """Raises ValueError for too many, so that the caller gets a clear error instead of a reply too large to send."""
    person_ids = [UUID(each) for each in request["person_ids"]]
    if len(person_ids) > MOST_PEOPLE:
        raise ValueError(f"Ask for {MOST_PEOPLE} people at most")
    return person_ids


def _cards(reader: CardReader) -> Responder:
    async def answer(service: Service, request: dict[str, Any]) -> dict[str, Any]:
        return {"cards": await service.database.read(lambda tx: queries.cards(tx, reader, _person_ids(request)))}

    return Responder(f"people.cards.{reader}", answer)


async def _cards_for_opportunities(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """usual_needs: whether the caller shows the form that asks for access needs (PEO-01). Usual needs are given for
    that form only."""
    person_ids = _person_ids(request)

    async def work(tx: Transaction) -> dict[str, Any]:
        known = {"cards": await queries.cards(tx, "opportunities", person_ids)}
        return (
            known | {"usual_needs": await queries.usual_needs(tx, person_ids)} if request.get("usual_needs") else known
        )

    return await service.database.read(work)


async def _addresses(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """channel: "email" unless it says "phone" or "letter". held_before: a moment; gives the number or postal address
    held before a new one was entered (PAY-13)."""
    people, channel = _person_ids(request), request.get("channel")
    moment = datetime.fromisoformat(request["held_before"]) if request.get("held_before") else None

    async def read(tx: Transaction) -> dict[str, Any]:
        if channel == "letter":
            return await handing.postal_addresses(tx, people, moment)
        return await (
            handing.phone_numbers(tx, people, moment) if channel == "phone" else handing.addresses(tx, people)
        )

    return {"addresses": await service.database.read(read)}


async def _numbers_of_colleagues(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """For feedback, when staff open whom to ring about a worry (FB-09): numbers of people who work here, and of nobody
    else. concern: for whoever has a safeguarding concern, numbers and addresses of those who raised it or wrote what it
    is about."""
    if request.get("concern"):
        return {"addresses": await service.database.read(lambda tx: _ways_to_reach(tx, _person_ids(request)))}

    async def read(tx: Transaction) -> dict[str, dict[str, str]]:
        known = await queries.cards(tx, "feedback", _person_ids(request))
        return await handing.phone_numbers(
            tx, [UUID(each) for each, card in known.items() if works_here(card["roles"])]
        )

    return {"addresses": await service.database.read(read)}


async def _ways_to_reach(tx: Transaction, person_ids: list[UUID]) -> dict[str, dict[str, str]]:
    phones, emails = await handing.phone_numbers(tx, person_ids), await handing.addresses(tx, person_ids)
    return {each: {**phones.get(each, {}), **emails.get(each, {})} for each in {*phones, *emails}}


async def _to_hand(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """For payments, when finance downloads the list of what to send or hand over (PAY-12)."""
    return {"people": await service.database.read(lambda tx: handing.how_to_hand(tx, _person_ids(request)))}


async def _hear_declined(tx: Transaction, event: MessagesDeclined) -> None:
    await details.decline_messages(tx, event.person_id, event.kind)


consumers = Consumers("people")
consumers.on(MessagesDeclined, _hear_declined)

RESPONDERS = (
    Responder("people.cards.opportunities", _cards_for_opportunities),
    _cards("payments"),
    _cards("feedback"),
    _cards("notifications"),
    Responder("people.addresses.notifications", _addresses),
    Responder("people.addresses.payments", _to_hand),
    Responder("people.addresses.feedback", _numbers_of_colleagues),
)
