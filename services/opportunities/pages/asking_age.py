"""PEO-03: who came in without an age is sent to the question before they take part, and comes back."""

from urllib.parse import quote
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response

from services.opportunities import domain, queries
from services.opportunities.use_cases import hearing
from shared.db import Command
from shared.events import ParticipantRef
from shared.identity import Session
from shared.service import of
from shared.web import redirect


async def age_question(request: Request, who: Session, whom: ParticipantRef, back: str) -> Response | None:
    """The way to the question, or None where nothing stands against taking part. back: the page that they come back to."""
    if not domain.reasons_not_to_take_part_before_age(await _age_known(request, who, whom.id)):
        return None
    return redirect(f"/people/me/age?next={quote(back, safe='')}", "Before you take part, we have one question. Then you are back here.")


async def _age_known(request: Request, who: Session, person_id: UUID) -> bool | None:
    """Asked anew unless it is known: the card of somebody who just answered may still be on its way, as may one from before this question."""
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
    await service.database.run(Command("hear-card", who.actor), lambda tx: hearing.keep_person(tx, person_id, card))
    return card.get("age_known")
