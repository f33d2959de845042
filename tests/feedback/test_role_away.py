"""FB-09: a concern never reaches whom it is about, though their role was away when it was told, and came back."""

from uuid import UUID

import pytest

from tests.feedback.safeguarding import Team, raise_concern
from tests.feedback.support import World, give
from tests.feedback.test_whom_it_is_about import send, told, words

STAFF, WORRY = "/feedback/staff/safeguarding", "/feedback/worry"


@pytest.fixture
async def tom(world: World, team: Team) -> UUID:
    """He was a coordinator; his role is away now."""
    person = await world.know_person("Tom Late", "coordinator")
    await world.has_card(person, "Tom Late", "participant")
    return person


async def comes_back_to_everything(world: World, team: Team, person: UUID) -> None:
    """Administrator again, and lead; everybody else goes, and the hours run out."""
    await world.has_card(person, "Tom Late", "administrator", "coordinator", "approver", version=3)
    await world.name_leads(person, team.deputy)
    await world.passes(25)
    for each in (team.lead, team.deputy, team.admin):
        await world.has_card(each, "Somebody Gone", version=9)
    await world.passes(25)


async def reads_nothing(world: World, person: UUID) -> None:
    visitor = world.visitor("administrator", "coordinator", "approver", person_id=person)
    assert str(person) not in await told(world)
    concern = await world.value("SELECT concern_id FROM concerns")
    assert str(concern) not in (await visitor.get(STAFF)).text
    for path in ("", "/reach"):
        assert (await visitor.get(f"{STAFF}/{concern}{path}")).status_code == 404
    for path in ("/take", "/settle", "/about", "/hand-over"):
        data = {"outcome": "returned", "note": "Nothing.", "about": str(person), "to": str(person), "not_about": "true"}
        assert (await visitor.post(f"{STAFF}/{concern}{path}", data=data)).status_code == 404, path


async def test_fb_09_staff_tick_whose_role_is_away_and_it_never_reaches_them_once_they_are_back(
    world: World, team: Team, tom: UUID
) -> None:
    staff = world.visitor("coordinator", person_id=team.coordinator)
    page = (await staff.get(WORRY)).text
    assert "Tom Late" in page and "someone who works here, or did?" in words(page)
    assert (await send(staff, page, about=[str(tom)])).status_code == 303
    await comes_back_to_everything(world, team, tom)
    await reads_nothing(world, tom)


async def test_fb_09_staff_who_mark_feedback_tick_whose_role_is_away(world: World, team: Team, tom: UUID) -> None:
    await give(world.visitor())
    item = await world.value("SELECT item_id FROM items")
    staff = world.visitor("coordinator", person_id=team.coordinator)
    assert "Tom Late" in (await staff.get(f"/feedback/staff/{item}/safeguarding")).text
    await raise_concern(world, tom)
    await comes_back_to_everything(world, team, tom)
    await reads_nothing(world, tom)


async def test_fb_09_the_lead_ticks_whose_role_is_away_on_the_concern_s_page(
    world: World, team: Team, tom: UUID
) -> None:
    assert (await world.visitor().post(WORRY, data={"why": "Tom shouted."})).status_code == 303
    concern = await world.value("SELECT concern_id FROM concerns")
    lead = world.visitor("finance", person_id=team.lead)
    assert "Tom Late" in (await lead.get(f"{STAFF}/{concern}")).text
    assert (await lead.post(f"{STAFF}/{concern}/about", data={"about": str(tom)})).status_code == 303
    await comes_back_to_everything(world, team, tom)
    await reads_nothing(world, tom)


@pytest.mark.parametrize("role", ["coordinator", "finance"])
async def test_fb_09_a_visitor_ticks_a_role_and_it_never_reaches_who_had_it_before(
    world: World, team: Team, role: str
) -> None:
    """Also a role in which nobody stands in, and that nobody has now: they may get another one day."""
    await world.has_card(team.lead, "Lena", "operator", version=3)
    tom = await world.know_person("Tom Late", role)
    await world.has_card(tom, "Tom Late", "participant")
    visitor = world.visitor()
    page = (await visitor.get(WORRY)).text
    assert "Tom Late" not in page
    assert (await send(visitor, page, about_roles=[role])).status_code == 303
    await comes_back_to_everything(world, team, tom)
    await reads_nothing(world, tom)


async def test_fb_09_a_role_that_an_event_names_is_kept_though_it_was_taken_away_since(
    world: World, team: Team
) -> None:
    person = await world.know_person("Tom Late")
    await world.has_card(person, "Tom Late", version=4)
    assert "Tom Late" not in (await world.visitor("coordinator", person_id=team.coordinator).get(WORRY)).text
    await world.has_card(person, "Tom Late", version=3, said=("approver",))
    assert "Tom Late" in (await world.visitor("coordinator", person_id=team.coordinator).get(WORRY)).text


async def test_fb_09_who_worked_here_once_is_not_offered_as_lead(world: World, tom: UUID) -> None:
    assert "Tom Late" not in (await world.visitor("administrator").get(f"{STAFF}/leads")).text
