"""How often one connection may send something without being signed in. Whatever else a service counts is its own
affair."""

import ipaddress
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from fastapi import HTTPException, Request
from limits import RateLimitItem, parse

from shared.counting import forget, hit
from shared.db import VISITOR, Command, Database, Transaction

IPV6_HOME = 64
"""Bits of an IPv6 address that belong to one home or office: whoever has one address there has them all."""


def client_of(request: Request) -> str:
    """The connection that somebody uses: an IPv4 address, or the /64 around an IPv6 address."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host or "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, IPV6_HOME), strict=False))
    return str(address)


class Limit:
    """At most so many times for one connection: Limit("questions", "60 per hour"). Counted in the service's own
    database under a keyed hash, which is soon forgotten: nothing says whose connection it was. Machine time."""

    def __init__(self, what: str, rate: str, *, with_door: str = "") -> None:
        """with_door: the rate while a coordinator holds a door open for the connection; people is asked whether one
        does. Without it, no door lifts the limit."""
        self._what, self._rate = what, parse(rate)
        self._with_door = parse(with_door) if with_door else None

    async def takes(self, request: Request) -> bool:
        """Counts this request. False if there were too many."""
        service, client = request.app.state.service, client_of(request)
        if await self._hit(service.database, client, self._rate):
            return True
        return (
            self._with_door is not None
            and await _has_door(service, client)
            and await self._hit(service.database, client, self._with_door)
        )

    async def _hit(self, database: Database, client: str, rate: RateLimitItem) -> bool:
        whose, now = database.hidden(client), datetime.now(UTC)
        return await database.run(Command("count", VISITOR), lambda tx: hit(tx, self._what, whose, rate, now))

    async def count(self, request: Request) -> None:
        """Counts this request. HTTPException 429 if there were too many."""
        if not await self.takes(request):
            raise HTTPException(429)


async def _has_door(service: Any, client: str) -> bool:
    """False if people does not answer: then the stricter limit applies."""
    try:
        return bool((await service.requests(f"people.doors.{service.name}", {"client": client}))["open"])
    except (ConnectionError, TimeoutError):
        return False


class AnonymousPosts(Limit):
    """Limits what may be posted without signing in, for every route of every service."""

    def __init__(self, rate: str) -> None:
        super().__init__("anonymous-posts", rate)


def forget_counts(*rates: str) -> Callable[[Transaction], Awaitable[None]]:
    """The work of a job: deletes counts that none of these rates looks at any more."""
    return partial(forget, after=timedelta(seconds=2 * max(parse(rate).get_expiry() for rate in rates)))
