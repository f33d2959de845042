"""Coordinators' pages."""

import httpx
from bs4 import BeautifulSoup

from services.opportunities.places.use_cases import taking
from tests.opportunities.support import World
from tests.opportunities.visitors import (
    WHOLE,
    here_running,  # noqa: F401
    participant_signed_in,  # noqa: F401
    post,
    session_fields,
    shown,
    staff_signed_in,  # noqa: F401
    take_part,
    write_all,
)
from tests.support.apps import client_of, signed_in
from tests.support.marks import CHANGED, mark_of, press


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


async def test_names_and_counts_on_the_page_of_an_opportunity_lead_to_them(here: World, staff: httpx.AsyncClient):
    person = await here.person("Amina Ash")
    opportunity_id = await here.published(in_days=20)
    await here.do(taking.take_place, opportunity_id, person, ["breaks"], "")
    here.move(days=18)
    base = f"/opportunities/staff/{opportunity_id}"
    page = BeautifulSoup(await shown(staff, base), "html.parser")
    ways = {each.get_text(): each["href"] for each in page.select("main a")}
    assert ways["Amina Ash"] == f"/people/staff/people/{person.id}"
    assert ways["Needs that nobody has answered: 1"] == f"{base}/needs"
    assert "#people" in ways.values() and page.select_one("#people")


async def test_staff_pages_are_for_coordinators(here: World, participant: httpx.AsyncClient):
    opportunity_id = await here.published()
    base = f"/opportunities/staff/{opportunity_id}"
    for url in ("/opportunities/staff", "/opportunities/staff/new", base, f"{base}/needs", f"{base}/close"):
        await shown(participant, url, status=403)
    await post(participant, f"{base}/close", status=403)
    async with client_of(here.app) as visitor:
        assert (await visitor.get("/opportunities/mine")).status_code in (303, 307)


async def test_opp_07_the_staff_list_warns_of_needs_nobody_answered(
    here: World, staff: httpx.AsyncClient, participant: httpx.AsyncClient
):
    opportunity_id = await here.published(in_days=20)
    await take_part(participant, opportunity_id, needs=["breaks"])
    assert "Needs to answer" not in await shown(staff, "/opportunities/staff")
    here.move(days=14)
    assert "Needs to answer: 1" in await shown(staff, "/opportunities/staff")
    page = await shown(staff, f"/opportunities/staff/{opportunity_id}")
    assert "Needs that nobody has answered: 1" in page and "hear before it starts" in page  # it is online


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
