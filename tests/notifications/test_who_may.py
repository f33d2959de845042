"""PEO-05, PAY-10: whose turn a task is, of those who are here; and what nobody here may do is the administrators' to
put right."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from services.notifications.app import create_app
from services.notifications.domain.task_rules import TASKS
from services.notifications.domain.tasks import Addressee
from services.notifications.domain.who_may import is_left_to_nobody
from services.notifications.gateways import task_lines
from shared.db import new_id
from tests.notifications.support import Claim, World, opportunity_created, settings
from tests.notifications.test_addressees import NOON, open_task, seen_by
from tests.notifications.test_domain_tasks import task
from tests.support.apps import running, signed_in


@pytest_asyncio.fixture
async def client(world: World, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with running(create_app(settings(folder, world.database.url))) as client:
        yield client


async def first_page(client: httpx.AsyncClient, person: UUID, *roles: str) -> str:
    signed_in(client, *roles, person_id=person)
    return (await client.get("/")).text


NOBODY = "Nobody here may decide about a claim"


async def test_pay_10_what_nobody_here_may_do_is_said_to_administrators_until_somebody_may(
    client: httpx.AsyncClient, world: World
):
    amina = await world.knows("Amina", roles=["participant", "approver"])
    admin = await world.knows("Bola", roles=["administrator"])
    claim = Claim(opportunity_created(), amina)
    await world.hear(opportunity_created(opportunity_id=claim.facts["opportunity_id"]), claim.submitted)
    shown = await first_page(client, admin, "administrator")
    assert (
        NOBODY in shown
        and "Give the role “Approver” to one more person" in shown
        and 'href="/people/staff/people"' in shown
    )
    assert "Amina" not in shown, "whose claim it is, an administrator need not know"
    assert NOBODY not in await first_page(client, amina, "participant", "approver")
    assert await seen_by(world, amina, "participant", "approver") == []
    colin = await world.knows("Colin", roles=["approver"])
    assert NOBODY not in await first_page(client, admin, "administrator")
    assert await seen_by(world, colin, "approver") == [claim.id]


async def test_peo_05_several_of_a_kind_are_one_line_and_who_decided_before_is_not_asked(
    client: httpx.AsyncClient, world: World
):
    decided, admin = await world.knows("Isla", roles=["approver"]), await world.knows("Bola", roles=["administrator"])
    to = Addressee(role="approver", except_for=frozenset({decided}))
    for _ in range(2):
        await open_task(world, "feedback-reopened", to)
    shown = await first_page(client, admin, "administrator")
    assert "Nobody here may look again at what someone told us (2 wait). Give the role “Approver”" in shown
    assert "Nothing. You are up to date." in await first_page(client, decided, "approver")


async def test_pay_13_approvers_are_asked_to_ring_where_nobody_of_finance_may(world: World):
    jonas, isla = await world.knows("Jonas", roles=["finance"]), await world.knows("Isla", roles=["approver"])
    barred = await open_task(world, "details-wait", Addressee(role="finance", except_for=frozenset({jonas})))
    anybody = await open_task(world, "details-wait", Addressee(role="finance"))
    assert await seen_by(world, isla, "approver") == [barred]
    assert await seen_by(world, jonas, "finance") == [anybody]
    await world.knows("Kezia", roles=["finance"])
    assert await seen_by(world, isla, "approver") == []


@pytest.mark.parametrize("kind", [kind for kind, rule in TASKS.items() if rule.audience is not None])
def test_peo_05_every_task_of_a_role_says_to_administrators_what_nobody_may_do(kind: str):
    rule = TASKS[kind]
    left = task(kind, to=Addressee(role=rule.audience))
    assert is_left_to_nobody(left, {}, NOON) and not is_left_to_nobody(left, {new_id(): [str(rule.audience)]}, NOON)
    [line] = task_lines.without_anybody([left], NOON)
    assert (
        rule.undone
        and f"Nobody here may {rule.undone}." in line.words
        and str(rule.audience).capitalize() in line.words
    )


def test_fb_09_what_is_for_some_eyes_alone_is_never_said_to_administrators():
    for kind, rule in TASKS.items():
        if rule.own_eyes or rule.audience is None:
            assert not is_left_to_nobody(task(kind, to=Addressee(role="coordinator")), {}, NOON)
