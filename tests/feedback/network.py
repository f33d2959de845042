"""Two organisations' feedback, each with its own database; what crosses between them is carried by hand, in any
order."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import FastAPI

from services.feedback.consumers import Came, answer_gateway
from shared.copies import SealedContents
from shared.events import EVENTS, Event
from shared.events.opportunities import OpportunityCreated
from shared.messaging.handling import Registration
from tests.feedback.support import World

NAMES = {"sun": "SUN", "viewpoint": "Viewpoint"}


def published(
    opportunity_id: UUID, *, version: int = 1, title: str = "Choosing a helpline", **of_host: Any
) -> OpportunityCreated:
    return OpportunityCreated(
        version=version,
        opportunity_id=opportunity_id,
        title=title,
        summary="",
        kind="workshop",
        mode="online",
        area="Everywhere",
        sessions=(),
        paid=True,
        budget_pence=None,
        commissioner="",
        contact_role="coordinator",
        short_notice_reason="",
        **of_host,
    )


class Organisation(World):
    """One organisation's feedback, and its gateway's letters from the others."""

    def __init__(self, name: str, app: FastAPI) -> None:
        super().__init__(app)
        self.name = name
        self.letters: dict[str, dict[tuple[str, UUID], dict[str, Any]]] = {}

    async def prepared(self, registration: Registration, event: Event, asking: Any) -> Sequence[Any]:
        """What its gateway holds for it."""
        return (self._came(event),) if registration.prepare else ()

    def _came(self, event: Any) -> Came:
        held = self.letters.get(event.name, {})
        letters = {origin: letter for (origin, item_id), letter in held.items() if item_id == event.item_id}
        settings = self.service.settings
        return Came(SealedContents(letters), settings.feedback_answer_days, settings.feedback_safeguarding_hours)

    async def leaving(self) -> list[Any]:
        """Everything addressed to others that this organisation has said, oldest first."""
        rows = await self.rows(
            "SELECT subject, body FROM outbox WHERE subject LIKE 'feedback.guest-feedback-%' ORDER BY id"
        )
        return [EVENTS[row.subject].model_validate_json(row.body) for row in rows]

    async def item(self, item_id: UUID) -> Any:
        return await self.row("SELECT * FROM items WHERE item_id = :item_id", item_id=item_id)


async def carry(sender: Organisation, to: Organisation, events: Sequence[Any] | None = None) -> list[Any]:
    """What both gateways do, for these events or for all so far: ask for the contents as they are now, and bring them
    over. What has no content stays behind. The events as they arrive, in order."""
    arrived = []
    for event in await sender.leaving() if events is None else events:
        answer = await answer_gateway(sender.service, {"name": event.name, "ids": [str(event.item_id)]})
        letter = answer["contents"].get(str(event.item_id))
        if letter is None or letter["content"] is None:
            continue
        kept = to.letters.setdefault(event.name, {})
        key = (sender.name, event.item_id)
        if key not in kept or kept[key]["version"] <= letter["version"]:
            kept[key] = letter
        arrived.append(EVENTS[f"network.{event.name}.v1"].model_validate(event.model_dump() | {"origin": sender.name}))
    return arrived


async def bring(sender: Organisation, to: Organisation) -> None:
    """All that the sender has said so far arrives, in order."""
    await to.hear(*await carry(sender, to))
