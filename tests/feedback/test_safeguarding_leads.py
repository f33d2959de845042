"""FB-09: who is lead and deputy, named by administrators, and who stands in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.feedback.app import create_app
from services.feedback.settings import Settings
from shared.db import new_id
from tests.feedback.safeguarding import Team, raise_concern, sees
from tests.feedback.support import World, give
from tests.support.apps import settings_for

# Naming


async def test_fb_09_only_administrators_name_lead_and_deputy(world: World, team: Team):
    path = "/feedback/staff/safeguarding/leads"
    for role in ("participant", "coordinator", "approver", "finance", "operator"):
        assert (await world.visitor(role).get(path)).status_code == 403
        assert (
            await world.visitor(role).post(path, data={"lead": str(team.lead), "deputy": str(team.deputy)})
        ).status_code == 403
    admin = world.visitor("administrator", person_id=team.admin)
    shown = (await admin.get(path)).text
    assert "Lena Lead" in shown and "Dev Deputy" in shown and "There is no" not in shown
    same = await admin.post(path, data={"lead": str(team.lead), "deputy": str(team.lead)})
    assert same.status_code == 422 and "Choose someone else as deputy" in same.text
    assert (await admin.post(path, data={})).status_code == 422
    assert await world.value("SELECT count(*) FROM namings") == 1
    [step] = await world.rows("SELECT actor_kind, facts FROM steps WHERE what = 'safeguarding-leads-named'")
    assert step.facts["lead"] == str(team.lead)


async def test_fb_09_whom_a_concern_is_about_takes_it_from_nobody_by_naming_others_and_who_was_replaced_is_told(
    world: World, team: Team
):
    """She is not refused, which would tell her that there is a concern."""
    await give(world.visitor())
    _, concern = await raise_concern(world, team.admin)
    friend = await world.know_person("Fred Friend", "coordinator")
    named = await world.visitor("administrator", person_id=team.admin).post(
        "/feedback/staff/safeguarding/leads", data={"lead": str(team.admin), "deputy": str(friend)}
    )
    assert named.status_code == 303
    assert not await sees(world, team.admin, concern)
    for person, role in ((team.lead, "finance"), (team.deputy, "approver")):
        assert await sees(world, person, concern, role)
        assert (
            await world.visitor(role, person_id=person).post(f"/feedback/staff/safeguarding/{concern}/take")
        ).status_code == (303 if person == team.lead else 422)
    said = (await world.events("safeguarding-leads-named"))[-1]
    assert said["no_longer"] == [str(team.lead), str(team.deputy)] and said["tell"] == [str(team.admin), str(friend)]
    for version in (2, 3):
        await world.has_card(friend, "Fred Friend", "coordinator", version=version)
        assert await sees(world, team.lead, concern, "finance")
    await world.has_card(team.lead, "Lena Lead", "participant")
    assert not await sees(world, team.lead, concern)


@pytest.mark.parametrize("gone", [{"paused": True}, {}])
async def test_fb_09_a_lead_who_is_away_or_works_here_no_more_is_passed_over_and_administrators_hear(
    world: World, team: Team, gone: dict[str, Any]
):
    await give(world.visitor())
    _, concern = await raise_concern(world)
    await world.has_card(team.lead, "Lena Lead", *(["finance"] if gone else ["participant"]), **gone)
    assert not await sees(world, team.lead, concern, "finance")
    assert await sees(world, team.deputy, concern)
    assert (await world.events("safeguarding-leads-missing"))[-1]["missing"] == ["lead"]
    assert (
        "There is no lead now" in (await world.visitor("administrator").get("/feedback/staff/safeguarding/leads")).text
    )
    await world.has_card(team.lead, "Lena Lead", "finance", version=3)
    assert await sees(world, team.lead, concern)
    assert (await world.events("safeguarding-leads-present"))[-1]["version"] > (
        await world.events("safeguarding-leads-missing")
    )[-1]["version"]


async def test_fb_09_until_a_lead_is_named_administrators_have_it_and_hear_that_nobody_is(world: World):
    admin = await world.know_person("Ada Minster", "administrator")
    await give(world.visitor())
    _, concern = await raise_concern(world)
    assert await sees(world, admin, concern)
    assert (await world.events("safeguarding-leads-missing"))[-1]["missing"] == ["lead", "deputy"]
    ended = await world.visitor("administrator", person_id=admin).get("/feedback/staff/safeguarding/ended")
    assert ended.status_code == 200 and str(concern) not in ended.text


async def test_fb_09_who_was_named_by_a_setting_stays_until_the_page_says_otherwise(
    service_database: Callable[[str], str], folder: Path
):
    lead, deputy = new_id(), new_id()
    app = create_app(
        settings_for(Settings, folder, service_database("feedback"), feedback_safeguarding_leads=f"{lead}, {deputy}")
    )
    async with World(app).running() as world:
        for person, name in ((lead, "Lena Lead"), (deputy, "Dev Deputy")):
            await world.know_person(name, "coordinator", person_id=person)
        await world.passes(0)
        await give(world.visitor())
        _, concern = await raise_concern(world)
        assert await sees(world, lead, concern) and await sees(world, deputy, concern)
        await world.name_leads(deputy, lead)
        await world.passes(0)
        assert await world.value("SELECT lead_id FROM namings ORDER BY naming_id DESC LIMIT 1") == deputy


async def test_fb_09_staff_read_whom_to_tell_of_a_worry_about_anything_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "/feedback/staff/safeguarding/whom-to-tell"

    async def said() -> str:
        return " ".join((await world.visitor("coordinator").get(path)).text.split())

    assert "Today, ring the council’s safeguarding team" in await said()
    lead = await world.know_person("Lena Lead", "finance")
    deputy = await world.know_person("Dora Deputy", "finance")
    await world.name_leads(lead, deputy)
    shown = await said()
    assert "Then tell the safeguarding lead and deputy today" in shown and "ring 999 first" in shown
    assert "Lena Lead" in shown and "Dora Deputy" in shown and "Tell only the other" in shown
    assert "could not look up their number just now" in shown, "people is away"

    async def held(subject: str, question: dict[str, Any]) -> dict[str, Any]:
        assert (subject, question) == ("people.addresses.feedback", {"person_ids": [str(lead), str(deputy)]})
        return {"addresses": {str(lead): {"phone": "07700 900123"}}}

    monkeypatch.setattr(world.service, "requests", held)
    shown = await said()
    assert 'Lena Lead: <a class="govuk-link" href="tel:07700900123">07700 900123</a>' in shown
    assert "Dora Deputy: we hold no number for them. Speak to them in person" in shown and "Nobody to ring?" in shown
    read = await world.rows("SELECT about FROM steps WHERE what = 'contact-details-read'")
    assert {row.about for row in read} == {lead, deputy}, "PRI-03"
    monkeypatch.undo()
    await world.write("UPDATE cards SET paused = person_id = :away", away=lead)
    shown = await said()
    assert "tell the safeguarding deputy today" in shown and "Lena Lead" not in shown
    assert (await world.visitor("participant").get(path)).status_code == 403
