"""Whom a task is for: who sees it (PEO-05). On the real database."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from services.notifications.app import create_app
from services.notifications.domain.tasks import Addressee
from services.notifications.queries.needs import tasks_for
from services.notifications.use_cases import tasks
from shared.db import SYSTEM, Transaction, new_id
from tests.notifications.support import Claim, World, opportunity_created, settings
from tests.support.apps import running, signed_in

NOON = datetime(2026, 12, 4, 12, tzinfo=UTC)


async def open_task(world: World, happening: str, to: Addressee | None, **clock: object) -> UUID:
    about = new_id()
    await world.do(tasks.follow, happening, about, 1, to=to, **clock)  # pyrefly: ignore
    return about


async def seen_by(world: World, person: UUID, *roles: str) -> list[UUID]:
    async def read(tx: Transaction) -> list[UUID]:
        return [task.about for task in await tasks_for(tx, person, roles)]

    return await world.read(read)


async def test_peo_05_only_its_addressees_see_a_task(world: World):
    lead, deputy, other = new_id(), new_id(), new_id()
    named = await open_task(world, "claim-opened", Addressee(frozenset({lead}), deputy=deputy, reaches_deputy_at=NOON))
    of_role = await open_task(world, "feedback-received", Addressee(role="coordinator", except_for=frozenset({other})))
    world.at(NOON - timedelta(hours=1))
    assert await seen_by(world, lead, "participant") == [named]
    assert await seen_by(world, deputy, "participant") == []
    world.at(NOON + timedelta(seconds=1))
    assert await seen_by(world, deputy, "participant") == [named]
    assert await seen_by(world, new_id(), "coordinator") == [of_role]
    assert await seen_by(world, other, "coordinator", "approver", "finance", "operator") == []


async def test_peo_05_a_task_of_a_program_before_or_after_ours_harms_no_page(world: World):
    """Rows as the program before wrote them; and a kind that only a later program knows."""
    person, theirs = new_id(), new_id()
    insert = text(
        "INSERT INTO tasks (task_id, kind, about, person_id, audience_role, opened_version, opened_at) VALUES (:id, "
        ":kind, :about, :person, :role, 1, now())"
    )
    for kind, about, role in (
        ("confirm-claim", theirs, None),
        ("approve-claim", theirs, "approver"),
        ("of-a-later-program", new_id(), None),
    ):
        async with world.database.transaction(new_id(), SYSTEM) as tx:
            await tx.execute(insert, {"id": new_id(), "kind": kind, "about": about, "person": person, "role": role})
    assert await seen_by(world, person, "participant", "approver") == [theirs]
    assert await seen_by(world, new_id(), "participant", "approver") == [theirs]


async def test_peo_05_a_task_without_a_clock_stands_last_but_stands_there(world: World, folder: Path):
    me = await world.knows("Bola", roles=["coordinator"])
    without = await open_task(world, "feedback-received", None)
    by_day = await open_task(world, "feedback-received", None, due_on=NOON.date())
    by_hour = await open_task(world, "feedback-received", None, due_at=NOON)
    async with running(create_app(settings(folder, world.database.url))) as client:
        signed_in(client, "coordinator", person_id=me)
        shown = (await client.get("/")).text
        assert [shown.index(str(about)) for about in (by_hour, by_day, without)] == sorted(
            shown.index(str(about)) for about in (by_hour, by_day, without)
        )
        assert "By Friday 4 December 2026" in shown and "midday" in shown and "Waiting since" in shown
        listed = (await client.get("/notifications/api/today")).json()
        assert [task["about"] for task in listed] == [str(by_hour), str(by_day), str(without)]


async def test_peo_05_two_claims_of_one_opportunity_do_not_read_alike(world: World, folder: Path):
    approver = await world.knows("Bola", roles=["approver"])
    published = opportunity_created()
    first, second = Claim(published, await world.knows("Amina")), Claim(published, await world.knows("Colin"))
    await world.hear(published, first.submitted, second.submitted)
    async with running(create_app(settings(folder, world.database.url))) as client:
        signed_in(client, "approver", person_id=approver)
        shown = (await client.get("/")).text
        for name in ("Amina", "Colin"):
            assert f"Look at {name}’s claim for “Choosing who runs the cafe”, Thursday 31 December 2026" in shown


async def test_sign_in_nobody_is_named_for_an_approver_who_has_not_given_their_second_step(world: World, folder: Path):
    """The first page opens with a mailed code alone; whose claim it is stands behind the second step, as on the pages
    that it leads to."""
    approver = await world.knows("Bola", roles=["approver", "coordinator"])
    published = opportunity_created()
    await world.hear(published, Claim(published, await world.knows("Amina")).submitted)
    async with running(create_app(settings(folder, world.database.url))) as client:
        signed_in(client, "approver", "coordinator", person_id=approver, factor=False)
        shown = (await client.get("/")).text
        assert "Look at a claim for “Choosing who runs the cafe”" in shown and "Amina" not in shown
        signed_in(client, "approver", "coordinator", person_id=approver)
        assert "Amina" in (await client.get("/")).text
