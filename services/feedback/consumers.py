"""What feedback hears, each with the one thing it does about it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.feedback.use_cases import copies
from shared.db import Transaction
from shared.events.opportunities import OpportunityCreated
from shared.events.people import PersonChanged, PersonRegistered, SessionEnded
from shared.identity import end_session
from shared.messaging.consumer import Consumers
from shared.service import Service

consumers = Consumers("feedback")


async def fetch_cards(service: Service, events: Sequence[PersonRegistered | PersonChanged]) -> dict[UUID, dict[str, Any]]:
    """The names that staff may see, from people, which alone may be asked."""
    ids = sorted({str(event.person_id) for event in events})
    answer = await service.requests("people.cards.feedback", {"person_ids": ids})
    return {UUID(person_id): card for person_id, card in answer["cards"].items()}


@consumers.on(PersonRegistered, prepare=fetch_cards)
async def on_person_registered(tx: Transaction, event: PersonRegistered, card: dict[str, Any]) -> None:
    await copies.keep_card(tx, event.person_id, card)


@consumers.on(PersonChanged, prepare=fetch_cards)
async def on_person_changed(tx: Transaction, event: PersonChanged, card: dict[str, Any]) -> None:
    await copies.keep_card(tx, event.person_id, card)


@consumers.on(SessionEnded)
async def on_session_ended(tx: Transaction, event: SessionEnded) -> None:
    await end_session(tx, event.session_id)


@consumers.on(OpportunityCreated)
async def on_opportunity_created(tx: Transaction, event: OpportunityCreated) -> None:
    await copies.keep_title(tx, event.opportunity_id, event.version, event.title)
