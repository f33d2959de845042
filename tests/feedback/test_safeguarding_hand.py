"""FB-09: one person has a concern in hand, and what was done is read again by the lead and the deputy, and by nobody
else."""

import pytest_asyncio

from tests.feedback.safeguarding import Team, concern_page, raise_concern
from tests.feedback.support import WORDS, World, give

NOTE = "We rang her sister, and a nurse has been."
ENDED = "/feedback/staff/safeguarding/ended"


@pytest_asyncio.fixture
async def concern(world: World, team: Team) -> str:
    await give(world.visitor())
    return concern_page((await raise_concern(world))[1])


async def settle(world: World, team: Team, concern: str, outcome: str = "dealt-with") -> None:
    lead = world.visitor("finance", person_id=team.lead)
    assert (await lead.post(f"{concern}/settle", data={"outcome": outcome, "note": NOTE})).status_code == 303


async def test_fb_09_who_has_a_concern_in_hand_keeps_it_and_the_other_is_told_who(
    world: World, team: Team, concern: str
):
    lead, deputy = world.visitor("finance", person_id=team.lead), world.visitor("approver", person_id=team.deputy)
    page = (await lead.get(concern)).text
    settle, ends, stays = (page.index(f">{each}<") for each in ("Settle this concern", "What ends", "What stays"))
    assert page.index("I have this in hand") < settle < ends < stays, "taking it in hand ends nothing"
    assert (await lead.post(f"{concern}/take")).status_code == 303
    second = await deputy.post(f"{concern}/take")
    assert second.status_code == 422 and "Lena Lead has it in hand already" in second.text
    assert (await lead.post(f"{concern}/take")).status_code == 303
    assert await world.value("SELECT taken_by FROM concerns") == team.lead
    assert await world.value("SELECT count(*) FROM steps WHERE what = 'concern-taken'") == 1


async def test_fb_09_what_someone_left_who_is_away_now_is_taken_by_the_next(world: World, team: Team, concern: str):
    await world.visitor("finance", person_id=team.lead).post(f"{concern}/take")
    await world.has_card(team.lead, "Lena Lead", "participant")
    assert (await world.visitor("approver", person_id=team.deputy).post(f"{concern}/take")).status_code == 303
    assert await world.value("SELECT taken_by FROM concerns") == team.deputy


async def test_fb_09_nobody_takes_what_was_settled_meanwhile(world: World, team: Team, concern: str):
    await settle(world, team, concern)
    late = await world.visitor("approver", person_id=team.deputy).post(f"{concern}/take")
    assert late.status_code == 422 and "settled already" in late.text and NOTE in late.text


async def test_fb_09_what_was_done_and_who_settled_it_is_read_again_by_lead_and_deputy_with_a_step(
    world: World, team: Team, concern: str
):
    await settle(world, team, concern)
    for person, role in ((team.lead, "finance"), (team.deputy, "approver")):
        visitor = world.visitor(role, person_id=person)
        assert ENDED in (await visitor.get("/feedback/staff/safeguarding")).text
        listed = (await visitor.get(ENDED)).text
        assert concern in listed and WORDS not in listed and NOTE not in listed
        before = await world.value("SELECT count(*) FROM steps WHERE what = 'concern-read'")
        shown = (await visitor.get(concern)).text
        assert NOTE in shown and "Settled by Lena Lead" in " ".join(shown.split())
        assert await world.value("SELECT count(*) FROM steps WHERE what = 'concern-read'") == before + 1
    others = world.visitor("coordinator", "administrator", "operator", person_id=team.coordinator)
    assert (await others.get(ENDED)).status_code == 404 and (await others.get(concern)).status_code == 404


async def test_fb_09_what_ended_is_never_read_by_anyone_it_is_about(world: World, team: Team):
    await give(world.visitor())
    _, about = await raise_concern(world, team.deputy)
    await settle(world, team, concern_page(about))
    deputy = world.visitor("approver", person_id=team.deputy)
    assert concern_page(about) not in (await deputy.get(ENDED)).text
    assert (await deputy.get(concern_page(about))).status_code == 404


async def test_fb_09_who_is_named_is_told_and_who_was_that_already_is_not(world: World, team: Team):
    [first] = await world.events("safeguarding-leads-named")
    assert (first["lead"], first["deputy"], first["tell"]) == (
        str(team.lead),
        str(team.deputy),
        [str(team.lead), str(team.deputy)],
    )
    await world.passes(1)
    await world.name_leads(team.admin, team.deputy)
    [_, second] = await world.events("safeguarding-leads-named")
    assert second["tell"] == [str(team.admin)] and second["version"] > first["version"]
    named = await world.value("SELECT named_by_id FROM namings ORDER BY naming_id DESC LIMIT 1")
    assert second["named_by"] == (str(named) if named else None)


async def test_fb_09_who_was_named_before_that_was_said_is_said_once_and_mailed_to_nobody(world: World, team: Team):
    await world.write("UPDATE watch SET naming_id = NULL")
    for _ in range(2):
        await world.passes(1)
    [_, again] = await world.events("safeguarding-leads-named")
    assert again["lead"] == str(team.lead) and again["tell"] == []


async def test_fb_09_its_giver_hears_that_it_was_dealt_with_and_nothing_of_how(world: World, team: Team):
    giver = await world.know_person("Gwen Porter", "participant")
    visitor = world.visitor("participant", person_id=giver)
    await give(visitor, named=True)
    item, raised = await raise_concern(world)
    assert "has this now and looks after it" in (await visitor.get(f"/feedback/mine/{item}")).text
    await settle(world, team, concern_page(raised))
    closed = (await world.events("feedback-closed"))[-1]
    assert (closed["ending"], closed["dealt_with"], closed["giver"]["id"]) == ("safeguarding", True, str(giver))
    shown = (await visitor.get(f"/feedback/mine/{item}")).text
    assert "has dealt with what you told us" in shown and NOTE not in shown and "Lena" not in shown
    assert await world.broken() == {}


async def test_fb_09_what_was_no_concern_is_not_said_to_be_dealt_with(world: World, team: Team, concern: str):
    await settle(world, team, concern, "returned")
    assert not any(closed["dealt_with"] for closed in await world.events("feedback-closed"))
