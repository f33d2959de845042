"""FB-09: what the page of a concern says, and where it leads."""

from dataclasses import replace

import pytest

from tests.feedback.concerns import QUESTION, WORRY, Owner, concern_page, leads, raised
from tests.feedback.support import World

NEED = "/opportunities/staff/0193a5d2-1f00-7000-8000-000000000002/needs/0193a5d2-1f00-7000-8000-000000000003"
CLAIM = "/payments/approve/0193a5d2-1f00-7000-8000-000000000004"


@pytest.fixture
def owner(world: World, monkeypatch: pytest.MonkeyPatch) -> Owner:
    return Owner(world, monkeypatch)


async def test_fb_09_the_concern_says_what_the_person_waits_for_and_links_where_its_reader_may_go(
    world: World, owner: Owner
) -> None:
    lead, _ = await leads(world)
    cora = await world.know_person("Cora", "coordinator", "approver")
    staff = world.visitor("coordinator", "approver", person_id=cora)
    owner.found = {"text": "He hits me.", "person_id": None, "reach": "", "owed": "yes"}
    await staff.post("/feedback/worry", data={**WORRY, "read": NEED})
    need = (await raised(world))["concern_id"]
    read = await concern_page(world, lead, need)
    assert "still waits for our answer to this need" in read and "Tell one of them what to book" in read
    assert f'href="{NEED}"' not in read and f'href="{NEED}"' in await concern_page(world, lead, need, "coordinator")
    owner.lets_as = "approver"
    await staff.post("/feedback/worry", data={**WORRY, "read": CLAIM})
    claim = (await raised(world))["concern_id"]
    assert "waits until one of you says if the miles are right" in await concern_page(world, lead, claim)
    owner.found["owed"] = None
    assert "waits" not in await concern_page(world, lead, claim) and "waits" not in await concern_page(
        world, lead, need
    )
    owner.lets_as = None
    await staff.post("/feedback/worry", data={**WORRY, "read": CLAIM})
    read = await concern_page(world, lead, (await raised(world))["concern_id"])
    assert CLAIM not in read and "only approvers open. Ask who raised it, or an approver" in read


async def test_fb_09_the_concern_of_a_claim_or_need_without_words_says_so_and_not_that_they_were_taken_away(
    world: World, owner: Owner
) -> None:
    lead, _ = await leads(world)
    staff = world.visitor("coordinator", "approver", person_id=await world.know_person("Cora", "coordinator"))
    owner.found = {"text": "", "person_id": None, "reach": ""}
    for role, page in (("approver", CLAIM), ("coordinator", NEED)):
        owner.lets_as = role
        await staff.post("/feedback/worry", data={**WORRY, "read": page})
        read = await concern_page(world, lead, (await raised(world))["concern_id"])
        assert "No words are written there." in read and "any more" not in read


async def test_fb_09_a_concern_that_is_settled_says_nothing_as_if_it_were_open(world: World, owner: Owner) -> None:
    lead, _ = await leads(world)
    staff = world.visitor("coordinator", person_id=await world.know_person("Cora", "coordinator"))
    await staff.post("/feedback/worry", data={**WORRY, "read": QUESTION})
    concern = (await raised(world))["concern_id"]
    read = await concern_page(world, lead, concern)
    assert "Nobody has it yet" in read and "Take it in hand by" in read and "see whom to ring" in read
    settled = {"outcome": "returned", "note": "A joke between friends."}
    await world.visitor("finance", person_id=lead).post(f"/feedback/staff/safeguarding/{concern}/settle", data=settled)
    read = await concern_page(world, lead, concern)
    assert "Settled by Lena Lead" in read and "It is back where it was" in read
    for untrue in ("Nobody has it yet", "Take it in hand by", "see whom to ring", "Ask who raised it"):
        assert untrue not in read, untrue


async def test_fb_09_reading_a_concern_reads_no_other_marks_than_those_that_may_share_its_words(
    world: World, owner: Owner
) -> None:
    lead, _ = await leads(world)
    staff = world.visitor("coordinator", person_id=await world.know_person("Cora", "coordinator"))
    for read, about in ((QUESTION, None), (NEED, None), (QUESTION[:-1] + "9", lead), (NEED[:-1] + "9", lead)):
        sent: dict[str, str] = {**WORRY, "read": read} | ({"about": str(about)} if about else {})
        if about:  # asked once more, because others read it then
            asked = (await staff.post("/feedback/worry", data=sent)).text
            sent |= {name: asked.split(f'name="{name}" value="')[1].split('"')[0] for name in ("at_once", "later")}
        assert (await staff.post("/feedback/worry", data=sent)).status_code == 303
    rows = await world.rows("SELECT concern_id, read_at FROM concerns")
    ids = {row.read_at: str(row.concern_id) for row in rows}
    owner.found = {"text": "He hits me.", "person_id": None, "reach": ""}
    for read, kept_from in ((QUESTION, []), (NEED, [NEED[-36:-1] + "9"])):
        assert await concern_page(world, lead, ids[read])
        assert owner.of_words()[-1][1]["kept_from"] == kept_from


async def test_fb_09_whoever_finds_nobody_here_reads_the_councils_number_or_how_to_find_it(world: World) -> None:
    visitor = world.visitor()
    assert "/help-now#council" in (await visitor.get("/feedback/worry")).text
    world.app.state.web = replace(world.app.state.web, council_number="01632 960111")
    assert "tel:01632960111" in (await visitor.get("/feedback/worry")).text
    told = await world.visitor("coordinator").get("/feedback/staff/safeguarding/whom-to-tell")
    assert "tel:01632960111" in told.text and "a question, what somebody needs, or a claim" in told.text
