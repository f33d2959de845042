"""FB-09: anybody can tell that somebody may not be safe, and staff raise a concern from whatever they read."""

import asyncio
import re
from typing import Any
from uuid import UUID

import pytest
from bs4 import BeautifulSoup

from services.feedback.domain.safeguarding import WORRIES_A_DAY
from services.feedback.use_cases import safeguarding
from shared.reasons import Refused
from tests.feedback.concerns import QUESTION, WORRY, Owner, concern_page, leads, raised
from tests.feedback.support import World


@pytest.fixture
def owner(world: World, monkeypatch: pytest.MonkeyPatch) -> Owner:
    return Owner(world, monkeypatch)


async def test_fb_09_a_worry_of_a_visitor_is_a_concern_with_a_clock_that_the_leads_alone_read(world: World) -> None:
    lead, deputy = await leads(world)
    visitor = world.visitor()
    asked = (await visitor.get("/feedback/worry")).text
    assert "ring 999 first" in asked and "/help-now" in asked and "within 24 hours" in asked
    assert "Lena Lead" not in asked and "Only the safeguarding lead and deputy read it" in asked
    assert (await visitor.post("/feedback/worry", data={"why": " "})).status_code == 422
    sent = await visitor.post("/feedback/worry", data={**WORRY, "reach": "07700 900123"})
    assert sent.status_code == 303, sent.text[-1000:]
    event = await raised(world)
    assert event["people"] == [str(lead)] and event["deputy"] == str(deputy) and event["respond_by"]
    assert WORRY["why"] not in str(event) and "900123" not in str(event)
    read = await concern_page(world, lead, event["concern_id"])
    assert WORRY["why"] in read and "tel:07700900123" in read and "Someone who was not signed in" in read
    assert not await concern_page(world, await world.know_person("Cora", "coordinator"), event["concern_id"])
    settle = f"/feedback/staff/safeguarding/{event['concern_id']}/settle"
    done = {"outcome": "returned", "note": "We rang: a misunderstanding."}
    assert (await world.visitor("finance", person_id=lead).post(settle, data=done)).status_code == 303
    assert await world.events("concern-settled")
    assert await world.broken() == {}


async def test_fb_09_whoever_it_is_about_never_sees_it(world: World) -> None:
    lead, deputy = await leads(world)
    amina = await world.know_person("Amina", "participant")
    participant = world.visitor("participant", person_id=amina)
    assert "Lena Lead" in (await participant.get("/feedback/worry")).text
    said = {"at_once": "the safeguarding deputy"}
    await participant.post("/feedback/worry", data={**WORRY, "about": str(lead), **said})
    event = await raised(world)
    assert event["people"] == [str(deputy)] and event["deputy"] is None
    assert "Amina" in await concern_page(world, deputy, event["concern_id"])
    assert not await concern_page(world, lead, event["concern_id"])


async def test_fb_09_a_worry_that_nobody_takes_in_hand_reaches_the_next_when_its_hours_run_out(world: World) -> None:
    await leads(world)
    await world.visitor().post("/feedback/worry", data=WORRY)
    await world.passes(25)
    assert (await world.events("concern-overdue"))[-1]["tell"]


async def test_fb_09_staff_raise_a_concern_from_what_they_read_and_it_links_there(world: World, owner: Owner) -> None:
    lead, _ = await leads(world)
    staff = world.visitor("coordinator", person_id=await world.know_person("Cora", "coordinator"))
    asked = (await staff.get("/feedback/worry", params={"read": QUESTION})).text
    assert QUESTION in asked and "Cora" in asked, "whoever is ticked never sees it"
    sent = await staff.post("/feedback/worry", data={**WORRY, "read": QUESTION})
    assert sent.headers["location"] == "/", "its owner has yet to set it aside, so not back to the words"
    event = await raised(world)
    assert await concern_page(world, lead, event["concern_id"])
    assert (event["source"], event["source_id"]) == ("question", QUESTION.rpartition("/")[2])
    assert event["marked_as"] == "coordinator"
    assert WORRY["why"] not in str(event)
    settle = f"/feedback/staff/safeguarding/{event['concern_id']}/settle"
    done = {"outcome": "returned", "note": "We rang: a misunderstanding."}
    assert (await world.visitor("finance", person_id=lead).post(settle, data=done)).status_code == 303
    settled = (await world.events("concern-settled"))[-1]
    assert settled["returned"] is True and settled["source_id"] == event["source_id"]


async def test_fb_09_only_staff_link_to_what_they_read(world: World) -> None:
    await leads(world)
    participant = world.visitor("participant", person_id=await world.know_person("Amina", "participant"))
    assert QUESTION not in (await participant.get("/feedback/worry", params={"read": QUESTION})).text
    await participant.post("/feedback/worry", data={**WORRY, "read": QUESTION})
    assert await world.value("SELECT read_at FROM concerns") == ""


async def test_fb_09_a_worry_sent_twice_is_one_concern(world: World) -> None:
    await leads(world)
    visitor = world.visitor()
    key = re.findall(r'name="idempotency_key" value="([^"]+)"', (await visitor.get("/feedback/worry")).text)[0]
    for _ in range(2):
        assert (await visitor.post("/feedback/worry", data={**WORRY, "idempotency_key": key})).status_code == 303
    assert await world.value("SELECT count(*) FROM concerns") == 1


async def test_fb_09_who_is_signed_in_no_more_is_asked_how_we_reach_them(world: World) -> None:
    await leads(world)
    said = await world.visitor().post("/feedback/worry", data={**WORRY, "signed": "true"})
    assert said.status_code == 422 and "You are not signed in any more" in said.text and 'name="reach"' in said.text
    assert WORRY["why"] in said.text and 'name="signed"' not in said.text
    assert await world.value("SELECT count(*) FROM concerns") == 0


async def test_fb_09_ten_worries_a_day_from_one_person_and_no_more_and_blank_ones_count_for_nothing(
    world: World,
) -> None:
    await leads(world)
    participant = world.visitor("participant", person_id=await world.know_person("Amina", "participant"))
    for number in range(WORRIES_A_DAY):
        assert (await participant.post("/feedback/worry", data={"why": " "})).status_code == 422
        assert (await participant.post("/feedback/worry", data={"why": f"Worry {number}"})).status_code == 303
    refused = await participant.post("/feedback/worry", data=WORRY)
    assert refused.status_code == 422 and "Ring 999" in refused.text and WORRY["why"] in refused.text
    await world.passes(25)
    assert (await participant.post("/feedback/worry", data=WORRY)).status_code == 303


async def test_fb_09_worries_told_at_the_same_moment_are_counted_one_after_the_other(world: World) -> None:
    await leads(world)
    amina = await world.know_person("Amina", "participant")
    told = [
        world.do(safeguarding.tell_of_worry, why="I was left outside.", about=[], hours=24, by=amina)
        for _ in range(WORRIES_A_DAY + 5)
    ]
    outcomes = await asyncio.gather(*told, return_exceptions=True)
    assert sum(isinstance(each, Refused) for each in outcomes) == 5
    assert await world.value("SELECT count(*) FROM concerns") == WORRIES_A_DAY


async def test_fb_09_a_visitor_is_not_asked_about_people_whom_they_cannot_know(world: World) -> None:
    for name in ("Ada", "Bo"):
        await world.know_person(name, "administrator")
    asked = (await world.visitor().get("/feedback/worry")).text
    assert 'name="about"' not in asked and "Ada" not in asked
    assert 'name="about_roles"' in asked and "It is about one of the administrators" in asked
    await leads(world)
    asked = (await world.visitor().get("/feedback/worry")).text
    assert asked.count('name="about"') == 2 and "The safeguarding lead" in asked
    assert 'name="about_roles"' in asked, "they may stand in one day, while it is open"


async def test_peo_02_a_worry_that_a_helper_wrote_down_says_so(world: World) -> None:
    lead, _ = await leads(world)
    amina, priya = await world.know_person("Amina", "participant"), await world.know_person("Priya", "coordinator")
    helping = world.visitor("coordinator", person_id=priya, acting_for=amina)
    asked = " ".join((await helping.get("/feedback/worry")).text.split())
    assert "Press “Stop helping” first. What is written here counts as told by the person being helped." in asked
    assert "Whoever reads it sees that it comes from the person being helped, and who wrote it down." in asked
    assert "it is from them" not in asked and "They hear at once" not in asked, "nobody knows who they are"
    assert (await helping.post("/feedback/worry", data=WORRY)).status_code == 303
    read = await concern_page(world, lead, (await raised(world))["concern_id"])
    assert "Amina" in read and "Written down for them by" in read and "Priya" in read


async def test_fb_09_pages_name_no_lead_and_no_job_that_nobody_here_has(world: World) -> None:
    """Administrators stand in; keeping people safe is not their job, and nobody is named lead."""
    await world.know_person("Priya Patel", "administrator")
    visitor = world.visitor()
    asked = await visitor.get("/feedback/worry")
    refused = await visitor.post("/feedback/worry", data={"why": " "})
    assert refused.status_code == 422 and "Write what worries you" in refused.text
    for shown in (asked.text, refused.text):
        assert "safeguarding lead" not in shown and "whose job" not in shown
    assert "Only the administrators read it. They stand in" in " ".join(asked.text.split())


async def test_fb_09_nobody_is_told_to_ring_themselves(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    path, asked = "/feedback/staff/safeguarding/whom-to-tell", list[str]()

    async def held(subject: str, question: dict[str, Any]) -> dict[str, Any]:
        asked.extend(question["person_ids"])
        return {"addresses": {each: {"phone": "07700 900123"} for each in question["person_ids"]}}

    monkeypatch.setattr(world.service, "requests", held)
    priya = await world.know_person("Priya Patel", "administrator")

    async def said(person: UUID) -> str:
        shown = await world.visitor("administrator", "coordinator", person_id=person).get(path)
        return " ".join(shown.text.split())

    alone = await said(priya)
    assert "Such worries come to you alone" in alone and "Priya Patel:" not in alone and "07700" not in alone
    assert asked == [] and not await world.steps("contact-details-read")
    lead, deputy = await leads(world)
    shown = await said(lead)
    assert "Lena Lead:" not in shown and "Dora Deputy: <a" in shown and "to you, and to others" in shown
    assert asked == [str(deputy)]
    assert "Then tell the safeguarding lead and deputy today" in await said(priya)


async def test_fb_09_two_concerns_of_one_moment_are_told_apart(world: World) -> None:
    lead, _ = await leads(world)
    for words in ("One.", "Two."):
        await world.visitor().post("/feedback/worry", data={"why": words})
    await world.write("UPDATE concerns SET raised_at = now(), respond_by = now() + interval '1 day'")
    reader = world.visitor("finance", person_id=lead)
    listed = BeautifulSoup((await reader.get("/feedback/staff/safeguarding")).text, "html.parser")
    links = [each for each in listed.select("main a") if "Concern " in each.text]
    assert len({each.text for each in links}) == 2
    code = links[0].text.split()[1].rstrip(",")
    assert f"Safeguarding concern {code}" in (await reader.get(str(links[0]["href"]))).text


async def test_fb_09_the_concern_shows_what_is_set_aside_asked_of_its_owner_by_whoever_reads_it(
    world: World, owner: Owner
) -> None:
    lead, _ = await leads(world)
    amina, cora = await world.know_person("Amina", "participant"), await world.know_person("Cora", "coordinator")
    staff = world.visitor("coordinator", person_id=cora)
    await staff.post("/feedback/worry", data={**WORRY, "read": QUESTION})
    concern = (await raised(world))["concern_id"]
    owner.is_away = True
    assert "could not fetch what they read just now" in await concern_page(world, lead, concern)
    owner.is_away = False
    owner.found = {"text": "He hits me.", "person_id": str(amina), "reach": "07700 900123"}
    read = await concern_page(world, lead, concern)
    assert f'href="/opportunities/questions/{QUESTION.rpartition("/")[2]}/set-aside"' in read
    assert "He hits me." in read and "Written by Amina" in read and "tel:07700900123" in read
    question = {"source": "question", "id": QUESTION.rpartition("/")[2], "by": str(lead), "kept_from": []}
    assert owner.of_words() == [("opportunities.words.feedback", question)]
    assert not await concern_page(world, cora, concern) and len(owner.of_words()) == 1, "nobody else asks"
    owner.found = None
    assert f'href="{QUESTION}"' in await concern_page(world, lead, concern, "coordinator")
    read = await concern_page(world, lead, concern)
    assert f'href="{QUESTION}"' not in read and "on a page that only coordinators open" in read


async def test_fb_09_whom_a_concern_is_about_reads_nothing_of_what_it_was_raised_from_through_another_one(
    world: World, owner: Owner
) -> None:
    """Nobody is named, so administrators stand in. What Priya had before is hers still, without what was read there."""
    priya, sam = [await world.know_person(name, "administrator") for name in ("Priya", "Sam")]
    bea, its_id = await world.know_person("Bea", "coordinator"), QUESTION.rpartition("/")[2]

    def kept_from() -> list[str]:
        return owner.of_words()[-1][1]["kept_from"]

    async def raise_one(person: UUID, about: UUID | None = None, read: str = QUESTION) -> dict[str, Any]:
        data = {**WORRY, "read": read, **({"about": str(about)} if about else {})}
        await world.visitor("coordinator", person_id=person).post("/feedback/worry", data=data)
        [newest] = await world.rows("SELECT concern_id FROM concerns ORDER BY raised_at DESC, concern_id DESC LIMIT 1")
        return [each for each in await world.events("concern-raised") if each["concern_id"] == str(newest.concern_id)][
            -1
        ]

    before = await raise_one(bea)
    assert before["people"] == sorted([str(priya), str(sam)])
    assert await concern_page(world, priya, before["concern_id"]) and kept_from() == []
    first = await raise_one(bea, about=priya)
    assert first["people"] == [str(sam)]
    assert await concern_page(world, priya, before["concern_id"]) and kept_from() == [its_id]
    own = await raise_one(priya, read=QUESTION + "/show")
    assert own["people"] == [str(sam)] and not await concern_page(world, priya, own["concern_id"])
    assert await concern_page(world, sam, own["concern_id"]) and kept_from() == []
    against = await raise_one(priya, about=sam)
    assert against["people"] == [str(bea)], "an administrator is not left, so the next rank has it"
    assert await concern_page(world, sam, first["concern_id"]), "nobody takes a concern from Sam by naming him"
    assert kept_from() == [its_id]
    assert await concern_page(world, bea, first["concern_id"]) and kept_from() == [], "somebody has all of them"


async def test_fb_09_only_who_can_open_the_page_sets_it_aside_and_others_raise_a_concern_that_links_there(
    world: World, owner: Owner
) -> None:
    """Its owner says so of the person who is signed in, so that no address and no form can say it for somebody else."""
    lead, _ = await leads(world)
    cora = await world.know_person("Cora", "coordinator", "approver")
    staff = world.visitor("coordinator", "approver", person_id=cora, factor=False)
    owner.lets_as = None
    asked = " ".join((await staff.get("/feedback/worry", params={"read": QUESTION})).text.split())
    assert "They get a link to" in asked and "set aside" not in asked
    assert (await staff.post("/feedback/worry", data={**WORRY, "read": QUESTION})).status_code == 303
    told = {"source": "question", "id": QUESTION.rpartition("/")[2], "by": str(cora), "roles": ["coordinator"]}
    assert owner.asked == [("opportunities.set-aside.feedback", told)] * 2, "not as approver without the second step"
    event = await raised(world)
    assert (event["source"], event["source_id"], event["marked_as"]) == (None, None, "")
    read = await concern_page(world, lead, event["concern_id"])
    assert WORRY["why"] in read and QUESTION not in read and "/set-aside" not in read
    assert owner.of_words() == []


async def test_fb_09_who_may_set_it_aside_does_so_at_once_and_the_event_says_it_again(
    world: World, owner: Owner
) -> None:
    lead, deputy = await leads(world)
    staff = world.visitor("coordinator", person_id=await world.know_person("Cora", "coordinator"))
    await staff.post("/feedback/worry", data={**WORRY, "read": QUESTION})
    event = await raised(world)
    at_once = owner.asked[-1][1]["concern"]
    assert {**at_once, "tell": event["tell"]} == event and at_once["people"] == [str(lead)]
    assert at_once["deputy"] == str(deputy)


async def test_fb_09_an_owner_that_is_away_is_asked_again_and_the_concern_waits_for_nobody(
    world: World, owner: Owner
) -> None:
    priya, sam = [await world.know_person(name, "administrator") for name in ("Priya", "Sam")]
    staff = world.visitor("coordinator", person_id=await world.know_person("Cora", "coordinator"))
    await staff.post("/feedback/worry", data={**WORRY, "about": str(priya), "read": QUESTION})
    owner.is_away = True
    asked = (await staff.get("/feedback/worry", params={"read": QUESTION})).text
    assert "as soon as that works again" in asked
    await staff.post("/feedback/worry", data={**WORRY, "read": QUESTION})
    waiting = await raised(world)
    assert waiting["source"] is None and waiting["people"] == [str(sam)], "not Priya, whom the other one is about"
    owner.is_away = False
    sets_aside = await raised(world)
    assert sets_aside["concern_id"] == waiting["concern_id"] and sets_aside["source"] == "question"
    owner.is_away, owner.lets_as = True, None
    await staff.post("/feedback/worry", data={**WORRY, "read": QUESTION})
    owner.is_away = False
    await world.passes(0)
    assert (await raised(world))["source"] is None
    assert await world.value("SELECT count(*) FROM concerns WHERE asks_as IS NOT NULL") == 0


async def test_fb_09_pri_03_who_has_a_concern_reaches_who_raised_it_and_each_look_is_written_down(
    world: World, owner: Owner
) -> None:
    lead, _ = await leads(world)
    amina, gus = await world.know_person("Amina", "participant"), await world.know_person("Gus", "participant")
    await world.visitor("participant", person_id=amina).post("/feedback/worry", data=WORRY)
    concern = (await raised(world))["concern_id"]
    path = f"/feedback/staff/safeguarding/{concern}"
    assert f'href="{path}/reach"' in await concern_page(world, lead, concern)
    reader = world.visitor("finance", person_id=lead)
    shown = " ".join((await reader.get(f"{path}/reach")).text.split())
    assert "Amina" in shown and "tel:07700900456" in shown and "mailto:amina@example.org" in shown
    assert owner.asked[-1] == ("people.addresses.feedback", {"person_ids": [str(amina)], "concern": True})
    assert [(step.actor_id, step.about) for step in await world.steps("contact-details-read")] == [(lead, amina)]
    for stranger in (amina, await world.know_person("Cora", "coordinator")):
        assert (await world.visitor("coordinator", person_id=stranger).get(f"{path}/reach")).status_code == 404
    owner.is_away = True
    assert "could not look that up just now" in (await reader.get(f"{path}/reach")).text
    owner.is_away, owner.found = False, {"text": "He hits me.", "person_id": str(gus), "reach": ""}
    cora = world.visitor("coordinator", person_id=await world.know_person("Cora", "coordinator"))
    await cora.post("/feedback/worry", data={**WORRY, "read": QUESTION})
    shown = (await reader.get(f"/feedback/staff/safeguarding/{(await raised(world))['concern_id']}/reach")).text
    assert "Written by" in shown and "Gus" in shown and "Cora" in shown


async def test_fb_09_fb_01_nothing_leads_to_somebody_who_raised_a_concern_without_signing_in(
    world: World, owner: Owner
) -> None:
    lead, _ = await leads(world)
    await world.visitor().post("/feedback/worry", data=WORRY)
    concern = (await raised(world))["concern_id"]
    assert "/reach" not in await concern_page(world, lead, concern)
    shown = await world.visitor("finance", person_id=lead).get(f"/feedback/staff/safeguarding/{concern}/reach")
    assert "not signed in" in shown.text and owner.asked == []
