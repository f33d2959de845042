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

consumers = Consumers("payments")


@consumers.on(OpportunityCreated)
async def on_opportunity_created(tx: Transaction, event: OpportunityCreated) -> None:
    await known.remember_opportunity(tx, event)


@consumers.on(OpportunityChanged)
async def on_opportunity_changed(tx: Transaction, event: OpportunityChanged) -> None:
    await known.remember_opportunity(tx, event)


@consumers.on(OpportunityShared)
async def on_opportunity_shared(tx: Transaction, event: OpportunityShared) -> None:
    """Our own: what we offered to pay back."""
    await recharges.remember_offer(tx, event)


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


# From other organisations


@consumers.on(network.OrganisationAnnounced)
async def on_organisation_announced(tx: Transaction, event: network.OrganisationAnnounced) -> None:
    await recharges.hear_announced(tx, event)


@consumers.on(network.OrganisationRemoved)
async def on_organisation_removed(tx: Transaction, event: network.OrganisationRemoved) -> None:
    await recharges.hear_removal(tx, event)


@consumers.on(network.RechargeRaised)
async def on_recharge_raised(tx: Transaction, event: network.RechargeRaised) -> None:
    await recharges.answer_recharge(tx, event)


@consumers.on(network.RechargeAnswered)
async def on_recharge_answered(tx: Transaction, event: network.RechargeAnswered) -> None:
    await recharges.hear_answer(tx, event)


@consumers.on(network.StatementIssued)
async def on_statement_issued(tx: Transaction, event: network.StatementIssued) -> None:
    await statements.compare_statement(tx, event)


@consumers.on(network.StatementAnswered)
async def on_statement_answered(tx: Transaction, event: network.StatementAnswered) -> None:
    await statements.hear_answer(tx, event)
