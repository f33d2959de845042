"""The feedback service on its own database, with visitors who use its pages. NATS is away unless a test says
otherwise."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import insert

from services.feedback.consumers import consumers
from services.feedback.domain.crossing import seal_of
from services.feedback.invariants import INVARIANTS
from services.feedback.tables import cards, opportunities
from services.feedback.use_cases import copies
from shared.db import new_id
from tests.support.world import ServiceWorld

WORDS = "The room was too warm and I could not hear."


class World(ServiceWorld):
    """A running feedback service and what tests do with it."""

    consumers, invariants = consumers, INVARIANTS

    async def name_leads(self, lead: UUID, deputy: UUID) -> None:
        named = await self.visitor("administrator").post(
            "/feedback/staff/safeguarding/leads", data={"lead": str(lead), "deputy": str(deputy)}
        )
        assert named.status_code == 303, named.text[-2000:]

    async def has_card(
        self,
        person_id: UUID,
        name: str,
        *roles: str,
        version: int = 2,
        paused: bool = False,
        said: Collection[str] = (),
    ) -> None:
        """said: the roles that the event names."""
        card = {"version": version, "name": name, "roles": list(roles), "paused": paused}
        await self.do(copies.keep_card, person_id, card, said)

    async def passes(self, hours: float) -> None:
        """Business time goes on, and what is due is done."""
        self.move(hours=hours)
        for job in self.service.jobs:
            await self.service.run_job(job)

    async def know_opportunity(self, title: str = "Choosing a helpline", *, host: str = "") -> UUID:
        """host: of a listing, the name that people call it by."""
        opportunity_id = new_id()
        theirs = {"host": host.lower(), "host_name": host, "host_opportunity_id": new_id()} if host else {}
        await self.write(insert(opportunities).values(opportunity_id=opportunity_id, version=1, title=title, **theirs))
        return opportunity_id

    async def know_person(self, name: str, *roles: str, person_id: UUID | None = None) -> UUID:
        person_id = person_id or new_id()
        await self.write(insert(cards).values(person_id=person_id, version=1, name=name, roles=list(roles)))
        return person_id


async def give(
    visitor: httpx.AsyncClient,
    *,
    opportunity: UUID | None = None,
    about: str | None = None,
    name: str = "",
    words: str = WORDS,
    named: bool = False,
    may_show: bool = True,
    hear_by: str = "email",
    may_cross: bool | None = None,
) -> str:
    """Give feedback through the pages; the code of an anonymous giver, else ""."""
    about = about or ("opportunity" if opportunity else "us")
    await _post(visitor, "/feedback/give", {"about": about, "opportunity": str(opportunity or "")})
    if about in ("provider", "funder"):
        await _post(visitor, "/feedback/give/which", {"name": name})
    await _post(visitor, "/feedback/give/words", {"words": words})
    await _post(visitor, "/feedback/give/who", {"named": "yes" if named else "no"})
    if may_cross is not None:
        await _post(visitor, "/feedback/give/host", {"may_cross": "yes" if may_cross else "no", "seen": seal_of(words)})
    last = await _post(visitor, "/feedback/give/board", {"may_show": "yes" if may_show else "no"})
    if named:
        last = await _post(visitor, "/feedback/give/hear", {"hear_by": hear_by})
    assert last.headers["location"] == "/feedback/give/check"
    sent = await _post(visitor, "/feedback/give/check", {})
    if named:
        assert sent.headers["location"] == "/feedback/mine"
        return ""
    shown = await visitor.get(sent.headers["location"])
    assert shown.status_code == 200
    return shown.text.partition('<strong class="chorus-code">')[2][:11]


async def _post(visitor: httpx.AsyncClient, path: str, data: dict[str, Any]) -> httpx.Response:
    answer = await visitor.post(path, data=data)
    assert answer.status_code == 303, (path, answer.status_code, answer.text[-3000:])
    return answer


async def let_it_go(world: World) -> UUID:
    """Somebody here reads what would cross and lets it go; the item's id."""
    item_id = await world.value("SELECT item_id FROM crossings WHERE state = 'open'")
    words = await world.value("SELECT words FROM crossings WHERE item_id = :item_id", item_id=item_id)
    await _post(
        world.visitor("coordinator"),
        f"/feedback/staff/{item_id}/release",
        {"seen": seal_of(words), "checked": "yes"},
    )
    return item_id


async def answer(
    visitor: httpx.AsyncClient,
    *items: Any,
    ending: str = "used",
    text: str = "We bought a fan.",
    said: str = "",
    **more: Any,
) -> httpx.Response:
    data = {
        "items": [str(item) for item in items],
        "ending": ending,
        "text": text,
        "said": said,
        **({"checked": "yes"} if said else {}),
        **more,
    }
    return await visitor.post("/feedback/staff/answer", data=data)
