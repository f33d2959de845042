"""What opportunities hears from the other services."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.opportunities import domain
from services.opportunities.use_cases import hearing
from shared.db import Transaction
from shared.events.feedback import FeedbackClosed, FeedbackReceived
from shared.events.payments import (
    ClaimApproved,
    ClaimDeclined,
    ClaimOpened,
    ClaimPaid,
    ClaimRefused,
    ClaimReturned,
    ClaimSubmitted,
)
from shared.events.people import PersonChanged, PersonRegistered
from shared.messaging.consumer import Consumers
from shared.service import Service

consumers = Consumers("opportunities")

_AnyClaim = ClaimOpened | ClaimSubmitted | ClaimApproved | ClaimReturned | ClaimPaid | ClaimRefused | ClaimDeclined
_AnyPerson = PersonRegistered | PersonChanged


async def _hear_claim(tx: Transaction, event: _AnyClaim, state: domain.ClaimState) -> None:
    await hearing.hear_claim(
        tx,
        event.claim_id,
        event.version,
        state,
        opportunity_id=event.opportunity_id,
        session_id=event.session_id,
        participant=event.participant,
    )


@consumers.on(ClaimOpened)
async def on_claim_opened(tx: Transaction, event: ClaimOpened) -> None:
    await _hear_claim(tx, event, "open")


@consumers.on(ClaimSubmitted)
async def on_claim_submitted(tx: Transaction, event: ClaimSubmitted) -> None:
    await _hear_claim(tx, event, "open")


@consumers.on(ClaimApproved)
async def on_claim_approved(tx: Transaction, event: ClaimApproved) -> None:
    await _hear_claim(tx, event, "open")


@consumers.on(ClaimReturned)
async def on_claim_returned(tx: Transaction, event: ClaimReturned) -> None:
    await _hear_claim(tx, event, "open")


@consumers.on(ClaimPaid)
async def on_claim_paid(tx: Transaction, event: ClaimPaid) -> None:
    await _hear_claim(tx, event, "paid")


@consumers.on(ClaimRefused)
async def on_claim_refused(tx: Transaction, event: ClaimRefused) -> None:
    await _hear_claim(tx, event, "refused")


@consumers.on(ClaimDeclined)
async def on_claim_declined(tx: Transaction, event: ClaimDeclined) -> None:
    await _hear_claim(tx, event, "declined")


@consumers.on(FeedbackReceived)
async def on_feedback_received(tx: Transaction, event: FeedbackReceived) -> None:
    await hearing.hear_feedback(tx, event.item_id, event.version, event.opportunity_id, waiting=True)


@consumers.on(FeedbackClosed)
async def on_feedback_closed(tx: Transaction, event: FeedbackClosed) -> None:
    await hearing.hear_feedback(tx, event.item_id, event.version, event.opportunity_id, waiting=False)


async def fetch_cards(service: Service, events: Sequence[_AnyPerson]) -> dict[UUID, dict[str, Any]]:
    """The names that people may show us, asked for once for the whole batch. One that is not there yet is tried later."""
    ids = list(dict.fromkeys(str(event.person_id) for event in events))
    answer = await service.requests("people.cards.opportunities", {"person_ids": ids})
    return {UUID(person_id): card for person_id, card in answer["cards"].items()}


async def _keep_person(tx: Transaction, event: _AnyPerson, card: dict[str, Any]) -> None:
    await hearing.keep_person(tx, event.person_id, card["version"], card["name"], card["roles"])


@consumers.on(PersonRegistered, prepare=fetch_cards)
async def on_person_registered(tx: Transaction, event: PersonRegistered, card: dict[str, Any]) -> None:
    await _keep_person(tx, event, card)


@consumers.on(PersonChanged, prepare=fetch_cards)
async def on_person_changed(tx: Transaction, event: PersonChanged, card: dict[str, Any]) -> None:
    await _keep_person(tx, event, card)
