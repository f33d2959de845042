"""Two people of one name are told apart in each list of staff: the wrong one would be rung, or their claim decided
(PEO-05, NOT-08)."""

from types import SimpleNamespace
from typing import Any, cast

from httpx import AsyncClient
from sqlalchemy import text

from services.notifications.use_cases import calls
from tests.notifications.support import Claim, World, cancelled, opportunity_created, place_taken
from tests.notifications.test_pages import client  # noqa: F401
from tests.support.apps import signed_in

AWAY = {"channels": ["in-app"], "reached_by_message": False}


async def test_peo_05_two_of_one_name_are_told_apart_in_each_list_of_staff(client: AsyncClient, world: World):
    people = [await world.knows("Maya", told_apart_by="Maya Webb, Ely", **AWAY), await world.knows("Maya", **AWAY)]
    each = ("Maya (Maya Webb, Ely)", f"Maya (our number {people[1].hex[-4:].upper()})")
    published = opportunity_created()
    claims = [Claim(published, person) for person in people]
    await world.hear(published, *(place_taken(published, person) for person in people))
    for claim in claims:
        await world.hear(claim.opened, claim.submitted)
    await world.hear(cancelled(published, *people))
    signed_in(client, "approver", "coordinator", "operator")
    home = (await client.get("/")).text
    assert all(f"Look at the claim of {name}" in home for name in each) and "Ring 2 people" in home
    ring = (await client.get("/notifications/staff/calls")).text
    assert all(f"Ring {name}" in ring for name in each)
    failed = text("UPDATE messages SET state = 'failed', reason = 'refused'")
    await world.do(lambda tx: tx.execute(failed))
    trouble = (await client.get("/notifications/staff")).text
    assert all(name in trouble for name in each)


async def test_peo_05_two_tasks_about_one_person_say_no_more_than_the_name(client: AsyncClient, world: World):
    person, published = await world.knows("Maya", told_apart_by="Ely"), opportunity_created()
    for claim in (Claim(published, person), Claim(published, person)):
        await world.hear(published, claim.opened, claim.submitted)
    signed_in(client, "approver")
    assert "Maya’s claim" in (home := (await client.get("/")).text) and "Ely" not in home


async def test_what_tells_people_apart_is_asked_for_until_it_is_told(world: World):
    here, gone, asked = await world.knows("Maya", reached_by_message=True), await world.knows("Maya"), []

    async def requests(subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        asked.extend(payload["person_ids"])
        return {"cards": {str(here): {"told_apart_by": "Ely"}}}

    service = cast(Any, SimpleNamespace(name="notifications", database=world.database, requests=requests))
    for _ in range(2):
        await calls.ask_who_is_reached(service)
    rows = await world.rows("SELECT person_id, told_apart_by FROM cards")
    assert {(row.person_id, row.told_apart_by) for row in rows} == {(here, "Ely"), (gone, "")}
    assert sorted(asked) == sorted([str(here), str(gone)])
