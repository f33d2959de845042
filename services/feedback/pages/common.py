"""What the pages of feedback share."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Depends, Request
from opentelemetry import context as telemetry_context

from services.feedback.domain import codes
from services.feedback.domain.who_reads import WORKS_HERE
from services.feedback.settings import Settings
from shared.identity import Role, SignIn, only
from shared.service import Service
from shared.web import Limit

Staff = Annotated[SignIn, Depends(only(Role.COORDINATOR, Role.APPROVER))]
WorksHere = Annotated[SignIn, Depends(only(*(Role(each) for each in sorted(WORKS_HERE))))]


def settings_of(request: Request) -> Settings:
    return request.app.state.service.settings


def limit_of(request: Request, name: str) -> Limit:
    return request.app.state.feedback_limits[name]


def reading(request: Request) -> dict[str, Any]:
    """FB-09: shown beside every free-text box: who reads it, and when."""
    settings = settings_of(request)
    return {"read_by": settings.feedback_read_by, "read_when": settings.feedback_read_when}


ENDING_WORDS: dict[str, str] = {
    "used": "We did",
    "not-used": "We did not",
    "thanked": "Thank you",
    "joined": "Joined to another",
    "withdrawn": "Taken back",
    "spam": "Not read as feedback",
    "safeguarding": "With the person who looks after people’s safety",
}
"""What pages call each ending."""


async def hash_of_code(service: Service, code: str) -> bytes:
    """Off the event loop, because it is slow on purpose."""
    return await asyncio.to_thread(codes.hash_of_code, code, service.settings.organisation)


@contextlib.contextmanager
def apart_from_the_visit() -> Iterator[None]:
    """Gives it a trace of its own: nothing that is kept leads from an anonymous giver's item to a request, its
    address or its sign-in."""
    token = telemetry_context.attach(telemetry_context.Context())
    try:
        yield
    finally:
        telemetry_context.detach(token)
