"""FB-09: a concern leaves ordinary view and the board, and only the lead and deputy see it, never anyone it is about."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from services.feedback.app import create_app
from services.feedback.settings import Settings
from shared.db import new_id
from shared.operations import broken_invariants
from tests.feedback.conftest import WORDS, House, answer, give
from tests.support.apps import settings_for


async def raise_concern(house: House, *about: UUID) -> tuple[UUID, UUID]:
    item = await house.value("SELECT item_id FROM items")
    sent = await house.visitor("coordinator").post(
        f"/feedback/staff/{item}/safeguarding", data={"why": "Someone may be hurt.", "about": [str(person) for person in about]}
    )
    assert sent.status_code == 303, sent.text[-2000:]
    return item, await house.value("SELECT concern_id FROM concerns")


async def test_fb_09_a_concern_leaves_ordinary_view_and_the_board_at_once(house: House):
    code = await give(house.visitor())
    coordinator = house.visitor("coordinator")
    await answer(coordinator, await house.value("SELECT item_id FROM items"), said="Too warm.")
    item, concern = await raise_concern(house)
    assert (await coordinator.get("/feedback/api/board")).json()["entries"] == []
    approver = house.visitor("approver")
    for path in ("", "/ended"):
        assert WORDS not in (await approver.get(f"/feedback/staff{path}")).text
    assert (await approver.get(f"/feedback/staff/{item}")).status_code == 404
    assert (await answer(approver, item)).status_code == 404
    assert (await approver.get("/feedback/staff/safeguarding")).status_code == 404
    assert (await approver.get(f"/feedback/staff/safeguarding/{concern}")).status_code == 404
    assert "keep people safe" in (await house.visitor().post("/feedback/look-up", data={"code": code})).text
    assert (await house.events("feedback-closed"))[-1]["ending"] == "safeguarding"
    [row] = await house.rows("SELECT raised_at, respond_by FROM concerns")
    assert row.respond_by - row.raised_at == timedelta(hours=24)


async def test_fb_09_until_a_lead_is_named_coordinators_take_it_in_hand(house: House):
    await give(house.visitor())
    item, concern = await raise_concern(house)
    coordinator = house.visitor("coordinator")
    assert "Safeguarding concerns: 1" in (await coordinator.get("/feedback/staff")).text
    assert "Take this in hand" in (await coordinator.get("/feedback/staff/safeguarding")).text
    page = (await coordinator.get(f"/feedback/staff/safeguarding/{concern}")).text
    assert WORDS in page and "Someone may be hurt." in page
    for _ in range(2):
        assert (await coordinator.post(f"/feedback/staff/safeguarding/{concern}/take")).status_code == 303
    assert await house.value("SELECT count(*) FROM steps WHERE what = 'concern-taken'") == 1
    wrong = await coordinator.post(f"/feedback/staff/safeguarding/{concern}/settle", data={"outcome": "dealt-with"})
    assert wrong.status_code == 422
    data = {"outcome": "dealt-with", "note": "We rang them."}
    assert (await coordinator.post(f"/feedback/staff/safeguarding/{concern}/settle", data=data)).status_code == 303
    again = await coordinator.post(f"/feedback/staff/safeguarding/{concern}/settle", data=data)
    assert again.status_code == 422
    assert (await coordinator.get(f"/feedback/staff/{item}")).status_code == 404


async def test_fb_09_what_was_no_concern_goes_back_to_where_it_was(house: House):
    await give(house.visitor())
    item, concern = await raise_concern(house)
    coordinator = house.visitor("coordinator")
    data = {"outcome": "returned", "note": "It is about the heating."}
    await coordinator.post(f"/feedback/staff/safeguarding/{concern}/settle", data=data)
    assert await house.value("SELECT ending FROM items") is None
    await answer(coordinator, item, said="Too warm.")
    await coordinator.post(f"/feedback/staff/{item}/safeguarding", data={"why": "Now I worry."})
    concern = await house.value("SELECT concern_id FROM concerns WHERE settled_at IS NULL")
    await coordinator.post(f"/feedback/staff/safeguarding/{concern}/settle", data=data)
    assert await house.value("SELECT ending FROM items") == "used"
    assert len((await coordinator.get("/feedback/api/board")).json()["entries"]) == 1


async def test_fb_09_the_named_lead_and_deputy_see_it_and_nobody_it_is_about(service_database: Callable[[str], str], folder: Path):
    lead, deputy, colleague = new_id(), new_id(), new_id()
    settings = settings_for(Settings, folder, service_database("feedback"), feedback_safeguarding_leads=f"{lead}, {deputy}")
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        house = House(app)
        await give(house.visitor())
        _, concern = await raise_concern(house, deputy)
        path = f"/feedback/staff/safeguarding/{concern}"
        assert WORDS in (await house.visitor("participant", person_id=lead).get(path)).text
        for person, roles in ((deputy, ["coordinator"]), (colleague, ["coordinator", "operator"])):
            visitor = house.visitor(*roles, person_id=person)
            assert (await visitor.get(path)).status_code == 404
            assert (await visitor.post(f"{path}/take")).status_code == 404
            assert "Safeguarding concerns: 1" not in (await visitor.get("/feedback/staff")).text
        assert await broken_invariants(house.service) == {}


async def test_fb_09_the_form_asks_whom_it_is_about_and_what_worries(house: House):
    await house.know_person("Gwen Porter", "coordinator")
    await give(house.visitor())
    item = await house.value("SELECT item_id FROM items")
    coordinator = house.visitor("coordinator")
    page = (await coordinator.get(f"/feedback/staff/{item}/safeguarding")).text
    assert "Gwen Porter" in page and "24 hours" in page and "999" in page
    wrong = await coordinator.post(f"/feedback/staff/{item}/safeguarding", data={"why": ""})
    assert wrong.status_code == 422 and "Write what worries you" in wrong.text
