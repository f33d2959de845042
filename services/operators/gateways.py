"""Asks the services, each on its own address, with the operator's own sign-in."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import httpx

from services.operators.way import Answer, Question, Step
from shared.identity import NotAllowed, NotSignedIn

SECONDS = 5.0
RULES_SECONDS = 120.0
"""Looking through all claims and bookings of a large organisation takes a while."""
Found = dict[str, Any]
_certificates = cache(ssl.create_default_context)
"""Read once, because reading them takes longer than a service's answer."""


class Silent(Exception):
    """A service did not answer, or not in a readable way."""


@dataclass(frozen=True, slots=True)
class Told:
    """What to tell an operator about their request to a service."""

    done: bool
    text: str


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """A page of a service's parked messages, and where the next begins."""

    dead_letters: list[Found]
    next_after: str | None


class Services:
    """The services of one organisation. token: an operator's sign-in token, which every service checks for itself."""

    def __init__(self, urls: Mapping[str, str], token: str) -> None:
        self._urls = dict(urls)
        self._token = token

    @property
    def names(self) -> list[str]:
        return list(self._urls)

    async def fetch(self, question: Question) -> Answer:
        """Every service's part of the answer: the `fetch` of `whole_way`."""
        body = {"ids": _texts(question.ids), "caused_by": _texts(question.caused_by), "about": _texts(question.about)}
        answers = await self._ask_all("POST", "/operator/steps", json=body)
        steps: list[Step] = []
        silent = []
        for name, answer in answers.items():
            try:
                steps += [step_of(name, found) for found in (answer or {})["steps"]]
            except (KeyError, TypeError, ValueError):
                silent.append(name)
        return Answer(steps, silent, more=any((answer or {}).get("more") for answer in answers.values()))

    async def states(self) -> dict[str, Found | None]:
        """Readiness, backlog and parked messages of each service; None for one that does not answer."""
        return await self._ask_all("GET", "/operator/state")

    async def rules(self, service: str) -> Found:
        """How many rules were checked, and which do not hold. Raises Silent."""
        return _json(await self._ask(service, "GET", "/operator/invariants", seconds=RULES_SECONDS))

    async def dead_letters(
        self, after: Mapping[str, str] | None = None, *, replayed_too: bool = False
    ) -> dict[str, DeadLetters | None]:
        """A page of each service's parked messages, newest first; None if it does not answer. after: where the page of
        each service begins."""

        async def one(name: str) -> DeadLetters | None:
            asked = {"replayed_too": replayed_too, "after": (after or {}).get(name, "")}
            try:
                answer = _json(await self._ask(name, "GET", "/operator/dead-letters", params=asked))
            except Silent:
                return None
            return DeadLetters(answer.get("dead_letters") or [], answer.get("next_after"))

        return dict(zip(self._urls, await asyncio.gather(*(one(name) for name in self._urls)), strict=True))

    async def all_dead_letters(self, *, replayed_too: bool = False) -> dict[str, list[Found] | None]:
        """All parked messages of each service, newest first; None if it does not answer."""
        pages = await self.dead_letters(replayed_too=replayed_too)
        found = {name: None if page is None else list(page.dead_letters) for name, page in pages.items()}
        for name, page in pages.items():
            while page is not None and page.next_after:
                page = (await self.dead_letters({name: page.next_after}, replayed_too=replayed_too))[name]
                found[name] = None if page is None else [*(found[name] or []), *page.dead_letters]
        return found

    async def dead_letter(self, service: str, dead_letter_id: UUID) -> Found | None:
        """One parked message, whole; None if this service does not have it. Raises Silent."""
        response = await self._ask(service, "GET", f"/operator/dead-letters/{dead_letter_id}")
        return None if response.status_code == 404 else _json(response)

    async def replay(self, service: str, dead_letter_id: UUID) -> Told:
        """Lets the service's own handler try again. Raises Silent."""
        response = await self._ask(service, "POST", f"/operator/dead-letters/{dead_letter_id}/replay")
        return _told(response, service, "The message was handled. It is no longer parked.")

    async def close(self, service: str, dead_letter_id: UUID, because: str) -> Told:
        """Has the service close one that can never be handled. Raises Silent."""
        path = f"/operator/dead-letters/{dead_letter_id}/close"
        response = await self._ask(service, "POST", path, json={"because": because})
        return _told(response, service, "The message is closed. Nothing was done of what it says.")

    async def keys(self) -> Found:
        """The keys by which we and other organisations are known. Raises Silent."""
        return _json(await self._ask("gateway", "GET", "/operator/keys"))

    async def trust(self, organisation: str, fingerprint: str) -> Told:
        """Trusts a key that an organisation announced and we refused, if these are its digits. Raises Silent."""
        response = await self._ask(
            "gateway", "POST", f"/operator/keys/{organisation}/trust", json={"fingerprint": fingerprint}
        )
        if response.status_code == 404:
            return Told(False, "It has no key that waits to be compared any more.")
        if response.status_code == 422:
            return Told(False, " ".join(error["text"] for error in _object(response).get("errors", [])))
        _json(response)
        return Told(True, "The new key is accepted. What it sends, and what we send it, is sealed with it from now on.")

    async def _ask_all(self, method: str, path: str, **more: Any) -> dict[str, Found | None]:
        async def one(name: str) -> Found | None:
            try:
                return _json(await self._ask(name, method, path, **more))
            except Silent:
                return None

        return dict(zip(self._urls, await asyncio.gather(*(one(name) for name in self._urls)), strict=True))

    async def _ask(
        self, service: str, method: str, path: str, *, seconds: float = SECONDS, **more: Any
    ) -> httpx.Response:
        if service not in self._urls:
            raise Silent(service)
        headers = {"authorization": f"Bearer {self._token}", "accept": "application/json"}
        async with httpx.AsyncClient(
            base_url=self._urls[service], headers=headers, timeout=seconds, trust_env=False, verify=_certificates()
        ) as client:
            try:
                response = await client.request(method, f"/{service}{path}", **more)
            except httpx.HTTPError:
                raise Silent(service) from None
        if response.status_code == 401:
            raise NotSignedIn
        if response.status_code == 403:
            raise NotAllowed
        return response


def step_of(service: str, found: Mapping[str, Any]) -> Step:
    """A step, as a service sent it. Raises KeyError, TypeError or ValueError if it is none."""
    return Step(
        id=UUID(found["id"]),
        service=found.get("service") or service,
        kind=found["kind"],
        what=found["what"],
        at=datetime.fromisoformat(found["at"]),
        about=_id(found.get("about")),
        caused_by=_id(found.get("caused_by")),
        actor_kind=found.get("actor_kind") or "system",
        actor_id=_id(found.get("actor_id")),
        acting_for=_id(found.get("acting_for")),
        business_at=datetime.fromisoformat(found["business_at"]) if found.get("business_at") else None,
        trace_id=found.get("trace_id") or "",
        span_id=found.get("span_id") or "",
        facts=dict(found.get("facts") or {}),
    )


def _told(response: httpx.Response, service: str, done: str) -> Told:
    """What a service answered about a parked message."""
    if response.status_code == 404:
        return Told(False, f"{service} has no such message, or no longer hears this kind.")
    if response.status_code == 422:
        return Told(False, " ".join(error["text"] for error in _object(response).get("errors", [])))
    _json(response)
    return Told(True, done)


def _json(response: httpx.Response) -> Found:
    if response.status_code != 200:
        raise Silent(str(response.status_code))
    return _object(response)


def _object(response: httpx.Response) -> Found:
    try:
        found = response.json()
    except ValueError:
        raise Silent("no JSON") from None
    if not isinstance(found, dict):
        raise Silent("no object")
    return found


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _texts(ids: frozenset[UUID]) -> list[str]:
    return sorted(str(one) for one in ids)
