"""FB-09: a lead or deputy who was away when a concern came has it once somebody hands it to them, and never if it is
about them. Whoever raises one can tick them meanwhile."""

from importlib import import_module
from typing import Any
from uuid import UUID

import pytest

from shared.db import new_id
from tests.feedback.safeguarding import Team, concern_page, raise_concern, sees
from tests.feedback.support import World, give
from tests.feedback.test_handing_over import hand_over, is_about
from tests.feedback.test_whom_it_is_about import main, send, told, words

NARROW = import_module("services.feedback.migrations.versions.0018_never_told").NARROW
AWAY = [{"roles": ["approver"], "paused": True}, {"roles": ["participant"]}]
WORRY = "/feedback/worry"


async def goes(world: World, person: UUID, name: str, how: dict[str, Any]) -> None:
    await world.has_card(person, name, *how["roles"], paused=how.get("paused", False))


async def comes_back(world: World, person: UUID, name: str, *roles: str) -> None:
    await world.has_card(person, name, *roles, version=3)


@pytest.mark.parametrize("how", AWAY)
async def test_fb_09_a_deputy_who_was_away_reads_nothing_by_coming_back_and_once_the_lead_hands_it_over(
    world: World, team: Team, how: dict[str, Any]
) -> None:
    await goes(world, team.deputy, "Dev Deputy", how)
    visitor = world.visitor()
    page = (await visitor.get(WORRY)).text
    assert "Only the safeguarding lead reads it" in words(page) and "The deputy" in words(page)
    assert (await send(visitor, page)).status_code == 303 and await told(world) == [str(team.lead)]
    concern = await world.value("SELECT concern_id FROM concerns")
    await comes_back(world, team.deputy, "Dev Deputy", "approver")
    deputy = world.visitor("approver", person_id=team.deputy)
    for hours in (0, 25):
        await world.passes(hours)
        elsewhere = await deputy.get(concern_page(concern))
        assert elsewhere.status_code == 404 and "somebody else looks after it" in words(elsewhere.text)
        none = await deputy.get(concern_page(new_id()))
        assert words(elsewhere.text) == words(none.text), "nobody learns whether there is one"
    said = [each for name in ("raised", "overdue") for each in await world.events(f"concern-{name}", concern)]
    assert said and str(team.deputy) not in str(said)
    shown = words((await world.visitor("finance", person_id=team.lead).get(concern_page(concern))).text)
    assert "Hand it over" in shown and "They were away when it came" in shown
    assert (await hand_over(world, team.lead, concern, team.deputy)).status_code == 303
    assert (await deputy.get(concern_page(concern))).status_code == 200


@pytest.mark.parametrize("how", AWAY)
async def test_fb_09_who_is_away_can_be_ticked_by_a_visitor_somebody_signed_in_and_staff(
    world: World, team: Team, how: dict[str, Any]
) -> None:
    await goes(world, team.deputy, "Dev Deputy", how)
    pia = world.visitor("participant", person_id=await world.know_person("Pia", "participant"))
    staff = world.visitor("coordinator", person_id=team.coordinator)
    await give(world.visitor())
    marking = f"/feedback/staff/{await world.value('SELECT item_id FROM items')}/safeguarding"
    for visitor, path, shown in (
        (world.visitor(), WORRY, "The deputy"),
        (pia, WORRY, "Dev Deputy"),
        (staff, WORRY, "Dev Deputy"),
        (staff, marking, "Dev Deputy"),
    ):
        page = (await visitor.get(path)).text
        [box] = main(page).select(f'[name="about"][value="{team.deputy}"]')
        assert shown in words(page) and box
        assert (await send(visitor, page, path, about=[str(team.deputy)])).status_code == 303, "nobody else reads it"
    await comes_back(world, team.deputy, "Dev Deputy", "approver")
    rows = await world.rows("SELECT concern_id, about FROM concerns")
    assert len(rows) == 4
    for row in rows:
        assert row.about == [team.deputy]
        lead = world.visitor("finance", person_id=team.lead)
        assert "Hand it over" not in (await lead.get(concern_page(row.concern_id))).text
        assert (await hand_over(world, team.lead, row.concern_id, team.deputy)).status_code == 422


async def test_fb_09_the_lead_ticks_somebody_who_has_no_role_for_now(world: World, team: Team) -> None:
    await goes(world, team.deputy, "Dev Deputy", AWAY[1])
    await give(world.visitor())
    _, concern = await raise_concern(world)
    assert "Dev Deputy" in (await world.visitor("finance", person_id=team.lead).get(concern_page(concern))).text
    assert (await is_about(world, team.lead, concern, team.deputy)).status_code == 303
    await comes_back(world, team.deputy, "Dev Deputy", "approver")
    assert not await sees(world, team.deputy, concern, "approver")
    assert (await hand_over(world, team.lead, concern, team.deputy)).status_code == 422


async def test_fb_09_where_nobody_was_here_an_administrator_has_it_before_a_lead_who_comes_back(
    world: World, team: Team
) -> None:
    everybody = {
        team.lead: ("Lena Lead", "finance"),
        team.deputy: ("Dev Deputy", "approver"),
        team.coordinator: ("Cora", "coordinator"),
        team.admin: ("Ada Minster", "administrator"),
    }
    for person, (name, role) in everybody.items():
        await goes(world, person, name, {"roles": [role], "paused": True})
    visitor = world.visitor()
    page = (await visitor.get(WORRY)).text
    assert "Nobody is here now who may read it" in words(page) and page.count('name="about"') == 2
    await send(visitor, page)
    for person in (team.admin, team.lead):
        await comes_back(world, person, *everybody[person])
        assert await told(world) == [str(team.admin)]


@pytest.mark.parametrize("away", [True, False])
@pytest.mark.parametrize("signed_in", [True, False])
async def test_fb_09_whoever_may_stand_in_one_day_can_be_ticked_by_role_though_others_read_it_now(
    world: World, team: Team, away: bool, signed_in: bool
) -> None:
    await world.has_card(team.admin, "Ada Minster", "administrator", paused=away)
    pia = await world.know_person("Pia", "participant")
    visitor = world.visitor("participant", person_id=pia) if signed_in else world.visitor()
    page = (await visitor.get(WORRY)).text
    assert "lead and deputy read it" in words(page) and "It is about one of the administrators" in words(page)
    assert (await send(visitor, page, about_roles=["administrator"])).status_code == 303
    await comes_back(world, team.admin, "Ada Minster", "administrator")
    for person, name in ((team.lead, "Lena Lead"), (team.deputy, "Dev Deputy")):
        await world.has_card(person, name, "finance", paused=True)
    assert str(team.admin) not in await told(world) and await told(world) == [str(team.coordinator)]


async def test_fb_09_who_was_away_when_a_concern_of_before_came_has_it_no_more_by_coming_back(
    world: World, team: Team
) -> None:
    await goes(world, team.deputy, "Dev Deputy", AWAY[0])
    await give(world.visitor())
    _, concern = await raise_concern(world)
    await world.has_card(team.lead, "Lena Lead", "finance", paused=True)
    await comes_back(world, team.lead, "Lena Lead", "finance")
    await world.write("UPDATE concerns SET given = :given", given=[team.deputy, *await given(world)])
    await world.write(NARROW)
    assert await given(world) == [team.lead, team.admin], "everybody who was ever told"
    await comes_back(world, team.deputy, "Dev Deputy", "approver")
    assert not await sees(world, team.deputy, concern, "approver") and await sees(world, team.lead, concern)


async def given(world: World) -> list[UUID]:
    return list((await world.row("SELECT given FROM concerns")).given)


async def test_fb_09_once_its_hours_have_run_out_nobody_is_left_alone_with_it_when_the_other_goes_away(
    world: World, team: Team
) -> None:
    await give(world.visitor())
    _, concern = await raise_concern(world)
    await world.passes(25)
    assert not await sees(world, team.admin, concern, "administrator")
    await world.has_card(team.lead, "Lena Lead", "finance", paused=True)
    for _ in range(2):
        await world.passes(1)
        assert await told(world) == [str(team.admin), str(team.deputy)]
    assert await sees(world, team.deputy, concern) and await sees(world, team.admin, concern, "administrator")
