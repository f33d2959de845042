"""Watches whether the hub answers, and takes what we say. Pages work without it, so it makes nothing unready; but
meanwhile nothing reaches the other organisations."""

import asyncio

import nats.errors
from prometheus_client import Gauge

from services.gateway.domain import HUB_IS_WELL, hub_state
from services.gateway.gateway import Gateway
from services.gateway.reading import request
from shared.foreign import json_in
from shared.messaging.network import CONNECTIONS, MEMBER, OUT
from shared.service import Service

OUTAGE_SECONDS = 15.0
"""A hub of three servers that lost one may take as long to choose who leads: that is no alarm."""
ASK_SECONDS = 1.0
"""Of our own server: health must answer soon."""


class Watch:
    """Metrics, and a sentence on the operators' page while the alarm lasts."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._was = HUB_IS_WELL
        self._figure = Gauge(
            "chorus_network_hub_works",
            "1 while the hub answers and takes what we say, or we are in no network; else 0",
            registry=gateway.registry,
        )
        gateway.notices["hub"] = self.notice

    async def look(self, service: Service) -> None:
        state = await self.notice()
        self._figure.set(state == HUB_IS_WELL)
        if state != HUB_IS_WELL and self._was == HUB_IS_WELL:
            service.log.error("hub-does-not-work", why=state)
        elif state == HUB_IS_WELL and self._was != HUB_IS_WELL:
            service.log.info("hub-works-again")
        self._was = state

    async def notice(self) -> str:
        carrier = self._gateway.carrier
        troubles = (carrier.inward.silence, carrier.outward.refusal, carrier.inward.refusal)
        silent, refused, full = (trouble.seconds > OUTAGE_SECONDS for trouble in troubles)
        if not (silent or refused or full) or not await self._is_member():
            return HUB_IS_WELL
        return hub_state(silent=silent, refused=refused, full=full, connected=await self._is_connected())

    async def _is_member(self) -> bool:
        """As provisioning found it; who is in no network misses no hub. True if our own server does not say."""
        try:
            async with asyncio.timeout(ASK_SECONDS):
                info = await request(self._gateway.border.client, f"$JS.API.STREAM.INFO.{OUT}", {})
        except (ConnectionError, TimeoutError):
            return True
        return (info["config"].get("metadata") or {}).get(MEMBER) == "yes"

    async def _is_connected(self) -> bool | None:
        """Whether our own server has a connection to the hub; None if it does not say, as with the users' rights of
        the release before."""
        try:
            answer = await self._gateway.border.client.request(CONNECTIONS, timeout=ASK_SECONDS)
        except (ConnectionError, TimeoutError, nats.errors.Error):
            return None
        return any(account["leafnodes"] for account in json_in(answer.data)["data"]["account_statz"])
