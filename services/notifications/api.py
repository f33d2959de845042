"""What needs me today and my messages, as JSON."""

from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from services.notifications.gateways import letters
from services.notifications.queries.needs import tasks_for
from services.notifications.queries.people import whose
from services.notifications.queries.told import messages_of
from shared.identity import SignedIn
from shared.service import of

router = APIRouter(prefix="/notifications/api", tags=["notifications"])


class TaskOut(BaseModel):
    """due_on: the last day of its clock; due_at: the moment, if its clock runs in hours; None without one. about: the
    claim, place or feedback item."""

    kind: str
    about: UUID
    due_on: date | None
    due_at: datetime | None
    overdue: bool
    opened_at: datetime


class MessageOut(BaseModel):
    message_id: UUID
    template: str
    subject: str
    created_at: datetime
    read: bool


@router.get("/today")
async def what_needs_me_today(request: Request, who: SignedIn) -> list[TaskOut]:
    """What needs the signed-in person, or the person they help, in the order of its clocks (PEO-05)."""
    me, roles = whose(who)
    found = await of(request).database.read(lambda tx: tasks_for(tx, me, roles, helped=who.acting_for is not None))
    return [
        TaskOut(
            kind=task.kind,
            about=task.about,
            due_on=task.due_on,
            due_at=task.due_at,
            overdue=task.overdue,
            opened_at=task.opened_at,
        )
        for task in found
    ]


@router.get("/messages")
async def my_messages(request: Request, response: Response, who: SignedIn, after: str = "") -> list[MessageOut]:
    """A page of the app's messages to the signed-in person, or the person they help, newest first. The Link header
    names the next page."""
    service = of(request)
    found, next_after = await service.database.read(
        lambda tx: messages_of(tx, whose(who)[0], after, helped=who.acting_for is not None)
    )
    if next_after:
        response.headers["Link"] = f'</notifications/api/messages?after={next_after}>; rel="next"'
    return [
        MessageOut(
            message_id=draft.message_id,
            template=draft.template,
            subject=letters.letter(draft, service.settings, by_mail=False).subject,
            created_at=draft.created_at,
            read=read_at is not None,
        )
        for draft, read_at in found
    ]
