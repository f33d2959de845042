"""Which keys the gateway holds, for those who run it: to compare by telephone, and to trust after that."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel

from services.gateway import organisations, parking
from services.gateway.domain import OTHER_DIGITS, OTHER_KEYS
from services.gateway.gateway import Gateway
from services.gateway.organisations import AnnouncedOrganisation
from shared.db import Command, Transaction
from shared.events.network import organisation_id
from shared.identity import ConfirmedOperator, Operator, SignIn
from shared.messaging import steps
from shared.reasons import Missing, refuse
from shared.service import of

router = APIRouter(prefix="/gateway/operator", include_in_schema=False)


def gateway_of(request: Request) -> Gateway:
    gateway = of(request)
    assert isinstance(gateway, Gateway)
    return gateway


class Compared(BaseModel):
    fingerprint: str


@router.get("/keys")
async def keys(request: Request, who: Operator) -> dict[str, Any]:
    gateway = gateway_of(request)
    own = gateway.ring.own
    return {
        "organisation": gateway.settings.organisation,
        "fingerprint": own.current.public.fingerprint,
        "made": own.current.made,
        "kept_for_unsealing": len(own.pairs) - 1,
        "others": [
            _shown(found)
            for found in gateway.ring.organisations.values()
            if found.name != gateway.settings.organisation
        ],
    }


@router.post("/keys/{name}/trust")
async def trust(request: Request, who: ConfirmedOperator, name: str, compared: Compared) -> dict[str, Any]:
    """Believe keys that were refused, after their fingerprint was compared with the organisation itself."""
    gateway = gateway_of(request)
    found = gateway.ring.organisations.get(name)
    if found is None or found.refused is None:
        raise Missing
    if compared.fingerprint != found.refused.fingerprint:
        refuse(OTHER_DIGITS)

    refused = found.refused

    async def trusted(tx: Transaction) -> None:
        if not await organisations.trust_refused(tx, name, refused):
            refuse(OTHER_KEYS)
        await steps.add(
            tx, "keys-trusted", about=organisation_id(name), organisation=name, fingerprint=compared.fingerprint
        )

    await gateway.database.run(Command("trust-keys", who.actor), trusted)
    await gateway.ring.load()
    await _hear_announcement(gateway, name, who)
    return {"organisation": name, "fingerprint": compared.fingerprint}


async def _hear_announcement(gateway: Gateway, name: str, who: SignIn) -> None:
    """Hear the announcement parked for those keys, so that the services learn the organisation's name and address."""
    dead_letter_id = await gateway.database.read(lambda tx: parking.announcement_of(tx, name))
    origin = gateway.stream_consumers.get(parking.name_of(name))
    if dead_letter_id is None or origin is None:
        return

    async def replayed(tx: Transaction) -> None:
        tx.actor = who.actor
        await steps.add(tx, "dead-letter-replayed", about=organisation_id(name))

    try:
        await origin.replay(dead_letter_id, replayed)
    except Exception as error:  # it stays parked, and may be tried again like any other
        gateway.log.warning("announcement-not-heard", organisation=name, error=type(error).__name__)


def _shown(found: AnnouncedOrganisation) -> dict[str, Any]:
    return {
        "organisation": found.name,
        "display_name": found.display_name,
        "url": found.url,
        "fingerprint": found.keys.fingerprint,
        "first_seen": found.first_seen,
        "changed_at": found.changed_at,
        "removed": found.is_removed,
        "signs": found.signs,
        "refused": found.refused.fingerprint if found.refused else None,
    }
