"""The feedback service on its own database, with visitors who use its pages. NATS is away unless a test says otherwise."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert, text

from services.feedback import domain
from services.feedback.app import create_app
from services.feedback.settings import Settings
from services.feedback.tables import cards, opportunities
from services.feedback.use_cases import copies
from shared.db import SYSTEM, Command, Transaction, new_id
from shared.operations import broken_invariants
from shared.service import Service
from tests.support.apps import client_of, settings_for, signed_in

WORDS = "The room was too warm and I could not hear."


@dataclass
class House:
    """A running feedback service and what tests do with it."""

    app: FastAPI
    visitors: list[httpx.AsyncClient] = field(default_factory=list)

    @property
    def service(self) -> Service:
        return self.app.state.service

    def visitor(self, *roles: str, person_id: UUID | None = None, acting_for: UUID | None = None) -> httpx.AsyncClient:
        """Somebody with a browser of their own; signed in if they have roles. acting_for: whom they help."""
        client = client_of(self.app)
        self.visitors.append(client)
        if roles:
            signed_in(client, *roles, person_id=person_id, acting_for=acting_for)
        return client

    async def name_leads(self, lead: UUID, deputy: UUID) -> None:
        named = await self.visitor("administrator").post("/feedback/staff/safeguarding/leads", data={"lead": str(lead), "deputy": str(deputy)})
        assert named.status_code == 303, named.text[-2000:]

    async def has_card(self, person_id: UUID, name: str, *roles: str, version: int = 2, paused: bool = False) -> None:
        card = {"version": version, "name": name, "roles": list(roles), "paused": paused}
        await self.service.database.run(Command("hear-card", SYSTEM), lambda tx: copies.keep_card(tx, person_id, card))

    async def passes(self, hours: float) -> None:
        """Business time goes on, and what is due is done."""
        self.service.clock.offset += timedelta(hours=hours)
        for job in self.service.jobs:
            await self.service.run_job(job)

    async def rows(self, sql: str, **parameters: Any) -> list[Any]:
        return list(await self.service.database.read(lambda tx: tx.all(text(sql), parameters)))

    async def value(self, sql: str, **parameters: Any) -> Any:
        rows = await self.rows(sql, **parameters)
        return rows[0][0] if rows else None

    async def know_opportunity(self, title: str = "Choosing a helpline", *, host: str = "") -> UUID:
        """host: of a listing, the name that people call it by."""
        opportunity_id = new_id()
        theirs = {"host": host.lower(), "host_name": host, "host_opportunity_id": new_id()} if host else {}
        await self._insert(insert(opportunities).values(opportunity_id=opportunity_id, version=1, title=title, **theirs))
        return opportunity_id

    async def know_person(self, name: str, *roles: str, person_id: UUID | None = None) -> UUID:
        person_id = person_id or new_id()
        await self._insert(insert(cards).values(person_id=person_id, version=1, name=name, roles=list(roles)))
        return person_id

    async def change(self, sql: str, **parameters: Any) -> None:
        await self._insert(text(sql).bindparams(**parameters))

    async def _insert(self, statement: Any) -> None:
        async def work(tx: Transaction) -> None:
            await tx.execute(statement)

        await self.service.database.run(Command("prepare-test", SYSTEM), work)

    async def events(self, name: str) -> list[dict[str, Any]]:
        return [row[0] for row in await self.rows("SELECT body::jsonb FROM outbox WHERE subject LIKE :subject ORDER BY id", subject=f"feedback.{name}.v1")]


@pytest.fixture
async def house(service_database: Callable[[str], str], folder: Path) -> AsyncIterator[House]:
    """Checked against every invariant when the test is over."""
    app = create_app(settings_for(Settings, folder, service_database("feedback")))
    async with app.router.lifespan_context(app):
        house = House(app)
        yield house
        for visitor in house.visitors:
            await visitor.aclose()
        assert await broken_invariants(house.service) == {}


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
        await _post(visitor, "/feedback/give/host", {"may_cross": "yes" if may_cross else "no", "seen": domain.seal_of(words)})
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


async def let_it_go(house: House) -> UUID:
    """Somebody here reads what would cross and lets it go; the item's id."""
    item_id = await house.value("SELECT item_id FROM crossings WHERE state = 'open'")
    words = await house.value("SELECT words FROM crossings WHERE item_id = :item_id", item_id=item_id)
    await _post(house.visitor("coordinator"), f"/feedback/staff/{item_id}/release", {"seen": domain.seal_of(words), "checked": "yes"})
    return item_id


async def answer(visitor: httpx.AsyncClient, *items: Any, ending: str = "used", text: str = "We bought a fan.", said: str = "", **more: Any) -> httpx.Response:
    data = {"items": [str(item) for item in items], "ending": ending, "text": text, "said": said, **({"checked": "yes"} if said else {}), **more}
    return await visitor.post("/feedback/staff/answer", data=data)
