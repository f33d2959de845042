"""The way out: what services say that crosses, validated against its class and sent on, public or sealed (NET-01,
NET-02).

It is heard by a consumer like a service's: what fails is tried again and then parked alone. Only once JetStream has
stored what leaves is the source acknowledged; should we die in between, it leaves twice under one id, and the
receiver's inbox stops it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from services.gateway import sealing
from services.gateway.crossings import LEAVING, content_of
from services.gateway.domain import a_time, a_traceparent, public_subject, reasons_not_to_carry, sealed_subject
from services.gateway.sealed_messages import SealedMessage
from shared.db import SYSTEM, Transaction
from shared.events import Event
from shared.events.base import Addressed, Crossing, Fact
from shared.messaging import inbox, steps
from shared.messaging.handling import Received, Unfit, fields_of, receipt
from shared.messaging.publishing import Outgoing, publish
from shared.reasons import NotYet

ASK_TOGETHER = 50
"""Ids in one question for contents."""
HOLD_SECONDS, HOLD_TIMES = 0.5, 20
"""How long what leaves waits in its place while NET does not take it; after that, each is tried again by itself."""
_CONTENTS = "{owner}.contents.gateway"


class Egress:
    """How what crosses is handled: all of it alike, without a handler for each event."""

    def __init__(self, gateway: Any, name: str) -> None:
        """gateway: a service that has ring, border and the counter left as well."""
        self.gateway = gateway
        self.name = name

    @staticmethod
    def read(subject: str, body: bytes) -> Event:
        """Unknown fields are refused: what the schema does not name does not leave."""
        return LEAVING[subject].model_validate_json(body, extra="forbid")

    async def handle(self, items: Sequence[Received]) -> None:
        """No transaction is open while they leave. If what was sealed for whom can't be written down, they are sent
        again."""
        outgoing = await self._composed(items)
        for _ in range(HOLD_TIMES):
            outgoing = await self._unsent(outgoing)
            if not outgoing:
                break
            await asyncio.sleep(HOLD_SECONDS)  # nothing else could leave either: their order is kept
        else:
            raise ConnectionError("not stored in OUT")
        addressed = [item for item in items if isinstance(item.event, Addressed)]
        if addressed:
            async with self.gateway.database.transaction(items[0].event_id, SYSTEM) as tx:
                await self._write_down(tx, addressed)

    async def handle_again(self, tx: Transaction, item: Received) -> None:
        if await self._unsent(await self._composed([item])):
            raise ConnectionError("not stored in OUT")
        if isinstance(item.event, Addressed):
            await self._write_down(tx, [item])

    async def _composed(self, items: Sequence[Received]) -> list[Outgoing]:
        contents = await self._contents(items)
        return [self._outgoing(item, contents) for item in items]

    def _outgoing(self, item: Received, contents: Mapping[tuple[str, str], "Content"]) -> Outgoing:
        event = item.event
        assert isinstance(event, Crossing)
        content = contents.get((event.name, str(event.aggregate_id)))
        message = self._sealed(item, event, content) if isinstance(event, Addressed) else self._public(item, event)
        fields = vars(event) | ({"content": vars(content.model)} if content else {})
        if reasons := reasons_not_to_carry(len(message.body), fields):
            raise Unfit("; ".join(reason.text for reason in reasons))
        return message

    def _sealed(self, item: Received, event: Addressed, content: "Content | None") -> Outgoing:
        us, ring = self.gateway.settings.organisation, self.gateway.ring
        if event.to == us:
            raise Unfit("addressed to ourselves")
        if event.to in ring.organisations and ring.organisations[event.to].is_removed:
            raise Unfit(f"{event.to} has left the network")
        keys = ring.of(event.to)
        if keys is None:
            raise NotYet(f"the keys of {event.to}")
        message = SealedMessage(
            origin=us,
            to=event.to,
            event_id=item.event_id,
            name=event.name,
            time=a_time(item.headers.get("ce-time", "")),
            traceparent=a_traceparent(item.headers.get("traceparent", "")),
            event=event.model_dump_json(),
            content=content.model.model_dump_json() if content else None,
            content_version=content.version if content else None,
        )
        body = sealing.seal(
            message.model_dump_json().encode(),
            message.enclosed,
            signing_key=self._signing_key(),
            sealing_key=keys.sealing,
        )
        return Outgoing(sealed_subject(event.to), body, _headers(item, "sealed", "application/octet-stream"))

    def _public(self, item: Received, event: Crossing) -> Outgoing:
        headers = _headers(item, event.name, "application/json")
        body = event.model_dump_json().encode()
        said = sealing.Said(
            self.gateway.settings.organisation, event.name, headers["ce-id"], headers.get("ce-time", ""), body
        )
        headers[sealing.SIGNATURE] = sealing.sign_public(said, self._signing_key())
        if traceparent := a_traceparent(item.headers.get("traceparent", "")):
            headers["traceparent"] = traceparent
        return Outgoing(public_subject(event.name), body, headers)

    def _signing_key(self) -> Ed25519PrivateKey:
        """The one that others have been told of: what another signs, they could not check."""
        pair = self.gateway.ring.announced(self.gateway.settings.organisation)
        if pair is None:
            raise NotYet("our own announcement")
        return pair.signing

    async def _contents(self, items: Sequence[Received]) -> dict[tuple[str, str], "Content"]:
        """What goes with those whose class has a content, as it is now: by name and aggregate id."""
        ids: dict[type[Crossing], set[str]] = {}
        for item in items:
            assert isinstance(item.event, Crossing)
            if content_of(type(item.event)) is not None:
                ids.setdefault(type(item.event), set()).add(str(item.event.aggregate_id))
        found: dict[tuple[str, str], Content] = {}
        for event, wanted in ids.items():
            for together in _parts(sorted(wanted), ASK_TOGETHER):
                found |= await self._ask(event, together)
        for item in items:
            if type(item.event) in ids:
                content = found.get((item.event.name, str(item.event.aggregate_id)))
                if content is None or content.version < item.event.version:
                    raise NotYet("the content that goes with this event")
        return found

    async def _ask(self, event: type[Crossing], ids: list[str]) -> dict[tuple[str, str], "Content"]:
        answer = await self.gateway.requests(_CONTENTS.format(owner=event.owner), {"name": event.name, "ids": ids})
        model = content_of(event)
        assert model is not None
        found = {}
        for about in ids:
            if (entry := answer["contents"].get(about)) is not None:
                try:
                    found[event.name, about] = Content(
                        int(entry["version"]), model.model_validate(entry["content"], extra="forbid")
                    )
                except ValidationError as error:
                    raise Unfit(f"invalid content: {fields_of(error)}") from None
        return found

    async def _unsent(self, outgoing: list[Outgoing]) -> list[Outgoing]:
        """Send them in their order, without waiting for each; returns those from the first that was not stored."""
        try:
            client = self.gateway.border.client
        except ConnectionError:
            return outgoing
        stored = await asyncio.gather(*(publish(client, message) for message in outgoing))
        sent = stored.index(False) if False in stored else len(stored)
        self.gateway.left.inc(sent)
        return outgoing[sent:]

    async def _write_down(self, tx: Transaction, items: list[Received]) -> None:
        """Each event that was sealed for somebody is one step: part of its way, and of what a person may ask about."""
        new = await inbox.take(tx, self.name, [receipt(item) for item in items])
        for item in items:
            if item.event_id in new and isinstance(item.event, Addressed):
                new.discard(item.event_id)
                await steps.add(
                    tx,
                    f"{item.event.name}-sent",
                    about=item.event.aggregate_id,
                    caused_by=item.event_id,
                    to=item.event.to,
                )


class Content:
    """What goes into a sealed message beside the event, and which version of it. Its repr shows neither."""

    __slots__ = ("model", "version")

    def __init__(self, version: int, model: Fact) -> None:
        self.version = version
        self.model = model


def _headers(item: Received, kind: str, content_type: str) -> dict[str, str]:
    """The only headers of ours that leave: no source, cause or aggregate, nothing that a caller sent along."""
    event_id = str(item.event_id)
    headers = {
        "Nats-Msg-Id": event_id,
        "content-type": content_type,
        "ce-specversion": "1.0",
        "ce-id": event_id,
        "ce-type": kind,
    }
    if time := a_time(item.headers.get("ce-time", "")):
        headers["ce-time"] = time
    return headers


def _parts(ids: list[str], size: int) -> list[list[str]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]
