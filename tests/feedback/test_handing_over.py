"""FB-09: naming somebody lead or deputy gives them no concern of before. Whoever has one says whom it is about, and
hands it over."""

from datetime import timedelta
from uuid import UUID

import httpx

from tests.feedback.safeguarding import Team, concern_page, raise_concern, sees
from tests.feedback.support import WORDS, World, give

ENDED = "/feedback/staff/safeguarding/ended"
DONE = {"outcome": "dealt-with", "note": "She works with others now."}


async def open_one(world: World, *about: UUID) -> UUID:
    await give(world.visitor())
    return (await raise_concern(world, *about))[1]


async def hand_over(world: World, by: UUID, concern: UUID, *to: UUID, sure: bool = True) -> httpx.Response:
    data = {"to": [str(each) for each in to], **({"not_about": "true"} if sure else {})}
    return await world.visitor("finance", person_id=by).post(f"{concern_page(concern)}/hand-over", data=data)


async def is_about(world: World, by: UUID, concern: UUID, *people: UUID) -> httpx.Response:
    data = {"about": [str(each) for each in people]}
    return await world.visitor("finance", person_id=by).post(f"{concern_page(concern)}/about", data=data)


async def opens(world: World, person: UUID, concern: UUID) -> bool:
    page = await world.visitor("coordinator", person_id=person).get(concern_page(concern))
    return page.status_code == 200 and WORDS in page.text


async def test_fb_09_a_coordinator_who_is_named_lead_reads_nothing_that_came_before(world: World, team: Team):
    """It may be about her, and whoever raised it could not tick her."""
    concern = await open_one(world)
    await world.name_leads(team.coordinator, team.deputy)
    assert not await sees(world, team.coordinator, concern, "coordinator")
    for what, data in (("take", {}), ("settle", DONE), ("about", {"about": str(team.lead)}), ("hand-over", {})):
        acted = await world.visitor("coordinator", person_id=team.coordinator).post(
            f"{concern_page(concern)}/{what}", data=data
        )
        assert acted.status_code == 404, what
    lead = world.visitor("finance", person_id=team.lead)
    assert (await lead.post(f"{concern_page(concern)}/settle", data=DONE)).status_code == 303
    new = world.visitor("coordinator", person_id=team.coordinator)
    assert str(concern) not in (await new.get(ENDED)).text and not await opens(world, team.coordinator, concern)
    assert await opens(world, team.deputy, concern)
    await world.passes(25)
    assert not any(str(team.coordinator) in str(each) for each in await world.events("concern-settled", concern))


async def test_fb_09_whoever_has_a_concern_says_whom_it_is_about_and_they_lose_it_at_once(world: World, team: Team):
    concern = await open_one(world)
    page = (await world.visitor("finance", person_id=team.lead).get(concern_page(concern))).text
    assert "Whom is it about?" in page and "Ada Minster" in page and "Hand it over" not in page
    assert (await is_about(world, team.lead, concern)).status_code == 422
    noted = await is_about(world, team.lead, concern, team.deputy, team.coordinator)
    assert noted.status_code == 303 and noted.headers["location"] == concern_page(concern)
    assert not await sees(world, team.deputy, concern, "approver")
    event = (await world.events("concern-raised", concern))[-1]
    assert event["people"] == [str(team.lead)] and event["deputy"] is None
    assert not any(str(each) in str(event) for each in (team.deputy, team.coordinator))
    await world.name_leads(team.coordinator, team.deputy)
    shown = (await world.visitor("finance", person_id=team.lead).get(concern_page(concern))).text
    assert "Hand it over" not in shown, "it is about both"
    assert (await hand_over(world, team.lead, concern, team.coordinator)).status_code == 422
    [step] = await world.rows("SELECT about, actor_id, facts FROM steps WHERE what = 'concern-about-said'")
    assert (step.about, step.actor_id, step.facts) == (concern, team.lead, {"people": 2}), "names nobody: they read it"


async def test_fb_09_whoever_says_that_a_concern_is_about_themselves_has_it_no_more_and_others_do(
    world: World, team: Team
):
    concern = await open_one(world)
    await world.visitor("finance", person_id=team.lead).post(f"{concern_page(concern)}/take")
    said = await is_about(world, team.lead, concern, team.lead, team.deputy)
    assert said.headers["location"] == "/"
    assert await sees(world, team.admin, concern, "administrator")
    assert not await sees(world, team.lead, concern, "finance")
    event = (await world.events("concern-raised", concern))[-1]
    assert event["tell"] == event["people"] == [str(team.admin)] and event["taken_by"] is None, "with a clock again"


async def test_fb_09_who_a_settled_concern_is_about_can_be_said_later_and_they_read_it_no_more(
    world: World, team: Team
):
    concern = await open_one(world)
    await world.visitor("finance", person_id=team.lead).post(f"{concern_page(concern)}/settle", data=DONE)
    assert await opens(world, team.deputy, concern)
    await is_about(world, team.lead, concern, team.deputy)
    assert not await opens(world, team.deputy, concern) and await opens(world, team.lead, concern)
    deputy = world.visitor("approver", person_id=team.deputy)
    assert str(concern) not in (await deputy.get(ENDED)).text
    [_, again] = await world.events("concern-settled", concern)
    assert again["people"] == [str(team.lead)] and again["deputy"] is None and again["returned"] is False


async def test_fb_09_a_new_lead_has_an_open_concern_once_somebody_hands_it_over_and_says_it_is_not_about_them(
    world: World, team: Team
):
    concern = await open_one(world)
    await world.visitor("finance", person_id=team.lead).post(f"{concern_page(concern)}/take")
    await world.name_leads(team.admin, team.deputy)
    shown = (await world.visitor("finance", person_id=team.lead).get(concern_page(concern))).text
    assert "Hand it over" in shown and "Ada Minster" in shown
    unsure = await hand_over(world, team.lead, concern, team.admin, sure=False)
    assert unsure.status_code == 422 and "Say that it is about nobody whom you chose" in unsure.text
    assert (await hand_over(world, team.lead, concern, team.coordinator)).status_code == 422
    assert not await sees(world, team.admin, concern, "administrator")
    world.move(hours=3)
    handed = await hand_over(world, team.lead, concern, team.admin)
    assert handed.status_code == 303 and handed.headers["location"] == "/"
    assert await sees(world, team.admin, concern, "administrator") and await sees(world, team.deputy, concern)
    assert not await sees(world, team.lead, concern, "finance"), "she is neither now, and gave it away"
    event = (await world.events("concern-raised", concern))[-1]
    assert (event["people"], event["deputy"], event["tell"]) == (
        [str(team.admin)],
        str(team.deputy),
        [str(team.admin)],
    )
    [row] = await world.rows("SELECT raised_at, respond_by, taken_by FROM concerns")
    assert row.taken_by is None and (row.respond_by - row.raised_at) // timedelta(hours=1) == 27
    [step] = await world.rows("SELECT about, actor_id, facts FROM steps WHERE what = 'concern-handed-over'")
    assert (step.about, step.actor_id, step.facts) == (concern, team.lead, {"people": 1})
    await world.passes(0)
    assert await sees(world, team.admin, concern) and not await sees(world, team.lead, concern)


async def test_fb_09_a_new_lead_reads_what_has_ended_once_it_is_handed_over(world: World, team: Team):
    concern = await open_one(world)
    await world.visitor("finance", person_id=team.lead).post(f"{concern_page(concern)}/settle", data=DONE)
    await world.name_leads(team.coordinator, team.admin)
    assert await opens(world, team.lead, concern), "nobody who had it is lead or deputy, so it stays with both"
    assert (await hand_over(world, team.deputy, concern, team.admin)).status_code == 303
    assert await opens(world, team.admin, concern) and not await opens(world, team.coordinator, concern)
    assert not await opens(world, team.lead, concern) and not await opens(world, team.deputy, concern)
    assert str(concern) in (await world.visitor("administrator", person_id=team.admin).get(ENDED)).text


async def test_fb_09_if_all_who_had_a_concern_left_administrators_have_it_with_a_new_clock_and_hand_it_over(
    world: World, team: Team
):
    concern = await open_one(world)
    await world.visitor("finance", person_id=team.lead).post(f"{concern_page(concern)}/take")
    await world.name_leads(team.coordinator, await world.know_person("Dan Day", "finance"))
    world.move(hours=100)
    for person in (team.lead, team.deputy):
        await world.has_card(person, "Gone", "participant")
    assert await sees(world, team.admin, concern, "administrator")
    assert not await sees(world, team.coordinator, concern, "coordinator")
    event = (await world.events("concern-raised", concern))[-1]
    assert event["tell"] == event["people"] == [str(team.admin)] and event["taken_by"] is None
    [row] = await world.rows("SELECT raised_at, respond_by, run_out FROM concerns")
    assert (row.respond_by - row.raised_at) // timedelta(hours=1) == 124 and not row.run_out
    assert (await hand_over(world, team.admin, concern, team.coordinator)).status_code == 303
    assert await sees(world, team.coordinator, concern) and not await sees(world, team.admin, concern)


async def test_fb_09_what_ended_before_all_who_had_it_left_is_listed_for_administrators(world: World, team: Team):
    concern = await open_one(world)
    await world.visitor("finance", person_id=team.lead).post(f"{concern_page(concern)}/settle", data=DONE)
    admin = world.visitor("administrator", person_id=team.admin)
    assert (await admin.get(ENDED)).status_code == 404
    await is_about(world, team.lead, concern, team.deputy)
    await world.has_card(team.lead, "Gone", "participant")
    assert str(concern) in (await admin.get(ENDED)).text and await opens(world, team.admin, concern)


async def test_fb_09_a_lead_who_works_here_no_more_finds_no_lists_of_concerns(world: World, team: Team):
    lead = world.visitor("participant", person_id=team.lead)
    assert (await lead.get("/feedback/staff/safeguarding")).status_code == 200
    await world.has_card(team.lead, "Lena Lead", "participant")
    for path in ("/feedback/staff/safeguarding", ENDED):
        assert (await lead.get(path)).status_code == 404


async def test_fb_09_a_concern_of_the_program_before_stays_with_those_whom_it_told(world: World, team: Team):
    concern = await open_one(world)
    await world.write("UPDATE concerns SET given = '{}'")
    await world.name_leads(team.coordinator, team.admin)
    await world.passes(0)
    assert await sees(world, team.lead, concern) and not await sees(world, team.coordinator, concern)
