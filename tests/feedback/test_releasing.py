"""NET-02: the giver and somebody here read exactly the words that cross, before they do; a changed text is read again
by both."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from services.feedback.domain.crossing import seal_of
from services.feedback.queries.names import names_in
from services.feedback.use_cases import contents
from shared.db import new_id
from tests.feedback.support import WORDS, World, answer, give, let_it_go

NAMING = "Rowan was rude to me."


@dataclass
class Given:
    item: UUID
    giver: httpx.AsyncClient
    staff: httpx.AsyncClient
    world: World

    async def stands(self) -> tuple[str, bool]:
        [row] = await self.world.rows("SELECT state, agreed FROM crossings")
        return row.state, row.agreed

    async def leaves(self) -> list[str]:
        """What our gateway would seal now."""
        found = await self.world.read(contents.words, [self.item])
        return [content.words for _, content in found.values() if content is not None]  # pyrefly: ignore

    async def needs(self) -> str:
        return (await self.world.events("feedback-received"))[-1]["step"]

    async def release(self, words: str, checked: str = "yes") -> httpx.Response:
        return await self.staff.post(
            f"/feedback/staff/{self.item}/release", data={"seen": seal_of(words), "checked": checked}
        )

    async def staff_change(self, words: str) -> httpx.Response:
        return await self.staff.post(f"/feedback/staff/{self.item}/release/words", data={"words": words})

    async def giver_agrees(self, seen: str, words: str | None = None) -> httpx.Response:
        return await self.giver.post(
            f"/feedback/mine/{self.item}/crossing", data={"seen": seal_of(seen), "words": words or seen}
        )


@pytest_asyncio.fixture
async def given(world: World) -> Given:
    giver = world.visitor("participant", person_id=await world.know_person("Ffion Amlwch", "participant"))
    await give(giver, opportunity=await world.know_opportunity(host="SUN"), named=True, may_cross=True, words=NAMING)
    return Given(await world.value("SELECT item_id FROM items"), giver, world.visitor("coordinator"), world)


async def test_net_02_nothing_crosses_before_somebody_here_has_read_it(given: Given):
    assert await given.leaves() == [] and await given.world.events("guest-feedback-given") == []
    assert await given.needs() == "release"
    assert (await given.world.events("feedback-received"))[0]["act_by"] is not None
    assert (await given.release(NAMING, checked="")).status_code == 422
    assert (await given.release("Other words.")).status_code == 422
    assert await given.leaves() == []
    assert (await given.release(NAMING)).status_code == 303
    assert await given.leaves() == [NAMING] and len(await given.world.events("guest-feedback-given")) == 1
    assert await given.world.value("SELECT waiting_for_name FROM items") == "SUN"
    assert (await given.world.events("feedback-received"))[-1]["waiting_for"] == "provider"


async def test_net_02_the_page_shows_exactly_what_crosses_and_names_that_we_know(given: Given):
    await given.world.know_person("Rowan Ash", "participant")
    await given.world.know_person("Bramble Thorn", "participant")
    for number in range(25):
        await given.world.know_person(f"Rowan {chr(65 + number)}ppleby", "participant")
    shown = (await given.staff.get(f"/feedback/staff/{given.item}/release")).text
    assert all(f"Rowan {chr(65 + number)}ppleby" in shown for number in range(25)), "not the first twenty alone"
    assert NAMING in shown and "Rowan Ash" in shown and "Bramble" not in shown


async def test_net_02_a_text_that_was_changed_here_is_read_anew_by_both(given: Given):
    changed = "Someone was rude to me."
    assert (await given.staff_change(changed)).status_code == 303
    assert await given.stands() == ("open", False) and await given.needs() == "agreement"
    assert len(await given.world.steps("crossing-words-changed")) == 1
    refused = await given.release(changed)
    assert refused.status_code == 422 and "has not agreed" in refused.text
    assert changed in (await given.giver.get(f"/feedback/mine/{given.item}")).text
    assert (await given.giver_agrees(NAMING)).status_code == 422
    assert (await given.giver_agrees(changed)).status_code == 303
    assert await given.stands() == ("open", True) and await given.needs() == "release"
    assert (await given.release(NAMING)).status_code == 422
    assert (await given.release(changed)).status_code == 303
    assert await given.leaves() == [changed]


async def test_net_02_a_text_that_its_giver_changed_is_read_anew_here(given: Given):
    assert (await given.giver_agrees(NAMING, "Someone was rude.")).status_code == 303
    assert (await given.release(NAMING)).status_code == 422
    assert (await given.release("Someone was rude.")).status_code == 303
    assert await given.leaves() == ["Someone was rude."]


async def test_net_02_contact_details_and_the_givers_name_do_not_cross_by_a_change_either(given: Given):
    for words in ("Ring 07700 900123.", "Ffion says so.", " ", NAMING):
        assert (await given.staff_change(words)).status_code == 422
    for words in ("Ring 07700 900123.", "Ffion says so.", " "):
        assert (await given.giver_agrees(NAMING, words)).status_code == 422
    assert await given.world.value("SELECT words FROM crossings") == NAMING


async def test_net_02_its_giver_may_keep_it_here_and_so_may_we(given: Given):
    assert (await given.giver.post(f"/feedback/mine/{given.item}/stay")).status_code == 303
    assert await given.stands() == ("kept", True) and await given.needs() == "answer"
    assert (await given.release(NAMING)).status_code == 404
    assert (await given.staff.post(f"/feedback/staff/{given.item}/release/keep")).status_code == 404
    assert (await answer(given.staff, given.item)).status_code == 303
    assert await given.leaves() == []


@pytest.mark.parametrize("how", ["answer", "withdraw", "spam", "keep", "pass-on"])
async def test_net_02_what_ends_or_goes_elsewhere_crosses_no_more(given: Given, how: str):
    match how:
        case "answer":
            await answer(given.staff, given.item)
        case "withdraw":
            await given.giver.post(f"/feedback/mine/{given.item}/withdraw")
        case "spam":
            await given.staff.post(f"/feedback/staff/{given.item}/spam", data={"reason": "An advertisement."})
        case "keep":
            await given.staff.post(f"/feedback/staff/{given.item}/release/keep")
        case _:
            await given.staff.post(
                f"/feedback/staff/{given.item}/pass-on", data={"to": "provider", "name": "Willow House"}
            )
    assert (await given.stands())[0] == "kept"
    assert (await given.release(NAMING)).status_code == 404 and await given.leaves() == []
    assert await given.world.value("SELECT words FROM crossings") == ("" if how == "withdraw" else NAMING)


async def test_net_02_whoever_gave_it_does_not_let_it_go_themselves(world: World):
    person = await world.know_person("Cora Field", "coordinator")
    both = world.visitor("coordinator", "participant", person_id=person)
    await give(both, opportunity=await world.know_opportunity(host="SUN"), named=True, may_cross=True)
    item = await world.value("SELECT item_id FROM items")
    refused = await both.post(f"/feedback/staff/{item}/release", data={"seen": seal_of(WORDS), "checked": "yes"})
    assert refused.status_code == 422 and "Someone else must read it" in refused.text
    assert (await world.events("feedback-received"))[-1]["not_for"] == [str(person)]


async def test_net_02_someone_anonymous_agrees_by_code(world: World):
    visitor = world.visitor()
    code = await give(visitor, opportunity=await world.know_opportunity(host="SUN"), may_cross=True, words=NAMING)
    item = await world.value("SELECT item_id FROM items")
    await world.visitor("coordinator").post(
        f"/feedback/staff/{item}/release/words", data={"words": "Someone was rude."}
    )
    shown = (await visitor.post("/feedback/look-up", data={"code": code})).text
    assert "Someone was rude." in shown and "Nothing goes before you agree" in shown
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', shown)
    assert found
    await visitor.post(
        "/feedback/look-up/crossing", data={"code": code, "seen": found[1], "words": "Someone was rude."}
    )
    assert await let_it_go(world) == item
    assert (
        await world.value(
            "SELECT count(*) FROM steps WHERE what LIKE 'crossing%' AND actor_id IS NOT NULL AND what <> "
            "'crossing-words-changed'"
        )
        == 1
    )


async def test_net_02_words_changed_in_another_tab_are_read_once_more(world: World):
    visitor = world.visitor()
    await visitor.post(
        "/feedback/give", data={"about": "opportunity", "opportunity": str(await world.know_opportunity(host="SUN"))}
    )
    await visitor.post("/feedback/give/words", data={"words": WORDS})
    await visitor.post("/feedback/give/who", data={"named": "no"})
    await visitor.post("/feedback/give/words", data={"words": NAMING})
    refused = await visitor.post("/feedback/give/host", data={"may_cross": "yes", "seen": seal_of(WORDS)})
    assert refused.status_code == 422 and "read them once more" in refused.text


async def test_net_02_a_concern_that_was_none_goes_on_to_be_read(given: Given):
    lead = await given.world.know_person("Lena Lead", "administrator")
    await given.staff.post(f"/feedback/staff/{given.item}/safeguarding", data={"why": "Worrying."})
    assert (await given.staff.get(f"/feedback/staff/{given.item}/release")).status_code == 404
    assert (await given.release(NAMING)).status_code == 404
    assert (await given.giver_agrees(NAMING, "Other words.")).status_code == 422
    concern = await given.world.value("SELECT concern_id FROM concerns")
    data = {"outcome": "returned", "note": "It is nothing."}
    await given.world.visitor("administrator", person_id=lead).post(
        f"/feedback/staff/safeguarding/{concern}/settle", data=data
    )
    assert await given.needs() == "release"
    assert (await given.release(NAMING)).status_code == 303


# FB-03, FB-07: what the others hear of clocks and reviewers


async def test_fb_03_what_waits_says_its_clock_also_where_it_came_before_clocks_were_said(world: World):
    await give(world.visitor())
    [said] = await world.events("feedback-received")
    assert said["due_on"] == str(await world.value("SELECT due_on FROM items"))
    await world.write("UPDATE items SET clock_said = false")
    for _ in range(2):
        await world.passes(0)
    assert [event["version"] for event in await world.events("feedback-received")] == [1, 2]


async def test_fb_07_what_is_reopened_names_the_reviewer_and_who_may_not(world: World):
    answered_by = await world.know_person("Cora Field", "coordinator", "approver")
    await world.know_person("Other Approver", "approver")
    giver = world.visitor("participant", person_id=new_id())
    await give(giver, named=True)
    item = await world.value("SELECT item_id FROM items")
    await answer(world.visitor("coordinator", "approver", person_id=answered_by), item)
    await giver.post(f"/feedback/mine/{item}/not-answered", data={"why": "It is still cold."})
    said = (await world.events("feedback-received"))[-1]
    assert (said["step"], said["reviewer_role"]) == ("review", "approver") and str(answered_by) in said["not_for"]
    assert said["due_on"] == str(await world.value("SELECT due_on FROM items"))


async def test_fb_07_where_the_only_reviewer_answered_it_the_other_role_looks_again(world: World):
    only = await world.know_person("Cora Field", "approver")
    other = await world.know_person("Other Coordinator", "coordinator")
    giver = world.visitor("participant", person_id=new_id())
    await give(giver, named=True)
    item = await world.value("SELECT item_id FROM items")
    await answer(world.visitor("approver", person_id=only), item)
    await giver.post(f"/feedback/mine/{item}/not-answered", data={"why": ""})
    assert (await world.events("feedback-received"))[-1]["reviewer_role"] == "coordinator"
    assert (await answer(world.visitor("approver", person_id=new_id()), item)).status_code == 422
    assert (await answer(world.visitor("coordinator", person_id=other), item)).status_code == 303


@pytest.mark.parametrize(
    ("called", "words"),
    [
        ("Łukasz Nowak", "I asked Lukasz twice."),
        ("Lukasz Nowak", "I asked Łukasz twice."),
        ("Jo Marsh", "Then Jo shut the door."),
        ("Al Reed", "AL was kind."),
        ("Zoë Hart", "zoe helped me."),
    ],
)
async def test_net_02_a_name_is_found_however_short_it_is_and_with_or_without_its_marks(
    world: World, called: str, words: str
):
    await world.know_person(called, "participant")
    await world.know_person("Bramble Thorn", "participant")

    async def found(tx: Any) -> list[str]:
        return await names_in(tx, words)

    assert await world.service.database.read(found) == [called]
