"""PEO-01: fills in somebody's usual needs where they say what they need this time."""

from collections.abc import Sequence

from fastapi import Request

from services.opportunities.places.pages.common import NEED_OPTIONS
from services.opportunities.places.use_cases.needs import note_reading
from shared.db import Command
from shared.events import ParticipantRef
from shared.identity import SignIn
from shared.service import of


async def usual_needs(request: Request, who: SignIn, whom: ParticipantRef) -> Sequence[str]:
    """Asked of `people` now, and kept nowhere: the person decides whether to send it. Nothing is filled in while
    `people` is away. PRI-03: a helper's reading is written down."""
    service = of(request)
    try:
        answer = await service.requests(
            "people.cards.opportunities", {"person_ids": [str(whom.id)], "usual_needs": True}
        )
    except (ConnectionError, TimeoutError):
        return ()
    known = answer.get("usual_needs", {}).get(str(whom.id), [])  # an older program of `people` does not say
    usual = [need for need, _ in NEED_OPTIONS if need in known]
    if usual and who.acting_for:
        await service.database.run(Command("read-usual-needs", who.actor), lambda tx: note_reading(tx, whom.id))
    return usual
