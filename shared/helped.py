"""Whom somebody helps: the name over a helper's pages, asked of people by every other service (PEO-02)."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.text import number_of

HAVE_CARDS = ("opportunities", "payments", "feedback", "notifications")
"""The services that may ask people for names (`people.cards.<service>`); people has them itself."""
NAME_SECONDS = 60.0
"""How long a name shown at the top of pages is reused; after a failure, how long nobody is asked again."""


@dataclass(frozen=True, slots=True)
class Helped:
    """Who a helper helps. name: blank if unknown. apart: what tells two of one name apart when staff choose
    (PEO-02)."""

    name: str
    apart: str

    def __repr__(self) -> str:
        return "Helped(...)"


class Names:
    """Names of people who are being helped, asked of people and kept in memory for a minute. Only our number for
    them if this service may not ask, or people does not answer."""

    def __init__(self, service: str, requests: Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]) -> None:
        """requests: asks another service by request-reply."""
        self._service = service
        self._requests = requests
        self._known: dict[UUID, tuple[Helped, float]] = {}

    async def of(self, person_id: UUID) -> Helped:
        now = time.monotonic()
        self._known = {known: said for known, said in self._known.items() if said[1] > now}
        if person_id not in self._known:
            self._known[person_id] = (await self._asked(person_id), now + NAME_SECONDS)
        return self._known[person_id][0]

    async def _asked(self, person_id: UUID) -> Helped:
        unknown = Helped("", f"our number {number_of(person_id)}")
        if self._service not in HAVE_CARDS:
            return unknown
        try:
            answer = await self._requests(f"people.cards.{self._service}", {"person_ids": [str(person_id)]})
            card = answer["cards"].get(str(person_id)) or {}
        except (ConnectionError, TimeoutError, LookupError, ValueError, AttributeError):  # no page fails over a name
            return unknown
        return Helped(card.get("name") or "", card.get("told_apart_by") or unknown.apart)
