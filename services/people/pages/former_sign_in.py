"""Whose sign-in was last on a device. What is sent from a page that stayed open when the sign-in's cookie went (signed
out elsewhere, or sent to sign in from another page) is kept for that person, and for nobody else."""

from datetime import timedelta
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response

from services.people.gateways.ports import gateways
from shared.identity import cookie_name
from shared.service import of
from shared.web import cookies

_KNOWN_FOR = timedelta(days=1)


def remember_former(request: Request, response: Response) -> None:
    tokens = gateways(request).tokens
    sign_in_id = tokens.sign_in_id_of(request.cookies.get(cookie_name(of(request).settings.organisation), ""))
    if sign_in_id is not None:
        seconds = int(_KNOWN_FOR.total_seconds())
        cookies.keep(response, _cookie(request), tokens.of_former(sign_in_id), seconds=seconds)


def former_sign_in(request: Request) -> UUID | None:
    """The sign-in that was last on this device. It signs nobody in."""
    return gateways(request).tokens.sign_in_id_of(request.cookies.get(_cookie(request), ""))


def forget_former(request: Request, response: Response) -> None:
    if _cookie(request) in request.cookies:
        cookies.drop(response, _cookie(request))


def _cookie(request: Request) -> str:
    return cookies.name_of("former", of(request).settings.organisation)
