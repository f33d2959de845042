"""FB-09: whoever ticks those who would read a worry is told who reads it then, and asked about these before it is
sent."""

from typing import Any
from uuid import UUID

import pytest
from bs4 import BeautifulSoup, Tag

from tests.feedback.safeguarding import Team
from tests.feedback.support import World, give

WORRY = "Both laughed at me."


async def send(visitor: Any, page: str, path: str = "/feedback/worry", **more: Any) -> Any:
    """Sends the form of this page as it stands, with these answers besides."""
    data: dict[str, Any] = {"why": WORRY}
    for each in BeautifulSoup(page, "html.parser").select("main form input"):
        if each.get("type") == "hidden" or each.has_attr("checked"):
            data.setdefault(str(each["name"]), []).append(each["value"])
    for name, value in more.items():
        data[name] = [*data.get(name, []), *value]
    return await visitor.post(path, data=data)


def main(page: str) -> Tag:
    found = BeautifulSoup(page, "html.parser").select_one("main")
    assert found is not None
    return found


def words(page: str) -> str:
    return " ".join(main(page).get_text(" ").split())


async def told(world: World) -> list[str]:
    [row] = await world.rows("SELECT told, deputy_id FROM concerns")
    return [str(each) for each in (*row.told, row.deputy_id) if each]


@pytest.fixture
async def second(world: World, team: Team) -> UUID:
    return await world.know_person("Sam Second", "administrator")


async def test_fb_09_who_ticks_lead_and_deputy_reads_that_administrators_get_it_and_is_asked_about_them(
    world: World, team: Team, second: UUID
) -> None:
    pia = world.visitor("participant", person_id=await world.know_person("Pia", "participant"))
    first = (await pia.get("/feedback/worry")).text
    assert "Ada Minster" not in first and "Only the safeguarding lead and deputy read it" in words(first)
    asked = await send(pia, first, about=[str(team.lead), str(team.deputy)])
    assert asked.status_code == 422 and await world.rows("SELECT 1 FROM concerns") == []
    assert "Then the administrators read it." in words(asked.text) and "Only the administrators read" in words(
        asked.text
    )
    assert WORRY in asked.text and "lead and deputy read it" not in words(asked.text)
    assert {str(each["value"]) for each in main(asked.text).select("[name=about][checked]")} == {
        str(team.lead),
        str(team.deputy),
    }
    assert "Ada Minster" in asked.text and "Sam Second" in asked.text
    sent = await send(pia, asked.text, about=[str(team.admin)])
    assert sent.status_code == 303 and await told(world) == [str(second)]


async def test_fb_09_who_ticks_everybody_who_would_read_it_is_asked_again_until_nobody_is_left(
    world: World, team: Team
) -> None:
    pia = world.visitor("participant", person_id=await world.know_person("Pia", "participant"))
    page = (await pia.get("/feedback/worry")).text
    asked = await send(pia, page, about=[str(team.lead), str(team.deputy), str(team.admin)])
    assert "Then the coordinators read it." in words(asked.text)
    asked = await send(pia, asked.text, about=[str(team.coordinator)])
    assert "ring the council’s safeguarding team today" in words(asked.text) and asked.status_code == 422
    assert (await send(pia, asked.text)).status_code == 303 and await told(world) == []


async def test_fb_09_of_one_about_the_lead_alone_it_says_who_gets_it_when_its_hours_run_out(
    world: World, team: Team, second: UUID
) -> None:
    pia = world.visitor("participant", person_id=await world.know_person("Pia", "participant"))
    asked = await send(pia, (await pia.get("/feedback/worry")).text, about=[str(team.lead)])
    assert "If nobody does, the administrators read it too." in words(asked.text)
    sent = await send(pia, asked.text, about=[str(second)])
    assert sent.status_code == 303 and await told(world) == [str(team.deputy)]
    await world.passes(25)
    assert set(await told(world)) == {str(team.deputy), str(team.admin)}


async def test_fb_09_a_visitor_is_asked_by_role_and_told_nobody_s_name(world: World, team: Team, second: UUID) -> None:
    visitor = world.visitor()
    asked = await send(visitor, (await visitor.get("/feedback/worry")).text, about=[str(team.lead), str(team.deputy)])
    assert "It is about one of the administrators" in words(asked.text)
    assert "They stand in, because you ticked both people who look after safety here." in words(asked.text)
    assert "away, or not chosen" not in words(asked.text), "they are there"
    assert "Before you send it" in words(asked.text) and "There is a problem" not in asked.text
    assert "<title>Error" not in asked.text and "error-message" not in asked.text, "it is a question, nothing is wrong"
    assert "The lead and the deputy still may: tick them as well" in words(asked.text)
    for secret in ("Ada Minster", "Sam Second", "Lena", "Dev Deputy", str(team.admin), str(second)):
        assert secret not in asked.text
    again = await send(visitor, asked.text, about_roles=["administrator"])
    assert again.status_code == 422 and "Then the coordinators read it." in words(again.text)
    assert (await send(visitor, again.text)).status_code == 303
    assert await told(world) == [str(team.coordinator)]
    [row] = await world.rows("SELECT concern_id, about, about_roles FROM concerns")
    assert set(row.about) == {team.lead, team.deputy, team.admin, second} and row.about_roles == ["administrator"]
    reader = world.visitor("coordinator", person_id=team.coordinator)
    read = words((await reader.get(f"/feedback/staff/safeguarding/{row.concern_id}")).text)
    assert "It is about one of the administrators. They did not know which" in read


async def test_fb_09_who_ticks_nobody_or_somebody_who_would_not_read_it_is_not_asked(world: World, team: Team) -> None:
    visitor = world.visitor()
    assert (await send(visitor, (await visitor.get("/feedback/worry")).text)).status_code == 303
    staff = world.visitor("finance", person_id=await world.know_person("Finn", "finance"))
    page = (await staff.get("/feedback/worry")).text
    assert (await send(staff, page, about=[str(team.coordinator)])).status_code == 303


async def test_fb_09_staff_who_mark_feedback_are_asked_too(world: World, team: Team) -> None:
    await give(world.visitor())
    path = f"/feedback/staff/{await world.value('SELECT item_id FROM items')}/safeguarding"
    staff = world.visitor("coordinator", person_id=team.coordinator)
    asked = await send(staff, (await staff.get(path)).text, path, about=[str(team.lead), str(team.deputy)])
    assert asked.status_code == 422 and "Then the administrators read it." in words(asked.text)
    assert "Only the administrators see it now" in words(asked.text) and "no safeguarding lead" not in words(asked.text)
    assert (await send(staff, asked.text, path)).status_code == 303 and await told(world) == [str(team.admin)]


async def test_fb_09_what_staff_read_stays_when_the_page_is_shown_again(world: World, team: Team) -> None:
    staff = world.visitor("coordinator", person_id=team.coordinator)
    read = f"/opportunities/staff/questions/{team.lead}"
    page = (await staff.get("/feedback/worry", params={"read": read})).text
    asked = await send(staff, page, about=[str(team.lead), str(team.deputy)])
    assert read in asked.text and (await send(staff, asked.text)).status_code == 303
    assert await world.value("SELECT read_at FROM concerns") == read
