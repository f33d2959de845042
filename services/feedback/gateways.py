"""How often a visitor may try something. Counted in this process's memory, where addresses are forgotten by themselves."""

from fastapi import HTTPException, Request
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from shared.web import client_of


class Limit:
    """At most so many times for one address: Limit("10 per 10 minutes"). Machine time."""

    def __init__(self, rate: str) -> None:
        self._rate = parse(rate)
        self._seen = MovingWindowRateLimiter(MemoryStorage())

    def count(self, request: Request) -> None:
        """Count this request. HTTPException 429 when there were too many."""
        if not self._seen.hit(self._rate, client_of(request)):
            raise HTTPException(429)
