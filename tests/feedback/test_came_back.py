"""FB-09: what was no concern goes back to ordinary view, and never to whom it was said to be about."""

from uuid import UUID

from tests.feedback.safeguarding import Team, concern_page, raise_concern, send_concern
from tests.feedback.support import WORDS, World, answer, give
from tests.feedback.test_handing_over import is_about
from tests.feedback.test_whom_it_is_about import told, words

NO_CONCERN = {"outcome": "returned", "note": "It is about the heating."}


async def came_back(world: World, team: Team, *about: UUID) -> tuple[UUID, UUID]:
    item, concern = await raise_concern(world, *about)
    lead = world.visitor("finance", person_id=team.lead)
    assert (await lead.post(f"{concern_page(concern)}/settle", data=NO_CONCERN)).status_code == 303
    return item, concern


async def test_fb_09_whom_feedback_is_about_reads_and_answers_nothing_of_it_once_it_came_back(
    world: World, team: Team
) -> None:
    await give(world.visitor())
    item, _ = await came_back(world, team, team.coordinator)
    about, other = world.visitor("coordinator", "approver", person_id=team.coordinator), world.visitor("coordinator")
    [*_, waits] = await world.events("feedback-received", item)
    assert waits["not_for"] == [str(team.coordinator)], "it is nobody's task whom it is about"
    path = f"/feedback/staff/{item}"
    pages = [f"{path}{each}" for each in ("", "/join", "/spam", "/pass-on", "/theme", "/name", "/safeguarding")]
    for page in pages:
        assert (await about.get(page)).status_code == 404 and (await other.get(page)).status_code == 200, page
    for page in pages[1:]:
        data = {"target": str(item), "reason": "x", "to": "funder", "name": "x", "theme": "x", "why": "x"}
        assert (await about.post(page, data=data)).status_code == 404, page
    assert (await answer(about, item)).status_code == 404
    assert WORDS not in (await about.get("/feedback/staff")).text and WORDS in (await other.get("/feedback/staff")).text
    assert (await other.post(f"{path}/theme", data={"theme": "Rooms"})).status_code == 303
    theme = await world.value("SELECT theme_id FROM items")
    assert WORDS not in (await about.get(f"/feedback/staff/themes/{theme}")).text
    assert (await answer(other, item)).status_code == 303
    ended = "/feedback/staff/ended"
    assert WORDS not in (await about.get(ended)).text and WORDS in (await other.get(ended)).text
    response = f"/feedback/staff/responses/{await world.value('SELECT response_id FROM items')}"
    assert (await about.get(response)).status_code == 404 and (await other.get(response)).status_code == 200
    assert (await about.post(response, data={"said": ""})).status_code == 404


async def test_fb_09_whom_it_is_about_has_it_neither_as_helper_nor_when_it_is_marked_again(
    world: World, team: Team
) -> None:
    giver = await world.know_person("Gwen Porter", "participant")
    await give(world.visitor("participant", person_id=giver), named=True)
    item, concern = await came_back(world, team, team.coordinator, team.deputy)
    helper = world.visitor("coordinator", person_id=team.coordinator, acting_for=giver)
    assert WORDS not in (await helper.get("/feedback/mine")).text
    assert (await helper.get(f"/feedback/mine/{item}")).status_code == 404
    assert (await helper.post(f"/feedback/mine/{item}/withdraw")).status_code == 404
    path = f"/feedback/staff/{item}/safeguarding"
    other = world.visitor("coordinator")
    assert "Only the safeguarding lead sees it now" in words((await other.get(path)).text)
    assert (await send_concern(other, path, [])).status_code == 303
    await world.write("DELETE FROM concerns WHERE concern_id = :concern", concern=concern)
    assert await told(world) == [str(team.lead)]
    assert WORDS in (await world.visitor("participant", person_id=giver).get(f"/feedback/mine/{item}")).text


async def test_fb_09_who_puts_it_back_reads_before_that_nobody_is_left_to_answer_it(world: World, team: Team) -> None:
    await give(world.visitor())
    _, concern = await raise_concern(world, team.coordinator)
    lead = world.visitor("finance", person_id=team.lead)
    assert "Whom it is about still does not see it" in words((await lead.get(concern_page(concern))).text)
    await is_about(world, team.lead, concern, team.deputy)
    shown = words((await lead.get(concern_page(concern))).text)
    assert "It is about all who could answer it, so it waits until somebody else is a coordinator" in shown


async def test_fb_09_whom_it_is_about_can_be_said_once_it_came_back_and_they_have_no_task_of_it(
    world: World, team: Team
) -> None:
    await give(world.visitor())
    item, concern = await came_back(world, team)
    about = world.visitor("coordinator", person_id=team.coordinator)
    assert (await about.get(f"/feedback/staff/{item}")).status_code == 200
    assert (await is_about(world, team.lead, concern, team.coordinator)).status_code == 303
    assert (await about.get(f"/feedback/staff/{item}")).status_code == 404
    *_, before, now = await world.events("feedback-received", item)
    assert before["not_for"] == [] and now["not_for"] == [str(team.coordinator)] and now["version"] > before["version"]
