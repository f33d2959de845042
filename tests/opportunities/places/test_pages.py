"""The pages of opportunities as people use them, with the broker away."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.opportunities.domain import KINDS
from services.opportunities.pages.common import NeedsForm
from services.opportunities.pages.guests import GuestNeedsForm
from services.opportunities.pages.items import ITEMS
from services.opportunities.use_cases import places
from shared.clock import LONDON
from shared.db import new_id
from shared.identity import Role, Session, cookie_name, issue_token
from tests.opportunities.support import TEXTS, World, house, someone
from tests.support.apps import SIGNING_KEY, client_of, running, signed_in
from tests.support.marks import CHANGED, mark_of, press
from tests.support.servers import ORGANISATION

WHOLE = {"reached_by_message": True, "told_apart_by": ""}
"""All that a card says, so that no job asks `people` for the rest."""


@pytest.fixture
async def here(folder: Any, service_database: Any) -> AsyncIterator[World]:
    built = house(folder, service_database("opportunities"), areas="Fenland, Peterborough")
    async with running(built.app):
        yield built


@pytest.fixture
async def staff(here: World) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(here.app) as client:
        signed_in(client, "coordinator")
        yield client


@pytest.fixture
async def participant(here: World) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(here.app) as client:
        await here.with_cards(signed_in(client, "participant"), **WHOLE)
        yield client


async def post(client: httpx.AsyncClient, url: str, status: Any = 303, **fields: Any) -> httpx.Response:
    """Send a form; names may have hyphens: give them with underscores doubled."""
    answer = await client.post(url, data={name.replace("__", "-"): value for name, value in fields.items()})
    assert answer.status_code == status, (url, answer.status_code, re.findall(r"<li>.*?</li>|error-message.*?</p>", answer.text))
    return answer


async def shown(client: httpx.AsyncClient, url: str, status: int = 200) -> str:
    answer = await client.get(url)
    assert answer.status_code == status, (url, answer.status_code)
    return answer.text


async def take_part(client: httpx.AsyncClient, opportunity_id: UUID | str, **fields: Any) -> str:
    """The address of one's place."""
    url = f"/opportunities/{opportunity_id}/take-part"
    shown = await client.get(url)
    return (await post(client, url, **mark_of(shown), **fields)).headers["location"] if shown.status_code == 200 else shown.headers["location"]


def session_fields(here: World, days: int = 35) -> dict[str, str]:
    day = (here.now + timedelta(days=days)).astimezone(LONDON)
    return {"day__day": str(day.day), "day__month": str(day.month), "day__year": str(day.year), "starts": "10:30", "ends": "12pm", "venue": "Online"}


async def write_all(staff: httpx.AsyncClient, base: str, but: tuple[str, ...] = ()) -> None:
    """Every item of the task list except some, each on its own page."""
    for slug, item in ITEMS.items():
        values = {field.name: TEXTS[field.name] for field in item.fields if field.name in TEXTS}
        if slug in but or not values:
            continue
        await post(staff, f"{base}/items/{slug}", **{name: str(value).lower() if value is True else value for name, value in values.items()})


async def test_a_title_has_no_line_break_whatever_was_pasted(here: World, staff: httpx.AsyncClient):
    base = (await post(staff, "/opportunities/staff/new", title="A say\r\nin the\tdrop-in", kind="workshop")).headers["location"]
    assert [row["title"] for row in await here.dicts("SELECT title FROM opportunities")] == ["A say in the drop-in"]
    await post(staff, f"{base}/items/title", title="A say\n\nin it", kind="workshop")
    assert [row["title"] for row in await here.dicts("SELECT title FROM opportunities")] == ["A say in it"]


async def test_opp_02_a_coordinator_writes_is_shown_what_is_missing_and_publishes(here: World, staff: httpx.AsyncClient):
    await post(staff, "/opportunities/staff/new", status=422, title="", kind="lottery")
    started = await post(staff, "/opportunities/staff/new", title="A say in the drop-in", kind="tender-panel")
    base = started.headers["location"]
    refused = await post(staff, f"{base}/publish", status=422)
    for sentence in ("Write why this is happening, and its background.", "Write what is paid.", "Add at least one session"):
        assert sentence in refused.text
    for item in ("background", "sessions", "summary"):
        assert f'href="#{item}"' in refused.text and f'id="{item}"' in refused.text
    await write_all(staff, base, but=("result",))
    await post(staff, f"{base}/sessions", joining="https://video.example/room", **session_fields(here))
    still = await post(staff, f"{base}/publish", status=422)
    assert "Write what happens with the result." in still.text and "Write what is paid." not in still.text
    await post(staff, f"{base}/items/result", result="We tell you who won.")
    assert (await press(staff, f"{base}/publish", f"{base}/publish")).status_code == 303
    (event,) = await here.events("opportunity-created")
    assert (event["kind"], event["paid"], event["short_notice_reason"]) == ("tender-panel", True, "")
    assert len(event["sessions"]) == 1 and "joining" not in event["sessions"][0]
    again = await post(staff, f"{base}/items/result", status=422, result="Something else")
    assert "This is published, so its words and dates stay as people read them." in again.text
    assert await here.broken() == {}


async def test_opp_02_who_publishes_has_seen_what_everybody_will_read(here: World, staff: httpx.AsyncClient):
    base = (await post(staff, "/opportunities/staff/new", title="A say", kind="workshop")).headers["location"]
    await write_all(staff, base)
    await post(staff, f"{base}/sessions", **session_fields(here))
    open_page = await staff.get(f"{base}/publish")
    await post(staff, f"{base}/items/result", result="Another coordinator wrote this.")
    for data in (mark_of(open_page), {}):
        late = await staff.post(f"{base}/publish", data=data)
        assert (late.status_code, CHANGED in late.text) == (422, True)
    assert await here.events("opportunity-created") == []
    assert (await press(staff, f"{base}/publish", f"{base}/publish")).status_code == 303


async def test_opp_03_short_notice_needs_a_reason_that_participants_see(here: World, staff: httpx.AsyncClient, participant: httpx.AsyncClient):
    base = (await post(staff, "/opportunities/staff/new", title="A say", kind="workshop")).headers["location"]
    await write_all(staff, base)
    await post(staff, f"{base}/sessions", **session_fields(here, 2))
    page = await shown(staff, base)
    assert "Two days or fewer is too short for many people" in page and "they would have 2 days" in page
    refused = await post(staff, f"{base}/publish", status=422)
    assert "It starts in fewer than 14 days. Write why, so that people know." in refused.text
    await post(staff, f"{base}/items/notice", notice_reason="The bids came late.")
    assert (await press(staff, f"{base}/publish", f"{base}/publish")).status_code == 303
    assert (await here.events("opportunity-created"))[0]["short_notice_reason"] == "The bids came late."
    assert "The bids came late." in await shown(participant, base.replace("/staff", ""))
    assert "That is too short for many people" in await shown(staff, base)
    assert await here.broken() == {}


async def test_opp_02_everyone_reads_all_items_and_can_ask_first_without_joining(here: World, participant: httpx.AsyncClient):
    opportunity_id = await here.published(capacity=4, commissioner="Fenland Council")
    async with client_of(here.app) as visitor:
        assert "A say in the drop-in" in await shown(visitor, "/opportunities")
        page = await shown(visitor, f"/opportunities/{opportunity_id}")
    for text in ("background", "expected", "time_needed", "payment", "contact_role", "contact_how", "accessibility", "summary"):
        assert TEXTS[text].replace("'", "&#39;") in page, text
    assert "Have a chat first" in page and "The Test Voice, for Fenland Council" in page
    assert "video.example" not in page


async def test_a_draft_is_not_there_for_the_public(here: World, participant: httpx.AsyncClient):
    opportunity_id = await here.draft()
    for url in (f"/opportunities/{opportunity_id}", f"/opportunities/{opportunity_id}/take-part", f"/opportunities/{new_id()}", "/opportunities/nonsense"):
        await shown(participant, url, status=404)
    assert "A say in the drop-in" not in await shown(participant, "/opportunities")


async def test_opp_07_one_takes_part_asks_and_reads_the_answer(here: World, staff: httpx.AsyncClient, participant: httpx.AsyncClient):
    opportunity_id = await here.published()
    question = await shown(participant, f"/opportunities/{opportunity_id}/take-part")
    assert question.count('type="checkbox"') == 12 and "checked" not in question
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


async def test_opp_07_what_is_promised_is_what_was_read(here: World, staff: httpx.AsyncClient, participant: httpx.AsyncClient):
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


async def test_opp_05_the_waiting_list_as_people_see_it(here: World, staff: httpx.AsyncClient, participant: httpx.AsyncClient):
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
        await shown(other, f"{held}/leave")
        await post(other, f"{held}/leave")
        assert "You left" in await shown(other, "/opportunities/mine")
    assert "Please answer by" in await shown(participant, "/opportunities/mine")
    await press(participant, place, f"{place}/accept")
    assert "You have a place" in await shown(participant, place)


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


async def test_an_error_shows_the_signed_in_their_ways_whether_a_route_asked_for_them_or_none_did(here: World, participant: httpx.AsyncClient):
    async with client_of(here.app) as visitor:
        for url, status in ((f"/opportunities/places/{new_id()}", 404), ("/opportunities/nonsense", 404), ("/opportunities/staff", 403)):
            page = await shown(participant, url, status)
            assert "Sign out" in page and "My claims" in page and "Sign in" not in page
        page = await shown(visitor, "/opportunities/nonsense", 404)
        assert "Sign in" in page and "Sign out" not in page
        visitor.cookies.set(cookie_name(ORGANISATION), "nonsense")
        assert "Sign in" in await shown(visitor, "/opportunities/nonsense", 404)
        someone_idle = Session(new_id(), new_id(), frozenset({Role.PARTICIPANT}))
        visitor.cookies.set(cookie_name(ORGANISATION), issue_token(SIGNING_KEY, ORGANISATION, someone_idle, life=timedelta(minutes=-1)))
        answer = await visitor.get("/opportunities/nonsense")
        assert (answer.status_code, answer.headers["location"]) == (307, "/people/session/renew?next=%2Fopportunities%2Fnonsense")


async def test_staff_pages_are_for_coordinators(here: World, participant: httpx.AsyncClient):
    opportunity_id = await here.published()
    base = f"/opportunities/staff/{opportunity_id}"
    for url in ("/opportunities/staff", "/opportunities/staff/new", base, f"{base}/needs", f"{base}/close"):
        await shown(participant, url, status=403)
    await post(participant, f"{base}/close", status=403)
    async with client_of(here.app) as visitor:
        assert (await visitor.get("/opportunities/mine")).status_code in (303, 307)


async def test_peo_02_someone_who_is_helped_gets_the_place_and_it_is_recorded(here: World):
    opportunity_id, helped = await here.published(), new_id()
    async with client_of(here.app) as helper:
        await here.with_cards(helped)
        helper_id = signed_in(helper, "coordinator", acting_for=helped)
        await take_part(helper, opportunity_id)
    (row,) = await here.dicts("SELECT participant_id, actor_id, acting_for FROM places")
    assert row == {"participant_id": helped, "actor_id": helper_id, "acting_for": helped}


async def test_pri_03_a_helper_who_reads_what_somebody_needs_is_written_down(here: World):
    opportunity_id, helped = await here.published(), await here.person("Jo Fen")
    place_id = await here.do(places.take_place, opportunity_id, helped, ["breaks"], "A seat by the door")
    none = await here.do(places.take_place, await here.published(), helped, [], "")
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


async def test_peo_01_what_somebody_usually_needs_is_ticked_where_they_take_part(here: World, monkeypatch: pytest.MonkeyPatch):
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
        assert "We ticked what you usually need." in page and re.findall(r'value="([a-z-]+)"[^>]*checked', page) == ["supporter"]
        assert await here.steps("needs-read") == []
        await post(client, url, needs=[], **mark_of(await client.get(url)))
        assert await here.dicts("SELECT 1 FROM needs") == []
        helper = signed_in(client, "coordinator", acting_for=(other := await here.person("Ash Wren")).id)
        await shown(client, url)
        assert await here.steps("needs-read") == []
        whom = other
        await shown(client, url)
    assert [(step.about, step.actor_id) for step in await here.steps("needs-read")] == [(other.id, helper)]


async def attended_page(here: World, staff: httpx.AsyncClient) -> tuple[str, list[Any]]:
    """(address of the session, places) once it has begun."""
    opportunity_id = await here.published()
    (session_id,) = await here.session_ids(opportunity_id)
    taken = [await here.do(places.take_place, opportunity_id, await here.person(name), [], "") for name in ("Ash Wren", "Jo Fen")]
    base = f"/opportunities/staff/{opportunity_id}/sessions/{session_id}"
    assert "You can fill it in when the session has started" in await shown(staff, f"{base}/register")
    here.move(days=35, minutes=100)
    return base, taken


def key_of(page: str) -> str:
    found = re.search(r'name="idempotency_key" value="([^"]+)"', page)
    assert found
    return found[1]


async def test_opp_11_the_register_page(here: World, staff: httpx.AsyncClient):
    base, (ash, jo) = await attended_page(here, staff)
    page = await shown(staff, f"{base}/register")
    assert page.index("Ash Wren") < page.index("Jo Fen") and page.count('value="90"') == 2
    key = key_of(page)
    form = {f"present-{ash}": "yes", f"minutes-{ash}": "90", f"present-{jo}": "yes", f"minutes-{jo}": "75", "idempotency_key": key}
    for _ in range(2):
        await post(staff, f"{base}/register", **form)
    told = await here.events("attendance-recorded")
    assert sorted(event["minutes"] for event in told) == [75, 90]
    await post(staff, f"{base}/register", **form | {f"minutes-{jo}": "60"})
    assert [event["minutes"] for event in await here.events("attendance-recorded")][2:] == [60]
    assert "Corrected 1 time" in await shown(staff, f"{base}/register")
    printed = await shown(staff, f"{base}/register/print")
    assert "Ash Wren" in printed and "Left at" in printed
    assert await here.broken() == {}


async def test_a_register_that_was_kept_comes_back_with_every_line_as_typed(here: World, staff: httpx.AsyncClient):
    base, places = await attended_page(here, staff)
    form = {"idempotency_key": key_of(await shown(staff, f"{base}/register")), "_kept": "yes"}
    page = (await post(staff, f"{base}/register", 422, **form, **{f"present-{places[0]}": "yes", f"minutes-{places[0]}": "37"})).text
    assert "This was not sent yet. We kept what you typed" in page
    assert re.search(rf'name="minutes-{places[0]}"[^>]*value="37"', page) and re.search(rf'name="present-{places[0]}"[^>]*value="yes"[^>]*checked', page)


@pytest.mark.parametrize("minutes", ["", "ninety", "-5", "90.5", "9" * 40, "٣", "0", "721"])
async def test_opp_11_minutes_that_cannot_be_get_a_clear_sentence_and_change_nothing(minutes: str, here: World, staff: httpx.AsyncClient):
    base, (ash, jo) = await attended_page(here, staff)
    key = key_of(await shown(staff, f"{base}/register"))
    form = {f"present-{ash}": "yes", f"minutes-{ash}": "90", f"present-{jo}": "yes", f"minutes-{jo}": minutes, "idempotency_key": key}
    refused = await post(staff, f"{base}/register", status=422, **form)
    assert f'href="#minutes-{jo}"' in refused.text and "minutes" in refused.text
    assert await here.events("attendance-recorded") == []


async def test_opp_11_minutes_far_above_the_plan_are_asked_about_once_and_for_these_minutes_alone(here: World, staff: httpx.AsyncClient):
    base, (_, jo) = await attended_page(here, staff)
    key = key_of(await shown(staff, f"{base}/register"))
    form = {"idempotency_key": key, f"present-{jo}": "yes", f"minutes-{jo}": "720"}
    asked = (await post(staff, f"{base}/register", status=422, **form)).text
    assert "Is this right? 720 minutes is 12 hours, and 1 hour 30 minutes was planned." in asked and await here.dicts("SELECT 1 FROM attendances") == []
    assert f'name="sure-{jo}" type="checkbox" value="720"' in asked
    await post(staff, f"{base}/register", status=422, **form | {f"sure-{jo}": "700"})
    await post(staff, f"{base}/register", **form | {f"sure-{jo}": "720"})
    assert [row["minutes"] for row in await here.dicts("SELECT minutes FROM attendance_records")] == [720]
    again = await shown(staff, f"{base}/register")  # a correction of someone else does not ask anew
    assert f'type="hidden" name="sure-{jo}" value="720"' in again and 'type="checkbox" name="sure' not in again
    await post(staff, f"{base}/register", status=422, **form | {"idempotency_key": key_of(again), f"sure-{jo}": "720", f"minutes-{jo}": "700"})


async def test_opp_11_an_empty_register_or_one_without_its_key_is_refused(here: World, staff: httpx.AsyncClient):
    base, (ash, _) = await attended_page(here, staff)
    key = key_of(await shown(staff, f"{base}/register"))
    refused = await post(staff, f"{base}/register", status=422, idempotency_key=key)
    assert "Say for at least one person whether they were there" in refused.text
    await post(staff, f"{base}/register", status=422, **{f"present-{ash}": "no", "idempotency_key": "nonsense"})
    await post(staff, f"{base}/register", **{f"present-{ash}": "no", "idempotency_key": key})
    assert [event["present"] for event in await here.events("attendance-recorded")] == [False]


async def test_opp_11_a_walk_in_is_chosen_by_name(here: World, staff: httpx.AsyncClient):
    base, _ = await attended_page(here, staff)
    visitor = await here.person("Robin Marsh")
    await here.person("Kit Staff", "coordinator")
    page = await shown(staff, f"{base}/walk-in")
    assert "Robin Marsh" in page and "Ash Wren" not in page and "Kit Staff" not in page
    assert "Choose who came" in (await post(staff, f"{base}/walk-in", status=422)).text
    await post(staff, f"{base}/walk-in", status=404, person_id=str(someone().id))
    await post(staff, f"{base}/walk-in", person_id=str(visitor.id))
    assert "Robin Marsh (came without a place)" in await shown(staff, f"{base}/register")


async def test_opp_11_what_is_ticked_stays_while_somebody_who_came_without_a_place_is_added(here: World, staff: httpx.AsyncClient):
    base, (ash, jo) = await attended_page(here, staff)
    visitor = await here.person("Robin Marsh")
    assert f'formaction="{base}/register/walk-in"' in await shown(staff, f"{base}/register")
    await post(staff, f"{base}/register/walk-in", **{f"present-{ash}": "yes", f"minutes-{ash}": "45", f"planned-{ash}": "yes", f"minutes-{jo}": "90"})
    await post(staff, f"{base}/walk-in", person_id=str(visitor.id))
    page = await shown(staff, f"{base}/register")
    assert "is not saved yet" in page and "Robin Marsh" in page and page.count('value="90"') == 2
    assert re.search(rf'name="minutes-{ash}"[^>]*value="45"', page) and re.search(rf'name="present-{ash}"[^>]*value="yes"[^>]*checked', page)
    assert re.search(rf'name="planned-{ash}"[^>]*checked', page) and await here.events("attendance-recorded") == []
    form = {f"present-{ash}": "yes", f"minutes-{ash}": "45", f"minutes-{jo}": "90", "idempotency_key": key_of(page)}
    async with client_of(here.app) as other:
        signed_in(other, "coordinator")
        assert "is not saved yet" not in await shown(other, f"{base}/register")
    await post(staff, f"{base}/register", **form)
    assert "is not saved yet" not in await shown(staff, f"{base}/register")


async def test_opp_11_a_line_that_says_more_than_it_can_is_never_dropped_while_the_page_says_saved(here: World, staff: httpx.AsyncClient):
    base, (ash, jo) = await attended_page(here, staff)
    form = {"idempotency_key": key_of(await shown(staff, f"{base}/register")), f"present-{ash}": "yes", f"minutes-{ash}": "90", f"minutes-{jo}": "45"}
    assert f'href="#present-{jo}"' in (await post(staff, f"{base}/register", 422, **form)).text
    await post(staff, f"{base}/register", 422, **form | {f"minutes-{jo}": "90", f"planned-{jo}": "yes"})
    await post(staff, f"{base}/register", 422, **form | {f"present-{jo}": "no", f"planned-{jo}": "yes"})
    assert await here.events("attendance-recorded") == []
    await post(staff, f"{base}/register", **form | {f"minutes-{jo}": "90"})


async def test_opp_11_minutes_that_have_not_passed_yet_are_asked_about(here: World, staff: httpx.AsyncClient):
    base, (ash, _) = await attended_page(here, staff)
    here.move(minutes=-65)  # 35 minutes after it began
    form = {"idempotency_key": key_of(await shown(staff, f"{base}/register")), f"present-{ash}": "yes", f"minutes-{ash}": "90"}
    asked = (await post(staff, f"{base}/register", 422, **form)).text
    assert "This session has not ended" in asked and 'href="#early"' in asked and await here.events("attendance-recorded") == []
    await post(staff, f"{base}/register", **form | {f"minutes-{ash}": "20"})
    await post(staff, f"{base}/register", **form | {"early": "yes"})
    assert [event["minutes"] for event in await here.events("attendance-recorded")] == [20, 90]


async def test_opp_12_the_ending_as_a_coordinator_sees_it(here: World, staff: httpx.AsyncClient):
    base, (ash, _) = await attended_page(here, staff)
    key = key_of(await shown(staff, f"{base}/register"))
    await post(staff, f"{base}/register", **{f"present-{ash}": "no", "idempotency_key": key})
    opportunity = base.split("/sessions")[0]
    page = await shown(staff, f"{opportunity}/close")
    for sentence in ("Thank the people who took part.", "Write what came of it.", "Ask people whether they want to stay involved."):
        assert sentence in page
    assert "Write what came of it." in (await post(staff, f"{opportunity}/close", status=422)).text
    assert "Write what came of it" in (await post(staff, f"{opportunity}/outcome", status=422, outcome="")).text
    await post(staff, f"{opportunity}/outcome", outcome="The new service opens in May.")
    await post(staff, f"{opportunity}/thanked")
    await post(staff, f"{opportunity}/asked")
    assert "Nothing is missing" in await shown(staff, f"{opportunity}/close")
    first = await shown(staff, f"{opportunity}/close/ask")
    assert "This cannot be undone." in first and "which asks whether they want to stay" not in first
    await post(staff, f"{opportunity}/close")
    (closed,) = await here.events("opportunity-closed")
    assert closed["asked_to_stay"] is True
    public = await shown(staff, opportunity.replace("/staff", ""))
    assert "The new service opens in May." in public and "This has ended" in public
    assert "Have a chat first" not in public and "This starts soon" not in public
    assert "It was closed on" in await shown(staff, f"{opportunity}/close")


async def test_opp_12_finished_early_then_closed_with_what_is_missing_shown(here: World, staff: httpx.AsyncClient):
    base = f"/opportunities/staff/{await here.published()}"
    listed = await shown(staff, f"{base}/close")
    assert f'action="{base}/finish"' not in listed and f'href="{base}/finish"' in listed
    first = await shown(staff, f"{base}/finish")
    assert "This cannot be undone." in first and "What stays" in first and f'action="{base}/finish"' in first
    await post(staff, f"{base}/finish")
    assert (await staff.get(f"{base}/finish")).headers["location"] == f"{base}/close"
    assert "What is missing stays listed here." in await shown(staff, f"{base}/close")
    await post(staff, f"{base}/close")
    assert "Thank the people who took part." in await shown(staff, f"{base}/close")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"day__day": "31", "day__month": "2"}, "Enter a real date"),
        ({"day__year": "2001"}, "That day and time are in the past."),
        ({"starts": "25:00"}, "Enter the start like 10:30"),
        ({"ends": "noon"}, "Enter the end like 12:00"),
        ({"ends": "9am"}, "The end must be later than the start."),
        ({"venue": ""}, "Write where it is, or that it is online"),
        ({"day__day": "26", "day__month": "3", "day__year": "2028", "starts": "1:30", "ends": "3:00"}, "the clocks go forward"),
        ({"day__day": "26", "day__month": "3", "day__year": "2028", "starts": "0:30", "ends": "1:15"}, "the clocks go forward"),
    ],
)
async def test_opp_02_a_session_that_cannot_be_is_refused_with_what_to_do(fields: dict[str, str], sentence: str, here: World, staff: httpx.AsyncClient):
    base = f"/opportunities/staff/{await here.draft()}"
    before = await here.dicts("SELECT id FROM sessions")
    assert sentence in (await post(staff, f"{base}/sessions", status=422, **session_fields(here) | fields)).text
    assert await here.dicts("SELECT id FROM sessions") == before


async def test_a_session_is_taken_out_of_a_draft_and_not_of_what_is_published(here: World, staff: httpx.AsyncClient):
    draft, published = await here.draft(), await here.published()
    for opportunity_id, status in ((draft, 303), (published, 422)):
        (session_id,) = await here.session_ids(opportunity_id)
        await post(staff, f"/opportunities/staff/{opportunity_id}/sessions/{session_id}/remove", status=status)
    assert await here.session_ids(draft) == [] and len(await here.session_ids(published)) == 1


@pytest.mark.parametrize(
    ("slug", "fields", "sentence"),
    [
        ("places", {"capacity": "0"}, "Enter 1 or more"),
        ("places", {"capacity": "many"}, "Enter a whole number, like 12"),
        ("funding", {"budget": "-5"}, "Enter an amount in pounds and pence, like 12.50"),
        ("funding", {"budget": "99,999,999"}, "Enter one million pounds or less"),
        ("payment", {"payment": "Ten pounds"}, "Say whether people are paid"),
        ("where", {"mode": "moon", "area": "Fenland"}, "Choose how people take part"),
        ("background", {"background": "x" * 5001}, "This is too long."),
        ("title", {"title": "x", "kind": "lottery"}, "Choose what kind it is"),
    ],
)
async def test_an_item_that_cannot_be_read_changes_nothing(slug: str, fields: dict[str, str], sentence: str, here: World, staff: httpx.AsyncClient):
    base = f"/opportunities/staff/{await here.draft()}"
    before = await here.dicts("SELECT * FROM opportunities")
    assert sentence in (await post(staff, f"{base}/items/{slug}", status=422, **fields)).text
    assert await here.dicts("SELECT * FROM opportunities") == before


async def test_every_item_has_a_page_that_shows_what_was_written(here: World, staff: httpx.AsyncClient):
    base = f"/opportunities/staff/{await here.draft(budget_pence=50000, commissioner='Fenland Council', capacity=4)}"
    pages = {slug: await shown(staff, f"{base}/items/{slug}") for slug in ITEMS}
    assert 'value="500.00"' in pages["funding"] and 'value="Fenland Council"' in pages["funding"] and 'value="4"' in pages["places"]
    assert re.search(r'value="Fenland"\s+checked', pages["where"]) and "Everywhere" in pages["where"]
    assert re.search(r'value="true"\s+checked', pages["payment"])
    assert all(name in pages["title"] for name in KINDS.values())
    await shown(staff, f"{base}/items/nonsense", status=404)
    await shown(staff, f"/opportunities/staff/{new_id()}/items/title", status=404)


async def test_opp_04_reading_age_and_initials_are_shown_before_publishing(here: World, staff: httpx.AsyncClient):
    hard = "The ICB will be commissioning transformational organisational procurement methodologies, incorporating stakeholder representation."
    page = await shown(staff, f"/opportunities/staff/{await here.draft(summary=hard)}")
    assert "needs a reading age of about 22" in page and "These initials are not explained: ICB." in page


async def test_opp_07_the_staff_list_warns_of_needs_nobody_answered(here: World, staff: httpx.AsyncClient, participant: httpx.AsyncClient):
    opportunity_id = await here.published(in_days=20)
    await take_part(participant, opportunity_id, needs=["breaks"])
    assert "Needs to answer" not in await shown(staff, "/opportunities/staff")
    here.move(days=14)
    assert "Needs to answer: 1" in await shown(staff, "/opportunities/staff")
    assert "Needs that nobody has answered: 1" in await shown(staff, f"/opportunities/staff/{opportunity_id}")


async def test_opp_05_opp_07_the_jobs_do_what_comes_due(here: World, participant: httpx.AsyncClient):
    opportunity_id = await here.published(in_days=20, capacity=1)
    async with client_of(here.app) as owner, client_of(here.app) as third:
        await here.with_cards(signed_in(owner, "participant"), signed_in(third, "participant"), **WHOLE)
        held = await take_part(owner, opportunity_id, needs=["breaks"])
        await take_part(participant, opportunity_id)
        last = await take_part(third, opportunity_id)
        here.move(days=14)
        for job in here.service.jobs:
            await here.service.run_job(job)
        assert len(await here.steps("needs-unanswered")) == 1
        await post(owner, f"{held}/leave")
        here.move(days=4)
        for job in here.service.jobs:
            await here.service.run_job(job)
        assert "A place is free for you" in await shown(third, last)


async def test_opp_16_a_session_is_added_to_what_is_published_and_one_place_is_for_all_dates(here: World, staff: httpx.AsyncClient):
    opportunity_id = await here.published()
    base = f"/opportunities/staff/{opportunity_id}"
    assert f'href="{base}/sessions/add"' in await shown(staff, base)
    assert "Why do you add it?" in await shown(staff, f"{base}/sessions/add")
    day = (here.now + timedelta(days=50)).date()
    form = {"day": day.isoformat(), "starts": "10:30", "ends": "12:00", "venue": "The library", "joining": ""}
    await post(staff, f"{base}/sessions/add", status=422, **form)
    await post(staff, f"{base}/sessions/add", **form, reason="People asked for one more.")
    page = await shown(staff, f"/opportunities/{opportunity_id}")
    assert "The library" in page and "One place is for both dates. You do not have to come to every one." in page
