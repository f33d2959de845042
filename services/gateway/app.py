"""Wires the gateway. Nothing else here imports every other module."""

import asyncio
import contextlib
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from services.gateway import announcing, api, organisations, parking, sealed_messages
from services.gateway.crossings import LEAVING, content_of
from services.gateway.egress import Egress
from services.gateway.gateway import Gateway
from services.gateway.ingress import Ingress
from services.gateway.settings import Settings
from services.gateway.watching import Watch
from shared import service
from shared.db import SYSTEM, Command, Transaction
from shared.messaging.handling import Consumers
from shared.messaging.publishing import publish
from shared.service import Job, Responder, Service

__all__ = ["Settings", "create_app"]
LOOK_SECONDS = 2.0
"""How soon keys that were turned are in use, and announced."""


def create_app(settings: Settings) -> FastAPI:
    gateway = Gateway(settings)
    gateway.notices["signatures"] = partial(parking.forged, gateway.database)
    watch = Watch(gateway)
    return service.create_app(
        gateway,
        api=[api.router],
        consumers=what_crosses(),
        background=[_keep_the_border, _carry, _say_who_we_are, _let_in],
        jobs=[
            Job("watch-the-hub", every=15, work_outside=watch.look),
            Job(
                "forget-old-sealed-messages",
                every=3600,
                work=partial(sealed_messages.forget_old, days=settings.letter_days),
            ),
        ],
        responders=[
            Responder(f"gateway.contents.{owner}", partial(_contents_for, owner))
            for owner in sorted(owners_of_contents())
        ],
        templates=Path(__file__).parent / "templates",
    )


def what_crosses() -> Consumers:
    consumers = Consumers("gateway")
    consumers.on_all(LEAVING.values(), Egress)
    return consumers


def owners_of_contents() -> set[str]:
    return {event.owner for event in LEAVING.values() if content_of(event) is not None}


async def _keep_the_border(gateway: Service) -> None:
    assert isinstance(gateway, Gateway)
    await gateway.border.keep()


async def _carry(gateway: Service) -> None:
    """Between OUT and the hub, and the hub and NETWORK, on a connection of its own."""
    assert isinstance(gateway, Gateway)
    await gateway.carrier.run()


async def _let_in(gateway: Service) -> None:
    """Once both connections are there and the keys are known, until the connection is given up; then it is begun
    again."""
    assert isinstance(gateway, Gateway)
    await gateway.ring.load()
    ingress = Ingress(gateway)
    gateway.checks["services"] = ingress.pressure.state
    while True:
        with contextlib.suppress(ConnectionError):
            await ingress.run(gateway.border.client)
        await asyncio.sleep(0.2)


async def _say_who_we_are(gateway: Service) -> None:
    assert isinstance(gateway, Gateway)
    while True:
        with contextlib.suppress(ConnectionError):
            await announce(gateway)
        await asyncio.sleep(LOOK_SECONDS if gateway.has_announced else 0.2)


async def announce(gateway: Gateway) -> None:
    """Publish our name, address and keys if something of it is new, if we have just started, or every ten days
    (NET-04)."""
    settings, ring = gateway.settings, gateway.ring
    try:
        ring.read_again()
    except (OSError, ValueError) as error:
        gateway.log.error("network-keys-not-read", error=str(error))
    if not ring.loaded:
        await ring.load()
    held = ring.organisations.get(settings.organisation)
    now = datetime.now(UTC)
    said: dict[str, Any] = {"display_name": settings.organisation_name, "url": settings.public_url}
    public = ring.own.current.public
    if gateway.has_announced and not announcing.is_due(held, **said, public=public, now=now):
        return
    version = announcing.next_version(held, now)
    message = announcing.outgoing(announcing.announcement(settings.organisation, version=version, own=ring.own, **said))
    if not await publish(gateway.border.client, message):
        raise ConnectionError("the announcement was not stored in OUT")

    async def written(tx: Transaction) -> None:
        await organisations.keep(
            tx,
            settings.organisation,
            **said,
            public=public,
            version=version,
            first=held is None,
            signs=True,
            before=None,
        )
        await organisations.announced(tx, settings.organisation)

    await gateway.database.run(Command("announce", SYSTEM), written)
    await ring.load()
    gateway.has_announced = True


async def _contents_for(owner: str, gateway: Service, request: dict[str, Any]) -> dict[str, Any]:
    assert isinstance(gateway, Gateway)
    question = sealed_messages.Question.model_validate(request)
    return await sealed_messages.contents_for(
        owner, question, gateway.ring, gateway.settings.organisation, gateway.database
    )
