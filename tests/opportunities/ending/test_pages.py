"""The pages of an ending (OPP-12)."""

import httpx
from bs4 import BeautifulSoup
from sqlalchemy import update

from services.opportunities.contributions.use_cases import record_contribution
from services.opportunities.people.tables import people
from services.opportunities.places.use_cases import taking
from shared.clock import london_date
from tests.opportunities.publishing import test_own_time as own_time
from tests.opportunities.support import World
from tests.opportunities.visitors import attended_page, here_running, key_of, post, shown, staff_signed_in  # noqa: F401


async def test_opp_12_the_ending_as_a_coordinator_sees_it(here: World, staff: httpx.AsyncClient):
    base, (ash, _) = await attended_page(here, staff)
    key = key_of(await shown(staff, f"{base}/register"))
    await post(staff, f"{base}/register", **{f"present-{ash}": "no", "idempotency_key": key})
    opportunity = base.split("/sessions")[0]
    page = await shown(staff, f"{opportunity}/close")
    for sentence in (
        "Thank the people who took part.",
        "Write what came of it.",
        "Ask people whether they want to stay involved.",
    ):
        assert sentence in page
    missing = BeautifulSoup(page, "html.parser").select("#missing li")
    assert (
        {each["id"]: str(each.a and each.a["href"]) for each in missing}
        == {
            "thanked": "#write-thanked",
            "outcome": f"{opportunity}/outcome",
            "asked": "#write-asked",
        }
        and 'id="write-thanked"' in page
        and 'id="write-asked"' in page
    )
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


async def test_opp_12_the_ending_names_whose_claims_wait_and_whom_no_message_reaches(
    here: World, staff: httpx.AsyncClient
):
    base, places = await attended_page(here, staff)
    await here.write(update(people).where(people.c.name == "Jo Fen").values(reached_by_message=False))
    key = key_of(await shown(staff, f"{base}/register"))
    there = {f"present-{place}": "yes" for place in places}
    await post(
        staff, f"{base}/register", **there, **{f"minutes-{place}": "60" for place in places}, idempotency_key=key
    )
    opportunity = base.split("/sessions")[0]
    page = BeautifulSoup(await shown(staff, f"{opportunity}/close"), "html.parser")
    claims = page.select_one("#claims")
    assert claims and claims.get_text() == "2 claims are not settled yet. Ash Wren, Jo Fen."
    assert "No message can reach 1 of them (Jo Fen): please thank them yourself." in page.get_text()


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
    closed = await shown(staff, f"{base}/close")
    assert "Write what came of it." in closed and "A thank-you went to who took part." in closed
    assert "Thank the people who took part." not in closed and "Ask people whether" not in closed


async def test_opp_12_needs_without_an_answer_are_missing_and_each_missing_thing_has_its_way(
    here: World, staff: httpx.AsyncClient
):
    opportunity_id = await here.published()
    place_id = await here.do(taking.take_place, opportunity_id, await here.person("Ash Wren"), ["breaks"], "")
    await here.do(taking.take_place, opportunity_id, await here.person("Jo Fen"), ["breaks"], "")
    await here.write("UPDATE needs SET state = 'met' WHERE place_id <> :place_id", place_id=place_id)
    here.move(days=36)
    base = f"/opportunities/staff/{opportunity_id}"
    page = BeautifulSoup(await shown(staff, f"{base}/close"), "html.parser")
    (way,) = page.select("#needs a")
    assert (way.get_text(), way["href"]) == ("1 need has no answer.", f"{base}/needs")


async def test_not_08_who_only_had_a_place_is_not_named_among_those_to_thank(here: World, staff: httpx.AsyncClient):
    opportunity_id, there = await own_time.published(here), await here.person("Ash Wren")
    for person in (there, await here.person("Jo Fen")):
        await here.do(taking.take_place, opportunity_id, person, [], "")
    await here.write(update(people).values(reached_by_message=False))
    await here.do(record_contribution, opportunity_id, there, "phone", london_date(here.now), 30)
    page = await shown(staff, f"/opportunities/staff/{opportunity_id}/close")
    assert "No message can reach 1 of them (Ash Wren): please thank them yourself." in page
