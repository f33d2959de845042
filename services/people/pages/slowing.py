"""Slows down people who ask for or try too many codes, without shutting out the owner of the address."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import HTTPException, Request
from fastapi.responses import Response

from services.people import queries
from services.people.domain import limits as rules
from services.people.domain.addresses import email_key
from services.people.gateways.ports import gateways
from services.people.pages.machine_time import machine_now
from services.people.use_cases import limiting
from services.people.use_cases.factors import tell_of_guessing
from shared.db import VISITOR, Command, Transaction
from shared.identity import SignIn
from shared.service import of
from shared.web import client_of, cookies

KNOWN_DAYS = 365


async def slow_down(request: Request, email: str) -> None:
    """429 for too many requests for codes. Known and unknown addresses count alike."""
    client, browsers, cookie = client_of(request), gateways(request).browsers, _cookie_of(request)

    async def work(tx: Transaction) -> bool:
        person = await queries.find_by_email(tx, email)
        browser = browsers.knows(cookie, person.id) if person else None
        return await _allowed(request, tx, rules.counters_for_code(email_key(email), client, browser))

    await _or_429(request, work)


async def slow_down_tries(request: Request, request_id: UUID) -> None:
    """429 for too many tries at a code."""
    client, browsers, cookie = client_of(request), gateways(request).browsers, _cookie_of(request)

    async def work(tx: Transaction) -> bool:
        person_id = await queries.person_of_code(tx, request_id)
        browser = browsers.knows(cookie, person_id) if person_id else None
        return await _allowed(request, tx, rules.counters_for_try(client, browser))

    await _or_429(request, work)


async def slow_down_joining(request: Request) -> None:
    """429 for a connection from which too many people begin to join."""
    await _or_429(request, lambda tx: _allowed(request, tx, rules.counters_for_joining(client_of(request))))


async def slow_down_factor(request: Request, who: SignIn) -> None:
    """429 for guessing at a second step. At the outer limit the person and the administrators are told."""
    person, known = str(who.person_id), who.factor_at is not None or _gave_second_step_here(request, who.person_id)
    counters = rules.counters_for_factor(person, str(who.sign_in_id), known=known)

    async def work(tx: Transaction) -> bool:
        refused = await _refused_by(request, tx, counters)
        if refused is not None and refused.bound == "per-person":
            await tell_of_guessing(tx, who.person_id, gateways(request).bounds.hide(person), machine_now())
        return refused is None

    await _or_429(request, work)


async def slow_down_proof(request: Request, who: SignIn) -> None:
    """429 for a sign-in that too often sends a passkey's answer, or a code of the key that it was shown: neither can be
    guessed."""
    counters = rules.counters_for_proof(str(who.person_id), str(who.sign_in_id))
    await _or_429(request, lambda tx: _allowed(request, tx, counters))


async def _allowed(request: Request, tx: Transaction, counters: Sequence[rules.Counter]) -> bool:
    return await _refused_by(request, tx, counters) is None


async def _refused_by(request: Request, tx: Transaction, counters: Sequence[rules.Counter]) -> rules.Counter | None:
    return await limiting.refused_by(tx, counters, gateways(request).bounds, client_of(request), machine_now())


async def _or_429(request: Request, work: Any) -> None:
    if not await of(request).database.run(Command("count", VISITOR), work):
        raise HTTPException(429)


# Browsers that people signed in with before


def remember_browser(request: Request, response: Response, person_id: UUID) -> Response:
    """From now on, strangers' requests do not shut this browser out."""
    return _remember(request, response, gateways(request).browsers.remember(_cookie_of(request), person_id), "known")


def remember_second_step(request: Request, response: Response, person_id: UUID) -> Response:
    """From now on, guesses made elsewhere do not shut this browser out."""
    cookie = gateways(request).confirmed_browsers.remember(_cookie_of(request, "confirmed"), person_id)
    return _remember(request, response, cookie, "confirmed")


def _gave_second_step_here(request: Request, person_id: UUID) -> bool:
    return gateways(request).confirmed_browsers.knows(_cookie_of(request, "confirmed"), person_id) is not None


def _remember(request: Request, response: Response, cookie: str, what: str) -> Response:
    cookies.keep(response, _name(request, what), cookie, seconds=KNOWN_DAYS * 86400)
    return response


def _cookie_of(request: Request, what: str = "known") -> str:
    return request.cookies.get(_name(request, what), "")


def _name(request: Request, what: str) -> str:
    return cookies.name_of(what, of(request).settings.organisation)
