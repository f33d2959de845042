"""Messages of others that are refused: some are kept with the reason for staff to look at, the rest counted, so that
nobody fills our database."""

import base64
import time
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from nats.aio.msg import Msg
from sqlalchemy import text

from services.gateway.domain import LARGEST, NOT_ITS_OWN, is_parked
from services.gateway.sealing import SIGNATURE
from shared.db import SYSTEM, Database, Transaction
from shared.messaging import dead_letters
from shared.messaging.network import NETWORK
from shared.messaging.publishing import acknowledge
from shared.text import counted

if TYPE_CHECKING:
    from services.gateway.gateway import Gateway

SHOWN_OF_TOO_BIG = 1000
"""Bytes that are kept of a message that is over the limit: enough to see what it was."""
_KEPT_HEADERS = ("ce-id", "ce-type", "ce-time", "traceparent", SIGNATURE)
_ENCODED = "x-chorus-encoded"
_PARKED_LATELY = text(
    "SELECT count(*) FROM dead_letters WHERE consumer = :consumer AND parked_at > clock_timestamp() - interval '1 hour'"
)
_ANNOUNCEMENT = text(
    "SELECT id FROM dead_letters WHERE consumer = :consumer AND subject = :subject AND replayed_at IS NULL ORDER BY "
    "parked_at DESC LIMIT 1"
)
_FORGED = text("SELECT count(*) FROM dead_letters WHERE replayed_at IS NULL AND starts_with(reason, :how)")
_log = structlog.get_logger(__name__)


def name_of(origin: str) -> str:
    """The name under which an origin's dead letters are kept."""
    return f"network-{origin}"


async def announcement_of(tx: Transaction, origin: str) -> UUID | None:
    """The newest announcement of an origin that is parked."""
    return await tx.scalar(
        _ANNOUNCEMENT, {"consumer": name_of(origin), "subject": f"network.{origin}.public.organisation-announced.v1"}
    )


async def forged(database: Database) -> str:
    """For the service's notices: "ok", or how many public events wait that their origin has not signed."""
    found = await database.read(lambda tx: tx.scalar(_FORGED, {"how": NOT_ITS_OWN}))
    return (
        f"{counted(found, 'message')} came in another organisation’s name that it has not signed: look at what is "
        "parked, and ring it"
        if found
        else "ok"
    )


class Parking:
    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._hours: dict[str, tuple[float, int]] = {}
        """Origin -> when its hour began, and how many were parked in it."""

    async def refuse(self, origin: str, message: Msg, reason: str) -> None:
        """It is not to come again; if it is one of the first of this hour, it is kept."""
        gateway = self._gateway
        gateway.refused.labels(origin).inc()
        if await self._has_room(origin):
            await self._park(origin, message, reason)
        await acknowledge(gateway.border.client, [message], b"+TERM")

    async def _has_room(self, origin: str) -> bool:
        now = time.monotonic()
        began, parked = self._hours.get(origin, (-3600.0, 0))
        if now - began >= 3600:
            began = now
            parked = await self._gateway.database.read(
                lambda tx: tx.scalar(_PARKED_LATELY, {"consumer": name_of(origin)})
            )
        has_room = is_parked(parked)
        self._hours[origin] = (began, parked + has_room)
        return has_room

    async def _park(self, origin: str, message: Msg, reason: str) -> None:
        headers = {
            name: value
            for name, value in (message.headers or {}).items()
            if name in _KEPT_HEADERS and len(value) < 200 and value.isprintable()
        }
        body = message.data if len(message.data) <= LARGEST else message.data[:SHOWN_OF_TOO_BIG]
        if ".to." in message.subject:
            headers[_ENCODED] = "base64"
            body = base64.b64encode(body)
        async with self._gateway.database.transaction(UUID(int=0), SYSTEM) as tx:
            await dead_letters.park(
                tx,
                consumer=name_of(origin),
                stream=NETWORK,
                sequence=message.metadata.sequence.stream,
                subject=message.subject,
                event_id=_id_of(headers),
                headers=headers,
                body=body,
                reason=reason,
                deliveries=message.metadata.num_delivered,
            )
        self._gateway.parked.inc()
        _log.warning("message-parked", origin=origin, sequence=message.metadata.sequence.stream, reason=reason)


async def taken_out(tx: Transaction, dead_letter_id: UUID) -> tuple[str, dict[str, str], bytes]:
    """A parked message as it came: subject, headers, body. It counts as replayed if the transaction ends well."""
    dead_letter = await dead_letters.locked(tx, dead_letter_id)
    headers = dict(dead_letter["headers"])
    body = dead_letter["body"].encode()
    if headers.pop(_ENCODED, "") == "base64":
        body = base64.b64decode(body)
    await dead_letters.mark_replayed(tx, dead_letter_id)
    return dead_letter["subject"], headers, body


def _id_of(headers: dict[str, str]) -> UUID | None:
    try:
        return UUID(headers["ce-id"])
    except (KeyError, ValueError):
        return None
