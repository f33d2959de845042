"""Keys and tables for pages about accounts."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import Request

from services.payments.bank_details.domain.banking import ModulusTable
from services.payments.bank_details.domain.confirming import NumberToRing, number_on_card
from services.payments.bank_details.gateways.vault import Vault
from shared.service import of


def vault_of(request: Request) -> Vault:
    return request.app.state.gateways.vault


def modulus_of(request: Request) -> ModulusTable:
    return request.app.state.gateways.modulus


def number_of(request: Request, card: dict[str, Any], given_at: datetime) -> NumberToRing:
    """PAY-13: whom to ring about details given at that time. card: as people gives it."""
    return number_on_card(card, given_at, request.app.state.gateways.known_number_days)


async def number_held(request: Request, owner: UUID, given_at: datetime) -> Literal["held", "none", "unknown"]:
    """PAY-13: whether we hold a number by which to check these details. "unknown": we cannot tell now. The number
    itself is shown to nobody."""
    try:
        found = await of(request).requests("people.cards.payments", {"person_ids": [str(owner)]})
    except (ConnectionError, TimeoutError):
        return "unknown"
    card = found["cards"].get(str(owner), {})
    return "held" if number_of(request, card, given_at).number else "none"
