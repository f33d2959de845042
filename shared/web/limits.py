"""How often one connection may send something without being signed in. What a service counts beside this is its own affair."""

import ipaddress

from fastapi import HTTPException, Request
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

IPV6_HOME = 64
"""Bits of an IPv6 address that one home or office has: who has one address there has them all."""


def client_of(request: Request) -> str:
    """The connection that somebody comes by: an IPv4 address, or the /64 that an IPv6 address lies in."""
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
    """At most so many times for one connection: Limit("10 per 10 minutes"). Counted in this process's memory, where connections are
    forgotten by themselves: nothing of an anonymous giver's is written down. Machine time."""

    def __init__(self, rate: str) -> None:
        self._rate = parse(rate)
        self._seen = MovingWindowRateLimiter(MemoryStorage())

    def takes(self, request: Request) -> bool:
        """Count this request. False when there were too many."""
        return self._seen.hit(self._rate, client_of(request))

    def count(self, request: Request) -> None:
        """Count this request. HTTPException 429 when there were too many."""
        if not self.takes(request):
            raise HTTPException(429)


class AnonymousPosts(Limit):
    """Bounds what may be posted without signing in, for every route of every service."""
