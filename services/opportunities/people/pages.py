"""PEO-03: who came in without an age is sent to the question before they take part, and comes back to what they
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
    """The way to the question, or None where it need not be asked: of whom we do not know if it must be, the use case
    says so.

    back: the page that they come back to. form: shows what they have written just now; it waits for them there.
    """
    if not domain.age_must_be_asked(await look_up_age(request, who, whom.id)):
        return None
    if form is not None:
        back = keep_for_later(request, who, await form(InvalidForm({}, request.state.typed))) or back
    return redirect(
        f"/people/me/age?next={quote(back, safe='')}",
        "Before you take part, we have one question. Then you are back here.",
    )


async def look_up_age(request: Request, who: SignIn, person_id: UUID) -> bool | None:
    """Asked again unless it is known: the card of somebody who just answered may still be on its way, as may one from
    before this question."""
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
