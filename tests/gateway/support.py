"""Gateways in tests: real servers joined by a real hub, a real database each, and clients that speak as the services
do."""

import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

import httpx
from fastapi import FastAPI
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from deploy.provisioning.parts import SERVICES
from services.gateway import sealing
from services.gateway.app import create_app
from services.gateway.gateway import Gateway
from services.gateway.keys import new_network_keys
from services.gateway.settings import Settings
from shared.db import new_id
from shared.events import Event
from shared.events.listings import GuestAnswered, GuestLeft, GuestRequested, OpportunityShared, PublicSession
from shared.identity import Role, SignIn, issue_token
from shared.messaging.publishing import Outgoing, publish
from shared.messaging.streams import durable_name, stream_name
from tests.network.region import Member, connected
from tests.support.apps import SIGNING_KEY, eventually, running, settings_for
from tests.support.servers import PASSWORD, TestPostgres

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
Contents = dict[str, dict[str, Any]]


@dataclass
class Organisation:
    """One organisation: its servers, its gateway in this process, and what its services would say and hear."""

    name: str
    member: Member
    app: FastAPI
    gateway: Gateway
    http: httpx.AsyncClient
    as_service: dict[str, Client]
    border: Client
    contents: Contents = field(default_factory=dict)
    """What our services answer on <service>.contents.gateway: by aggregate id."""
    asked: list[dict[str, Any]] = field(default_factory=list)
    before: tuple[int, int, frozenset[str]] = (0, 0, frozenset())
    """What was there when this test began: the last message of each NETWORK, and the dead letters."""

    async def begin(self) -> None:
        """From now on only what is new counts."""
        self.contents.clear()
        self.asked.clear()
        came = await self.border.jetstream(timeout=5).stream_info("NETWORK")
        heard = await self.as_service["opportunities"].jetstream(timeout=5).stream_info("NETWORK")
        before = {parked["id"] for parked in await self._all_parked()}
        self.before = (came.state.last_seq, heard.state.last_seq, frozenset(before))

    async def say(self, event: Event, *, body: str | None = None, **headers: str) -> UUID:
        """As the owning service's relay does. body: instead of the event's own."""
        event_id = new_id()
        values = {
            "Nats-Msg-Id": str(event_id),
            "content-type": "application/json",
            "ce-specversion": "1.0",
            "ce-id": str(event_id),
            "ce-source": f"/chorus/{self.name}/{event.owner}",
            "ce-type": event.subject(),
            "ce-subject": str(event.aggregate_id),
            "ce-time": datetime.now(UTC).isoformat(),
            "ce-causationid": str(new_id()),
            "traceparent": TRACEPARENT,
        }
        text = event.model_dump_json() if body is None else body
        message = Outgoing(event.subject(), text.encode(), values | headers)

        async def stored() -> bool:
            return await publish(self.as_service[event.owner], message, within=2)

        await eventually(stored, within=60)
        return event_id

    async def heard(
        self, event: type[Event], count: int = 1, *, within: float = 60, service: str = "opportunities"
    ) -> list[Msg]:
        """The first so many messages of this kind in our own stream NETWORK, as a service receives them."""
        found: list[Msg] = []

        async def enough() -> bool:
            found[:] = [
                message for message in await self.everything_heard(service) if message.subject == event.subject()
            ]
            return len(found) >= count

        await eventually(enough, within=within)
        return found

    async def everything_heard(self, service: str = "opportunities") -> list[Msg]:
        """All that is in our own stream NETWORK now."""
        stream = self.as_service[service].jetstream(timeout=5)
        wanted = (await stream.stream_info("NETWORK")).state.messages
        if not wanted:
            return []
        name = durable_name(service, "network")
        await stream.add_consumer(stream_name("network"), ConsumerConfig(name=name, durable_name=name, ack_wait=1))
        subscription = await stream.pull_subscribe_bind(name, "NETWORK", inbox_prefix=f"_INBOX.{service}.".encode())
        kept = self.__dict__.setdefault("_kept", {}).setdefault(service, {})
        with contextlib.suppress(TimeoutError):
            while len(kept) < wanted:
                for message in await subscription.fetch(min(500, wanted - len(kept)), timeout=1):
                    await message.ack()
                    kept[message.metadata.sequence.stream] = message
        await subscription.unsubscribe()
        return [kept[sequence] for sequence in sorted(kept) if sequence > self.before[1]]

    async def came(self, count: int = 1, *, within: float = 60) -> list[Msg]:
        """What the hub has brought us, as it came: the messages in NETWORK of account NET, announcements left out."""
        name = f"gateway-look-{new_id()}"
        stream = self.border.jetstream(timeout=5)
        config = ConsumerConfig(
            name=name,
            durable_name=name,
            ack_policy=AckPolicy.NONE,
            inactive_threshold=60,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=self.before[0] + 1,
        )
        await stream.add_consumer("NETWORK", config)
        subscription = await stream.pull_subscribe_bind(name, "NETWORK")
        found: list[Msg] = []

        async def enough() -> bool:
            with contextlib.suppress(TimeoutError):
                found.extend(
                    message
                    for message in await subscription.fetch(500, timeout=0.5)
                    if ".organisation-announced." not in message.subject
                )
            return len(found) >= count

        await eventually(enough, within=within)
        await subscription.unsubscribe()
        return found

    async def nothing_came(self, organisation_says: "Organisation") -> None:
        """Whatever the other organisation was told to say before is handled, and nothing of it is here."""
        marker = shared()
        await organisation_says.say(marker)
        (message,) = await self.came()
        assert str(marker.opportunity_id) in message.data.decode()

    async def dead_letters(self) -> list[dict[str, Any]]:
        return [parked for parked in await self._all_parked() if parked["id"] not in self.before[2]]

    async def _all_parked(self) -> list[dict[str, Any]]:
        response = await self.operator("GET", "/gateway/operator/dead-letters?replayed_too=true")
        return response.json()["dead_letters"]

    async def parked(self, count: int = 1, *, within: float = 60) -> list[dict[str, Any]]:
        """The dead letters once there are so many."""

        async def enough() -> list[dict[str, Any]] | None:
            found = await self.dead_letters()
            return found if len(found) >= count else None

        found = await eventually(enough, within=within)
        assert found is not None
        return found

    async def operator(self, method: str, path: str, **more: Any) -> httpx.Response:
        session = SignIn(new_id(), new_id(), frozenset({Role.OPERATOR}), tool=True)
        token = issue_token(SIGNING_KEY, self.name, session)
        return await self.http.request(
            method, path, headers={"authorization": f"Bearer {token}", "accept": "application/json"}, **more
        )

    async def ask_contents(self, service: str, event: type[Event], *asked: tuple[str, UUID]) -> dict[str, Any]:
        question = {"name": event.name, "asked": [{"origin": origin, "id": str(about)} for origin, about in asked]}
        reply = await self.as_service[service].request(
            f"gateway.contents.{service}", json.dumps(question).encode(), timeout=5
        )
        return json.loads(reply.data)["contents"]

    async def knows(self, other: str) -> None:
        """Until the other's keys have arrived."""

        async def known() -> bool:
            return self.gateway.ring.of(other) is not None

        await eventually(known, within=60)


Organisations: TypeAlias = tuple[Organisation, Organisation]


def settings_of(member: Member, folder: Path, database_url: str, **more: Any) -> Settings:
    folder.mkdir(exist_ok=True)
    keys = folder / "network-keys.json"
    if not keys.exists():
        keys.write_text(new_network_keys())
    values = {
        "organisation": member.name,
        "organisation_name": member.name.capitalize(),
        "public_url": f"https://{member.name}.example",
        "network_nats_url": member.server.client_url("border", PASSWORD),
        "network_keys": keys,
        "services": SERVICES,
    }
    return settings_for(Settings, folder, database_url, member.server, **values | more)


@contextlib.asynccontextmanager
async def organisation(
    member: Member, folder: Path, postgres: TestPostgres, *, database_url: str | None = None, **more: Any
) -> AsyncIterator[Organisation]:
    """A member with its gateway, on a database of its own unless one is named."""
    app = create_app(settings_of(member, folder, database_url or postgres.database("gateway"), **more))
    async with contextlib.AsyncExitStack() as stack:
        clients = {
            service: await stack.enter_async_context(
                connected(member.server.client_url(service, PASSWORD), f"_INBOX.{service}")
            )
            for service in ("opportunities", "payments", "feedback")
        }
        border = await stack.enter_async_context(member.connect("border"))
        http = await stack.enter_async_context(running(app))
        gateway = app.state.service
        assert isinstance(gateway, Gateway)
        found = Organisation(member.name, member, app, gateway, http, clients, border)
        for service in ("opportunities", "feedback"):
            await clients[service].subscribe(f"{service}.contents.gateway", cb=_answering(found))
            await clients[service].flush()
        yield found


def _answering(found: Organisation) -> Callable[[Msg], Awaitable[None]]:
    async def answer(message: Msg) -> None:
        question = json.loads(message.data)
        found.asked.append(question)
        contents = {about: found.contents[about] for about in question["ids"] if about in found.contents}
        await message.respond(json.dumps({"contents": contents}).encode())

    return answer


def signed(organisation: Organisation, name: str, body: bytes, headers: dict[str, str]) -> dict[str, str]:
    """The headers of a public event, with the organisation's own signature among them."""
    said = sealing.Said(organisation.name, name, headers["ce-id"], headers.get("ce-time", ""), body)
    return headers | {sealing.SIGNATURE: sealing.sign_public(said, organisation.gateway.ring.own.current.signing)}


# Events


def shared(**more: Any) -> OpportunityShared:
    """A workshop that is shared; its texts are public."""
    values: dict[str, Any] = {
        "version": 1,
        "opportunity_id": new_id(),
        "host_name": "Sun",
        "title": "Tell us how the ward could be quieter",
        "summary": "Two hours in a small group.\nTea and biscuits.",
        "kind": "workshop",
        "mode": "in-person",
        "area": "Fenton",
        "sessions": (a_session(),),
        "background": "The ward is loud at night.",
        "expected": "To talk.",
        "time_needed": "2 hours",
        "payment": "£12.50 an hour",
        "accessibility": "Step-free.",
        "result": "A plan.",
        "contact_role": "Coordinator",
        "commissioner": "",
        "short_notice_reason": "",
        "paid": True,
        "rate_pence": 1250,
        "funding": "fees",
        "expenses_cap_pence": 0,
        "waiting_list": False,
        "url": "https://sun.example/opportunities/1",
    }
    return OpportunityShared(**values | more)


def a_session(**more: Any) -> PublicSession:
    values: dict[str, Any] = {
        "session_id": new_id(),
        "starts_at": datetime(2026, 12, 3, 10, tzinfo=UTC),
        "ends_at": datetime(2026, 12, 3, 12, tzinfo=UTC),
        "venue": "The Old Library",
    }
    return PublicSession(**values | more)


def requested(to: str, version: int = 1, guest_id: UUID | None = None) -> GuestRequested:
    return GuestRequested(version=version, to=to, guest_id=guest_id or new_id(), opportunity_id=new_id())


def request_content(version: int = 1, **more: Any) -> dict[str, Any]:
    content = {"code": "G-7F3K", "needs": ["hearing-loop", "step-free"], "duty_number": "07700 900123"}
    return {"version": version, "content": content | more}


def left_place(to: str) -> GuestLeft:
    return GuestLeft(version=2, to=to, guest_id=new_id(), opportunity_id=new_id())


def answered(to: str, guest_id: UUID) -> GuestAnswered:
    return GuestAnswered(
        version=1, to=to, guest_id=guest_id, opportunity_id=new_id(), state="taken", position=None, answer_by=None
    )


async def soon(check: Callable[[], bool], *, within: float = 60) -> None:
    async def looked() -> bool:
        return check()

    await eventually(looked, within=within)
