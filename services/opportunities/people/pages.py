"""PEO-03: sends people who were added without an age to that question before they take part, and back to what they
wrote."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from services.opportunities.people import domain, queries
from services.opportunities.people.use_cases import copies
from shared.db import Command
from shared.events import ParticipantRef
from shared.identity import SignIn
from shared.service import of
from shared.web import InvalidForm, redirect
from shared.web.answers import keep_for_later


async def age_question(
    request: Request,
    who: SignIn,
    whom: ParticipantRef,
    back: str,
    form: Callable[[InvalidForm], Awaitable[HTMLResponse]] | None = None,
) -> Response | None:
    """The address of the question; None if it need not be asked. If we do not know, the use case decides.

    back: the page to return to. form: shows what they have just written; it is kept for them there."""
    if not domain.age_must_be_asked(await look_up_age(request, who, whom.id)):
        return None
    if form is not None:
        back = keep_for_later(request, who, await form(InvalidForm({}, request.state.typed))) or back
    return redirect(
        f"/people/me/age?next={quote(back, safe='')}",
        "Before you take part, we have one question. Then you are back here.",
    )


async def look_up_age(request: Request, who: SignIn, person_id: UUID) -> bool | None:
    """Asks `people` again unless the age is known: the card of somebody who has just answered, or an old card, may
    still be without it."""
    service = of(request)
    known = await service.database.read(lambda tx: queries.age_known(tx, person_id))
    if known:
        return known
    try:
        answer = await service.requests("people.cards.opportunities", {"person_ids": [str(person_id)]})
    except (ConnectionError, TimeoutError):
        return known
    card = answer["cards"].get(str(person_id))
    if card is None:
        return known
    await service.database.run(Command("hear-card", who.actor), lambda tx: copies.keep_card(tx, person_id, card))
    return card.get("age_known")
