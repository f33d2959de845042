"""What payments hears: each event becomes one use case, in the transaction that also holds its inbox row."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.payments.use_cases import attendance, cards
from shared.db import Transaction
from shared.events.opportunities import AttendanceRecorded, OpportunityCreated
from shared.events.people import PersonChanged, PersonRegistered, SessionEnded
from shared.identity import end_session
from shared.messaging.consumer import Consumers
from shared.service import Service

consumers = Consumers("payments")


@consumers.on(OpportunityCreated)
async def on_opportunity_created(tx: Transaction, event: OpportunityCreated) -> None:
    await attendance.remember_opportunity(tx, event)


@consumers.on(AttendanceRecorded)
async def on_attendance_recorded(tx: Transaction, event: AttendanceRecorded) -> None:
    await attendance.record_attendance(tx, event)


async def fetch_cards(service: Service, events: Sequence[PersonRegistered | PersonChanged]) -> dict[UUID, dict[str, Any]]:
    """Names stand in no event: payments asks for the card that it may have."""
    answer = await service.requests("people.cards.payments", {"person_ids": [str(event.person_id) for event in events]})
    return {UUID(person_id): card for person_id, card in answer["cards"].items()}


@consumers.on(PersonRegistered, prepare=fetch_cards)
async def on_person_registered(tx: Transaction, event: PersonRegistered, card: dict[str, Any]) -> None:
    await cards.keep_card(tx, event.person_id, card)


@consumers.on(PersonChanged, prepare=fetch_cards)
async def on_person_changed(tx: Transaction, event: PersonChanged, card: dict[str, Any]) -> None:
    await cards.keep_card(tx, event.person_id, card)


@consumers.on(SessionEnded)
async def on_session_ended(tx: Transaction, event: SessionEnded) -> None:
    await end_session(tx, event.session_id)
