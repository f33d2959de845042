"""The pages of somebody's place."""

import re
from typing import Any

import httpx
import pytest

from services.opportunities.places.pages.common import NeedsForm
from services.opportunities.places.pages.guests import GuestNeedsForm
from services.opportunities.places.use_cases import taking
from shared.db import new_id
from tests.opportunities.support import World
from tests.opportunities.visitors import here_running, participant_signed_in, post, shown, staff_signed_in, take_part  # noqa: F401
from tests.support.apps import client_of, signed_in
from tests.support.marks import CHANGED, mark_of, press


async def test_opp_07_one_takes_part_asks_and_reads_the_answer(
    here: World, staff: httpx.AsyncClient, participant: httpx.AsyncClient
):
    opportunity_id = await here.published()
    question = await shown(participant, f"/opportunities/{opportunity_id}/take-part")
    assert question.count('type="checkbox"') == 8 and "checked" not in question
    place = await take_part(participant, opportunity_id, needs=["easy-read", "travel"], words="By Friday")
    page = await shown(participant, place)
    assert "You have a place" in page and "We have not answered yet" in page and "video.example" in page
    needs = {row["need"]: row["id"] for row in await here.dicts("SELECT need, id FROM needs")}
    base = f"/opportunities/staff/{opportunity_id}/needs"
    assert "By Friday" in await shown(staff, base)
    await shown(staff, f"{base}/{needs['easy-read']}")

    async def answer(need: str, status: int = 303, **said: str) -> httpx.Response:
        page = f"{base}/{needs[need]}"
        return await post(staff, page, status, **mark_of(await staff.get(page)), **said)

    await answer("easy-read", answer="promised", reason="")
    await answer("easy-read", answer="met")
    refused = await answer("travel", 422, answer="not-met", reason="")
    assert "Write why it could not be met." in refused.text
    await answer("travel", answer="not-met", reason="It is online, so no lift is needed.")
    page = await shown(participant, place)
    assert "This is ready" in page and "It is online, so no lift is needed." in page
    assert len(await here.events("access-need-answered")) == 3
    await shown(staff, f"{base}/{new_id()}", status=404)
    bad = await post(participant, f"{place}/needs", status=422, needs=["diagnosis"])
    assert "Choose from the list" in bad.text
    await post(participant, f"{place}/needs", needs=["breaks", "food"], words="No nuts")
    page = await shown(participant, place)
    assert "Breaks" in page and "What you wrote" in page and "No nuts" in page and "Something else" not in page
    assert "We have written down what you need" in page and "We changed it" not in page
    await post(participant, f"{place}/needs", needs=["breaks"])
    page = await shown(participant, place)
    assert "We changed it" in page and "We have written down what you need" not in page and "What you wrote" not in page


async def test_opp_07_what_is_promised_is_what_was_read(
    here: World, staff: httpx.AsyncClient, participant: httpx.AsyncClient
):
    opportunity_id = await here.published()
    place = await take_part(participant, opportunity_id, needs=[], words="A seat by the door")
    [need] = await here.dicts("SELECT id FROM needs WHERE need = 'other'")
    page = f"/opportunities/staff/{opportunity_id}/needs/{need['id']}"
    open_page = await staff.get(page)
    await post(participant, f"{place}/needs", words="A taxi from home, each time")
    for data in (mark_of(open_page), {}):
        late = await staff.post(page, data={"answer": "promised", **data})
        assert (late.status_code, CHANGED in late.text, "A taxi from home" in late.text) == (422, True, True)
    assert [row["state"] for row in await here.dicts("SELECT state FROM needs")] == ["asked"]
    await post(staff, page, answer="promised", **mark_of(await staff.get(page)))


def test_net_02_something_else_cannot_be_ticked_for_another_organisation():
    assert NeedsForm(needs=["other"]).needs == ["other"]
    with pytest.raises(ValueError, match="Choose from the list"):
        GuestNeedsForm(needs=["other"])


async def test_opp_05_the_waiting_list_as_people_see_it(
    here: World, staff: httpx.AsyncClient, participant: httpx.AsyncClient
):
    opportunity_id = await here.published(capacity=1)
    async with client_of(here.app) as other:
        await here.with_cards(signed_in(other, "participant"))
        held = await take_part(other, opportunity_id)
        assert "Join the waiting list" in await shown(participant, f"/opportunities/{opportunity_id}")
        place = await take_part(participant, opportunity_id)
        assert "You are on the waiting list" in await shown(participant, place)
        assert "video.example" not in await shown(participant, place)
        for url in ("", f"/{opportunity_id}"):
            assert "1 of 1 place taken, 1 waiting" in await shown(staff, f"/opportunities/staff{url}")
        assert "See your place" in await shown(participant, f"/opportunities/{opportunity_id}")
        again = await participant.get(f"/opportunities/{opportunity_id}/take-part")
        assert (again.status_code, again.headers["location"]) == (303, place)
        assert "If we booked something" in await shown(other, f"{held}/leave")
        waits = await shown(participant, f"{place}/leave")
        assert "on the waiting list" in waits and "booked" not in waits and "my place" not in waits
        await post(other, f"{held}/leave")
        assert "You left" in await shown(other, "/opportunities/mine")
    assert "Please answer by" in await shown(participant, "/opportunities/mine")
    offered = await shown(participant, f"{place}/leave")
    assert "The offer of a place" in offered and "booked" not in offered and "my place" not in offered
    await press(participant, place, f"{place}/accept")
    assert "You have a place" in await shown(participant, place)


async def test_a_press_that_was_kept_does_nothing_and_leads_back_to_the_page_that_has_its_button(
    here: World, participant: httpx.AsyncClient
):
    place = await take_part(participant, await here.published())
    there = {"referer": "https://localhost/people/session/kept"}
    answer = await participant.post(f"{place}/leave", data={"_kept": f"{place}/leave"}, headers=there)
    assert answer.status_code == 422 and f'href="{place}/leave"' in answer.text
    assert "/people/session/kept" not in answer.text and "You have a place" in await shown(participant, place)
    for elsewhere in ("https://evil.example/", "//evil.example", "%2F%2Fevil.example", "yes"):
        answer = await participant.post(f"{place}/leave", data={"_kept": elsewhere})
        assert answer.status_code == 422 and "evil.example" not in answer.text


async def test_someone_elses_place_answers_404(here: World, participant: httpx.AsyncClient):
    place = await take_part(participant, await here.published(), needs=["breaks"])
    async with client_of(here.app) as other:
        for roles in (["participant"], ["coordinator"], ["operator"]):
            signed_in(other, *roles)
            for part in ("", "/needs", "/leave"):
                await shown(other, place + part, status=404)
            for part in ("/needs", "/leave", "/accept"):
                await post(other, place + part, status=404)
    assert "You have a place" in await shown(participant, place)


async def test_peo_02_someone_who_is_helped_gets_the_place_and_it_is_recorded(here: World):
    opportunity_id, helped = await here.published(), new_id()
    async with client_of(here.app) as helper:
        await here.with_cards(helped)
        helper_id = signed_in(helper, "coordinator", acting_for=helped)
        await take_part(helper, opportunity_id)
    (row,) = await here.dicts("SELECT participant_id, actor_id, acting_for FROM places")
    assert row == {"participant_id": helped, "actor_id": helper_id, "acting_for": helped}


async def test_peo_02_a_helper_reads_what_may_be_chosen_as_theirs(here: World):
    opportunity_id, helped = await here.published(), await here.person("Jo Fen")
    place_id = await here.do(taking.take_place, opportunity_id, helped, [], "")
    place = f"/opportunities/places/{place_id}"
    async with client_of(here.app) as client:
        signed_in(client, "coordinator", acting_for=helped.id)
        speaking, needs = await shown(client, f"{place}/speaking-for"), await shown(client, f"{place}/needs")
        assert "For themselves" in speaking and "For myself" not in speaking
        assert "A supporter or carer comes with them" in needs and "with me" not in needs
        said = await post(client, f"{place}/speaking-for", 303, speaks_for="self")
        assert "thank" not in (await shown(client, said.headers["location"])).lower().split("<h1")[0]
        signed_in(client, "participant", person_id=helped.id)
        assert "For myself" in await shown(client, f"{place}/speaking-for")


async def test_pri_03_a_helper_who_reads_what_somebody_needs_is_written_down(here: World):
    opportunity_id, helped = await here.published(), await here.person("Jo Fen")
    place_id = await here.do(taking.take_place, opportunity_id, helped, ["breaks"], "A seat by the door")
    none = await here.do(taking.take_place, await here.published(), helped, [], "")
    url = f"/opportunities/places/{place_id}"
    async with client_of(here.app) as client:
        signed_in(client, "participant", person_id=helped.id)
        assert "A seat by the door" in await shown(client, url)
        assert await here.steps("needs-read") == []
        helper = signed_in(client, "coordinator", acting_for=helped.id)
        for path in (url, f"{url}/needs"):
            assert "A seat by the door" in await shown(client, path)
        await post(client, f"{url}/needs", 422, needs="nonsense")
        for path in (f"{url}/leave", "/opportunities/mine", f"/opportunities/places/{none}"):
            await shown(client, path)
    assert [(step.about, step.actor_id) for step in await here.steps("needs-read")] == [(place_id, helper)] * 3


async def test_peo_01_what_somebody_usually_needs_is_ticked_where_they_take_part(
    here: World, monkeypatch: pytest.MonkeyPatch
):
    opportunity_id, whom = await here.published(), await here.person("Olive Fen")

    async def requests(subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        usual = {"usual_needs": {str(whom.id): ["supporter", "other"]}} if payload.get("usual_needs") else {}
        return {"cards": {}} | usual

    url = f"/opportunities/{opportunity_id}/take-part"
    async with client_of(here.app) as client:
        signed_in(client, "participant", person_id=whom.id)
        assert "We ticked" not in await shown(client, url)  # people is away
        monkeypatch.setattr(here.service, "requests", requests)
        page = await shown(client, url)
        assert "We ticked what you usually need." in page and re.findall(r'value="([a-z-]+)"[^>]*checked', page) == [
            "supporter"
        ]
        assert await here.steps("needs-read") == []
        await post(client, url, needs=[], **mark_of(await client.get(url)))
        assert await here.dicts("SELECT 1 FROM needs") == []
        helper = signed_in(client, "coordinator", acting_for=(other := await here.person("Ash Wren")).id)
        await shown(client, url)
        assert await here.steps("needs-read") == []
        whom = other
        await shown(client, url)
    assert [(step.about, step.actor_id) for step in await here.steps("needs-read")] == [(other.id, helper)]


@pytest.mark.parametrize(("mode", "offered"), [("online", False), ("in-person", True), ("both", True)])
async def test_opp_07_what_is_online_offers_no_lift_no_way_without_steps_and_no_food(
    here: World, mode: str, offered: bool
):
    opportunity_id = await here.published(mode=mode)
    whom = (await here.person("Olive Fen")).id
    async with client_of(here.app) as client:
        signed_in(client, "participant", person_id=whom)
        page = await shown(client, f"/opportunities/{opportunity_id}/take-part")
    there = [need for need in ("travel", "step-free", "food", "hearing-loop") if f'value="{need}"' in page]
    assert bool(there) is offered and 'value="breaks"' in page


async def test_31_a_visitor_reads_that_signing_in_leads_on_to_the_place_that_they_want(here: World):
    opportunity_id = await here.published()
    async with client_of(here.app) as visitor:
        answer = await visitor.get(f"/opportunities/{opportunity_id}/take-part")
        assert answer.headers["location"] == f"/people/sign-in?next=/opportunities/{opportunity_id}/take-part"
        assert "To take part in “A say in the drop-in”, sign in or join us first." in await shown(
            visitor, "/opportunities"
        )
        here.move(days=40)
        over = await visitor.get(f"/opportunities/{opportunity_id}/take-part")
        assert over.headers["location"] == f"/opportunities/{opportunity_id}"
