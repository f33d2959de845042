"""Roles that are asked for and answered: an administrator gets the task, and everybody concerned hears what became of
it."""

import json
import re
from pathlib import Path

import pytest

from services.people.domain.roles import OF_TWO
from shared.db import new_id
from shared.events.people import RolesAnswered, RolesAsked
from shared.working_days import add_working_days
from tests.notifications.support import World


async def test_roles_that_are_asked_for_wait_for_another_administrator_until_they_are_answered(world: World):
    person, asker, other = await world.knows("Amina"), await world.knows("Bola"), await world.knows("Cerys")
    asked = RolesAsked(version=1, request_id=new_id(), person_id=person, asked_by=asker, give=("finance",))
    await world.hear(asked)
    [task] = await world.rows("SELECT * FROM tasks WHERE opened_version > coalesce(settled_version, -1)")
    assert task.kind == "confirm-roles"
    assert task.due_on == add_working_days(world.clock.today(), 3)  # PEO-05: everything has its clock
    assert {row[0] for row in await world.told()} == {"Amina"}
    [said] = {row.due_on for row in await world.rows("SELECT facts ->> 'due_on' AS due_on FROM messages")}
    assert said == task.due_on.isoformat(), "the person reads the same day as the administrators"
    await world.hear(asked)
    before = await world.told()
    answered = RolesAnswered(
        version=2,
        request_id=asked.request_id,
        person_id=person,
        answer="confirmed",
        answered_by=other,
        asked_by=asker,
        give=("finance",),
    )
    await world.hear(answered)
    assert await world.rows("SELECT 1 FROM tasks WHERE opened_version > coalesce(settled_version, -1)") == []
    told = [row for row in await world.told() if row[1] == "roles-answered"]
    assert {name for name, _, _ in told} == {"Amina", "Bola", "Cerys"}
    assert [row for row in await world.told() if row[1] == "roles-asked"] == before
    assert await world.broken() == {}


@pytest.mark.parametrize("answer", ["refused", "taken-back"])
async def test_roles_answered_before_they_are_heard_to_be_asked_for_leave_no_task(world: World, answer: str):
    person, asker = await world.knows("Amina"), await world.knows("Bola")
    facts = {"request_id": new_id(), "person_id": person, "asked_by": asker, "give": ("approver",)}
    await world.hear(RolesAnswered.model_validate({"version": 2, "answer": answer, "answered_by": asker, **facts}))
    await world.hear(RolesAsked.model_validate({"version": 1, **facts}))
    assert await world.rows("SELECT 1 FROM tasks WHERE opened_version > coalesce(settled_version, -1)") == []
    assert await world.broken() == {}


@pytest.mark.parametrize("template", ["roles-asked", "roles-answered"])
def test_not_08_mails_about_roles_have_words_for_each_that_needs_two(template: str) -> None:
    text = Path(f"services/notifications/templates/messages/{template}.j2").read_text()
    words = re.findall(r"set words = (\{.*?\})", text)
    assert len(words) > 1 and all(set(json.loads(each)) == set(OF_TWO) for each in words)
