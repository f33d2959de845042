"""Slows down whoever asks for or tries too many codes, without shutting out the person whose address it is."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import HTTPException, Request
from fastapi.responses import Response
from limits import parse

from services.people import domain, queries
from services.people.domain import limits as rules
from services.people.gateways import gateways
from services.people.pages.machine_time import machine_now
from services.people.use_cases import limiting
from shared.db import Actor, Command, Transaction
from shared.service import of
from shared.web import client_of

KNOWN_DAYS = 365
_GUEST = Actor("guest")
_FACTOR_TRIES = parse("10/15 minutes")


async def slow_down(request: Request, email: str) -> None:
    """429 for whoever asks for too many codes. Known and unknown addresses count alike."""
    client, browsers, cookie = client_of(request), gateways(request).browsers, _cookie_of(request)

    async def work(tx: Transaction) -> bool:
        person = await queries.find_by_email(tx, email)
        browser = browsers.knows(cookie, person.id) if person else None
        return await _allowed(request, tx, rules.counters_for_code(domain.email_key(email), client, browser))

    await _or_429(request, work)


async def slow_down_tries(request: Request, request_id: UUID) -> None:
    """429 for whoever tries too many codes."""
    client, browsers, cookie = client_of(request), gateways(request).browsers, _cookie_of(request)

    async def work(tx: Transaction) -> bool:
        person_id = await queries.person_of_code(tx, request_id)
        browser = browsers.knows(cookie, person_id) if person_id else None
        return await _allowed(request, tx, rules.counters_for_try(client, browser))

    await _or_429(request, work)


async def slow_down_joining(request: Request) -> None:
    """429 for a connection that begins to join too often."""
    await _or_429(request, lambda tx: _allowed(request, tx, rules.counters_for_joining(client_of(request))))


async def slow_down_factor(request: Request, person_id: UUID) -> None:
    """429 for whoever guesses at a second step."""
    hide, now = gateways(request).bounds.hide, machine_now()
    await _or_429(request, lambda tx: limiting.hit(tx, "factor", hide(str(person_id)), _FACTOR_TRIES, now))


async def _allowed(request: Request, tx: Transaction, counters: Sequence[rules.Counter]) -> bool:
    return await limiting.allowed(tx, counters, gateways(request).bounds, client_of(request), machine_now())


async def _or_429(request: Request, work: Any) -> None:
    if not await of(request).database.run(Command("count", _GUEST), work):
        raise HTTPException(429)


# Browsers that people signed in with before


def remember_browser(request: Request, response: Response, person_id: UUID) -> Response:
    """From now on, what strangers ask for does not shut this browser out."""
    cookie = gateways(request).browsers.remember(_cookie_of(request), person_id)
    response.set_cookie(_name(request), cookie, max_age=KNOWN_DAYS * 86400, path="/", secure=True, httponly=True, samesite="lax")
    return response


def _cookie_of(request: Request) -> str:
    return request.cookies.get(_name(request), "")


def _name(request: Request) -> str:
    return f"__Host-known-{of(request).settings.organisation}"
