"""What payments hears: each event becomes one use case, in the transaction that also holds its inbox row."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.payments.use_cases import attendance, cards, known, recharges, statements
from shared.db import Transaction
from shared.events import network
from shared.events.opportunities import AttendanceRecorded, OpportunityChanged, OpportunityCreated, OpportunityShared
from shared.events.people import PersonChanged, PersonRegistered
from shared.messaging.handling import Consumers
from shared.service import Service


async def fetch_cards(service: Service, events: Sequence[PersonRegistered | PersonChanged]) -> dict[UUID, dict[str, Any]]:
    """Names stand in no event: payments asks for the card that it may have."""
    answer = await service.requests("people.cards.payments", {"person_ids": [str(event.person_id) for event in events]})
    return {UUID(person_id): card for person_id, card in answer["cards"].items()}


async def keep_card(tx: Transaction, event: PersonRegistered | PersonChanged, card: dict[str, Any]) -> None:
    await cards.keep_card(tx, event.person_id, card)


consumers = Consumers("payments")
consumers.on(OpportunityCreated, known.remember_opportunity)
consumers.on(OpportunityChanged, known.remember_opportunity)
consumers.on(OpportunityShared, recharges.remember_offer)  # our own: what we offered to pay back
consumers.on(AttendanceRecorded, attendance.record_attendance)
consumers.on(PersonRegistered, keep_card, prepare=fetch_cards)
consumers.on(PersonChanged, keep_card, prepare=fetch_cards)
# From other organisations
consumers.on(network.OrganisationAnnounced, recharges.hear_announced)
consumers.on(network.OrganisationRemoved, recharges.hear_removal)
consumers.on(network.RechargeRaised, recharges.answer_recharge)
consumers.on(network.RechargeAnswered, recharges.hear_answer)
consumers.on(network.StatementIssued, statements.compare_statement)
consumers.on(network.StatementAnswered, statements.hear_answer)
