"""FB-09: a concern leaves ordinary view and the board; the lead and the deputy have it at once, and nobody else; it
never reaches anyone it is about."""

from datetime import timedelta

import pytest

from tests.feedback.safeguarding import WHY, Team, concern_page, raise_concern, sees, send_concern
from tests.feedback.support import WORDS, World, answer, give
from tests.support.apps import signed_in


async def test_fb_09_the_form_says_who_gets_it_now(world: World) -> None:
    await give(world.visitor())
    item = await world.value("SELECT item_id FROM items")

    async def said() -> str:
        return " ".join((await world.visitor("coordinator").get(f"/feedback/staff/{item}/safeguarding")).text.split())

    assert "Nobody is here now who may read it" in await said()
    coordinator = await world.know_person("Cora Field", "coordinator")
    assert "no safeguarding lead and no deputy now. So it goes to the coordinators" in await said()
    deputy, lead = (
        await world.know_person("Ada Minster", "administrator"),
        await world.know_person("Lena Lead", "finance"),
    )
    shown = await said()
    assert (
        "Send it to the administrators" in shown
        and "Only the administrators see it now" in shown
        and "goes to the safeguarding lead" not in shown
    )
    await world.name_leads(lead, deputy)
    assert "Send it to the safeguarding lead and deputy" in await said()
    for named, others, words in ((lead, deputy, "the safeguarding lead"), (deputy, lead, "the safeguarding deputy")):
        await world.write("UPDATE cards SET paused = person_id = :away", away=others)
        shown = await said()
        assert f"Only {words} sees it now" in shown and f"Send it to {words}<" in shown.replace(" </", "</"), named
    assert coordinator


async def test_fb_09_a_concern_leaves_ordinary_view_and_the_board_at_once(world: World, team: Team):
    code = await give(world.visitor())
    coordinator = world.visitor("coordinator")
    await answer(coordinator, await world.value("SELECT item_id FROM items"), said="Too warm.")
    await coordinator.post(
        f"/feedback/staff/{await world.value('SELECT item_id FROM items')}/theme", data={"theme": "Rooms"}
    )
    item, concern = await raise_concern(world)
    assert (await coordinator.get("/feedback/api/board")).json()["entries"] == []
    approver = world.visitor("approver", "coordinator", "operator", "administrator", "finance")
    theme = await world.value("SELECT theme_id FROM themes")
    for path in ("", "/ended", f"/themes/{theme}"):
        assert WORDS not in (await approver.get(f"/feedback/staff{path}")).text
    assert "0 waiting, 0 ended" in (await approver.get("/feedback/staff/themes")).text
    response = await world.value("SELECT response_id FROM responses")
    for path in ("", "/join", "/spam", "/pass-on", "/theme", "/name", "/safeguarding"):
        assert (await approver.get(f"/feedback/staff/{item}{path}")).status_code == 404, path
    assert (await approver.get(f"/feedback/staff/responses/{response}")).status_code == 404
    assert (
        await approver.post(f"/feedback/staff/responses/{response}", data={"said": "", "checked": ""})
    ).status_code == 404
    assert (await answer(approver, item)).status_code == 404
    assert (await approver.get("/feedback/staff/safeguarding")).status_code == 404
    assert (await approver.get(concern_page(concern))).status_code == 404
    assert "keep people safe" in (await world.visitor().post("/feedback/look-up", data={"code": code})).text
    assert (await world.events("feedback-closed"))[-1]["ending"] == "safeguarding"
    [row] = await world.rows("SELECT raised_at, respond_by FROM concerns")
    assert row.respond_by - row.raised_at == timedelta(hours=24)


async def test_fb_09_lead_and_deputy_are_told_at_once_and_a_lead_who_is_no_coordinator_can_do_it_all(
    world: World, team: Team
):
    await give(world.visitor())
    item, concern = await raise_concern(world)
    [raised] = await world.events("concern-raised")
    assert raised["people"] == [str(team.lead)] and raised["deputy"] == str(team.deputy)
    assert raised["tell"] == [str(team.lead), str(team.deputy)]
    assert WHY not in str(raised) and WORDS not in str(raised)
    lead = world.visitor("finance", person_id=team.lead)
    page = (await lead.get(concern_page(concern))).text
    assert WORDS in page and WHY in page
    for _ in range(2):
        assert (await lead.post(f"{concern_page(concern)}/take")).status_code == 303
    assert await world.value("SELECT count(*) FROM steps WHERE what = 'concern-taken'") == 1
    assert "Lena Lead" in (await lead.get(concern_page(concern))).text
    settle = f"{concern_page(concern)}/settle"
    assert (await lead.post(settle, data={"outcome": "dealt-with"})).status_code == 422
    data = {"outcome": "dealt-with", "note": "We rang them."}
    assert (await lead.post(settle, data=data)).status_code == 303
    assert (await lead.post(settle, data=data)).status_code == 422
    assert (await world.visitor("coordinator").get(f"/feedback/staff/{item}")).status_code == 404
    assert [len(await world.events(name)) for name in ("concern-taken", "concern-settled")] == [1, 1]


async def test_fb_09_what_was_no_concern_goes_back_to_where_it_was(world: World, team: Team):
    await give(world.visitor())
    item, concern = await raise_concern(world)
    coordinator, lead = world.visitor("coordinator"), world.visitor("finance", person_id=team.lead)
    data = {"outcome": "returned", "note": "It is about the heating."}
    await lead.post(f"{concern_page(concern)}/settle", data=data)
    assert await world.value("SELECT ending FROM items") is None
    await answer(coordinator, item, said="Too warm.")
    await coordinator.post(f"/feedback/staff/{item}/safeguarding", data={"why": "Now I worry."})
    concern = await world.value("SELECT concern_id FROM concerns WHERE settled_at IS NULL")
    await lead.post(f"{concern_page(concern)}/settle", data=data)
    assert await world.value("SELECT ending FROM items") == "used"
    assert len((await coordinator.get("/feedback/api/board")).json()["entries"]) == 1


@pytest.mark.parametrize(
    ("about", "has_it"), [(["deputy"], "lead"), (["lead"], "deputy"), (["lead", "deputy"], "admin")]
)
async def test_fb_09_a_concern_never_reaches_anyone_it_is_about(
    world: World, team: Team, about: list[str], has_it: str
):
    await give(world.visitor())
    ticked = [getattr(team, name) for name in about]
    _, concern = await raise_concern(world, *ticked, team.coordinator)
    for hours in (0, 25, 100):
        await world.passes(hours)
        assert await sees(world, getattr(team, has_it), concern)
        for person in (*ticked, team.coordinator):
            assert not await sees(
                world, person, concern, "coordinator", "approver", "finance", "operator", "administrator"
            )
            visitor = world.visitor("coordinator", "approver", person_id=person)
            assert (await visitor.post(f"{concern_page(concern)}/take")).status_code == 404
            assert (
                await visitor.post(
                    f"{concern_page(concern)}/settle", data={"outcome": "returned", "note": "It is nothing."}
                )
            ).status_code == 404
    said = [event for name in ("concern-raised", "concern-overdue") for event in await world.events(name)]
    assert not any(str(person) in str(event) for person in (*ticked, team.coordinator) for event in said)


async def test_fb_09_when_its_hours_run_out_the_deputy_is_told_once(world: World, team: Team):
    await give(world.visitor())
    await raise_concern(world)
    await world.passes(23)
    assert await world.events("concern-overdue") == []
    for _ in range(3):
        await world.passes(1.1)
    [overdue] = await world.events("concern-overdue")
    assert str(team.deputy) in overdue["tell"] and overdue["version"] == 2


async def test_fb_09_what_was_taken_in_hand_in_time_does_not_run_out(world: World, team: Team):
    await give(world.visitor())
    _, concern = await raise_concern(world)
    await world.visitor("approver", person_id=team.deputy).post(f"{concern_page(concern)}/take")
    await world.passes(100)
    assert await world.events("concern-overdue") == []


async def test_fb_09_where_everybody_is_ticked_whoever_raised_it_is_asked_to_ring(world: World, team: Team):
    await give(world.visitor())
    item = await world.value("SELECT item_id FROM items")
    everyone = (team.lead, team.deputy, team.coordinator, team.admin)
    coordinator = world.visitor("coordinator")
    sent = await send_concern(coordinator, f"/feedback/staff/{item}/safeguarding", everyone)
    assert "ring the council" in (await coordinator.get(sent.headers["location"])).text
    newcomer = await world.know_person("Nia New", "administrator")
    await world.passes(0)
    concern = await world.value("SELECT concern_id FROM concerns")
    assert await sees(world, newcomer, concern)


async def test_fb_09_a_helper_of_the_giver_does_not_see_what_is_with_the_lead(world: World, team: Team):
    """Who helps a giver may be whom it is about."""
    giver = await world.know_person("Gwen Porter", "participant")
    await give(world.visitor("participant", person_id=giver), named=True)
    item, _ = await raise_concern(world, team.coordinator)
    helper = world.visitor("coordinator", person_id=team.coordinator, acting_for=giver)
    assert WORDS not in (await helper.get("/feedback/mine")).text
    assert (await helper.get(f"/feedback/mine/{item}")).status_code == 404
    for what in ("withdraw", "board", "not-answered"):
        assert (
            await helper.post(f"/feedback/mine/{item}/{what}", data={"may_show": "yes", "why": "x"})
        ).status_code == 404, what
    assert WORDS in (await world.visitor("participant", person_id=giver).get(f"/feedback/mine/{item}")).text


async def test_fb_09_the_steps_do_not_lead_from_an_item_to_its_concern(world: World, team: Team):
    await give(world.visitor())
    item, concern = await raise_concern(world, team.coordinator)
    operator = world.visitor("operator", person_id=team.coordinator)
    for about in (item, concern):
        shown = (await operator.get(f"/feedback/operator/steps?about={about}")).text
        assert WHY not in shown and WORDS not in shown and str(team.coordinator) not in shown
    assert str(concern) not in (await operator.get(f"/feedback/operator/steps?about={item}")).text


async def test_fb_09_a_concern_of_the_program_before_ours_finds_its_readers(world: World, team: Team):
    await give(world.visitor())
    _, concern = await raise_concern(world)

    await world.write("UPDATE concerns SET told = '{}', deputy_id = NULL, version = 0")
    assert not await sees(world, team.lead, concern)
    await world.passes(0)
    assert await sees(world, team.lead, concern)


async def test_fb_09_the_form_asks_whom_it_is_about_and_what_worries(world: World):
    await world.know_person("Gwen Porter", "coordinator")
    await give(world.visitor())
    item = await world.value("SELECT item_id FROM items")
    coordinator = world.visitor("coordinator")
    page = (await coordinator.get(f"/feedback/staff/{item}/safeguarding")).text
    assert "Gwen Porter" in page and "24 hours" in page and "999" in page
    wrong = await coordinator.post(f"/feedback/staff/{item}/safeguarding", data={"why": ""})
    assert wrong.status_code == 422 and "Write what worries you" in wrong.text


async def test_pri_03_each_reading_of_a_concern_is_written_down_and_holds_no_words(world: World, team: Team):
    await give(world.visitor())
    item, concern = await raise_concern(world)
    assert not await sees(world, team.coordinator, concern, "coordinator")
    assert await world.rows("SELECT 1 FROM steps WHERE what = 'concern-read'") == []
    lead, deputy = world.visitor("finance", person_id=team.lead), world.visitor("approver", person_id=team.deputy)
    assert (
        WORDS in (await lead.get(concern_page(concern))).text
        and WORDS in (await deputy.get(concern_page(concern))).text
    )
    assert WORDS in (await deputy.post(f"{concern_page(concern)}/settle", data={"outcome": "", "note": ""})).text, (
        "what was sent wrongly shows it again"
    )
    rows = await world.rows("SELECT actor_id, about, facts FROM steps WHERE what = 'concern-read' ORDER BY at")
    assert [(row.actor_id, row.about) for row in rows] == [
        (team.lead, concern),
        (team.deputy, concern),
        (team.deputy, concern),
    ]
    assert all(row.facts == {"item_id": str(item)} for row in rows)


@pytest.mark.parametrize("role", ["approver", "finance", "operator", "administrator"])
async def test_fb_09_a_lead_with_a_second_step_gives_it_before_a_concern_is_shown(world: World, team: Team, role: str):
    await give(world.visitor())
    _, concern = await raise_concern(world)
    lead = world.visitor()
    signed_in(lead, role, "coordinator", "participant", person_id=team.lead, factor=False)
    for path in (concern_page(concern), "/feedback/staff/safeguarding"):
        asked = await lead.get(path)
        assert (asked.status_code, asked.headers["location"].partition("?")[0]) == (303, "/people/confirm")
    for path in ("take", "settle"):
        assert (
            (await lead.post(f"{concern_page(concern)}/{path}")).headers["location"].startswith("/people/session/hold")
        )
    assert await world.rows("SELECT 1 FROM steps WHERE what IN ('concern-read', 'concern-taken')") == []
    signed_in(lead, "coordinator", "participant", person_id=team.lead, factor=False)
    assert WORDS in (await lead.get(concern_page(concern))).text, "who has no second step is not asked for one"
