"""FB-09: what each concern sets aside, also those from before events said so, at a cost that does not grow with the
years."""

from importlib import import_module
from typing import Any
from uuid import UUID

import pytest

from services.feedback.domain.safeguarding import source_of
from services.feedback.queries import concerns_of
from shared.db import new_id
from tests.feedback.support import World

BRING_OVER = import_module("services.feedback.migrations.versions.0012_sources").BRING_OVER
OF_OLD = """INSERT INTO concerns
    (concern_id, why, about, raised_at, respond_by, version, told, read_at, settled_at, outcome)
    VALUES (:id, 'He is cold.', :about, now(), now() + interval '1 day', 3, ARRAY[]::uuid[], :read_at,
      CASE WHEN :outcome <> '' THEN now() END, nullif(:outcome, ''))"""


async def of_old(world: World, read_at: str, outcome: str = "", about: UUID | None = None) -> UUID:
    """As it was kept before concerns had a source."""
    concern_id, whom = new_id(), [about] if about else []
    await world.write(OF_OLD, id=concern_id, read_at=read_at, outcome=outcome, about=whom)
    return concern_id


async def said_of(world: World, concern_id: UUID) -> list[dict[str, Any]]:
    return [
        each
        for name in ("concern-raised", "concern-overdue", "concern-taken", "concern-settled")
        for each in await world.events(name, concern_id)
    ]


async def test_fb_09_concerns_of_before_say_once_what_they_set_aside(world: World) -> None:
    pages = [
        f"/opportunities/staff/questions/{new_id()}/show",
        f"/opportunities/staff/{new_id()}/needs/{new_id()}",
        f"/payments/approve/{new_id()}",
    ]
    await world.name_leads(await world.know_person("Lena", "finance"), await world.know_person("Dora", "coordinator"))
    kept = {
        page: await of_old(world, page, outcome) for page, outcome in zip(pages, ("", "dealt-with", ""), strict=True)
    }
    others = [
        await of_old(world, page, outcome) for page, outcome in ((pages[0], "returned"), ("/payments/approve", ""))
    ]
    for _ in range(2):
        for statement in BRING_OVER:
            await world.write(statement)
        await world.passes(0)
    await world.passes(0)
    for page, concern_id in kept.items():
        said = [each for each in await said_of(world, concern_id) if each["source"]]
        assert {(each["source"], UUID(each["source_id"])) for each in said} == {source_of(page)}
        assert not any(each.get("returned") for each in said)
    assert [each["tell"] for each in await said_of(world, kept[pages[1]])] == [[], []], "nobody is told anew"
    await world.passes(0)
    assert len(await said_of(world, kept[pages[1]])) == 2, "once for each time that it was brought over"
    assert not [each for concern_id in others for each in await said_of(world, concern_id) if each["source"]]


async def test_fb_09_following_concerns_reads_no_others_than_those_about_what_is_open(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    priya, sam = [await world.know_person(name, "administrator") for name in ("Priya", "Sam")]
    asked = f"/opportunities/staff/questions/{new_id()}"
    for read_at, about in ((asked, priya), *((f"/payments/approve/{new_id()}", sam) for _ in range(3))):
        await of_old(world, read_at, "dealt-with", about=about)
    open_one = await of_old(world, asked)
    for statement in BRING_OVER:
        await world.write(statement)
    await world.passes(0)
    assert (await said_of(world, open_one))[-1]["people"] == [str(sam)], "one that was dealt with counts, too"

    async def every_one(*_: Any) -> Any:
        raise AssertionError("reads what has nothing to do with an open concern")

    monkeypatch.setattr(concerns_of, "with_a_source", every_one)
    await world.passes(0)
    [source] = [each["source_id"] for each in (await said_of(world, open_one))[-1:]]
    assert await world.read(concerns_of.about_by_source, [UUID(source)]) == {UUID(source): {priya}}


async def test_fb_09_a_question_of_a_concern_that_was_dealt_with_stays_with_who_had_it_until_they_leave(
    world: World,
) -> None:
    lead, deputy = await world.know_person("Lena", "finance"), await world.know_person("Dora", "coordinator")
    had, admin = await world.know_person("Hana", "approver"), await world.know_person("Ada", "administrator")
    asked = await of_old(world, f"/opportunities/staff/questions/{new_id()}", "dealt-with")
    for statement in BRING_OVER:
        await world.write(statement)
    await world.passes(0)
    await world.write("UPDATE concerns SET told = ARRAY[CAST(:had AS uuid)]", had=had)
    await world.name_leads(lead, deputy)
    await world.passes(0)
    said = (await said_of(world, asked))[-1]
    assert (said["people"], said["deputy"], said["tell"]) == ([str(had)], None, [])
    await world.has_card(had, "Hana", "participant")
    await world.passes(0)
    said = (await said_of(world, asked))[-1]
    assert (said["people"], said["deputy"], said["tell"]) == ([str(admin)], None, [])
    await world.passes(0)
    assert (await said_of(world, asked))[-1] == said
