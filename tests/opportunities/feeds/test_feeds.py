"""The feeds as another website reads them: what they hold, what they leave out, in which order, and for how long they
may be kept."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from defusedxml import ElementTree
from icalendar import Calendar
from sqlalchemy import update

from services.opportunities.ending.use_cases import ending
from services.opportunities.feeds.use_cases import number_what_ended
from services.opportunities.listings.tables import listings
from services.opportunities.places.use_cases import taking
from services.opportunities.publishing.use_cases import changing
from services.opportunities.writing.tables import opportunities
from services.opportunities.writing.use_cases import NewSession
from tests.opportunities.feeds.support import FEEDS, followed, listing, numbers_seen
from tests.opportunities.formats import ATOM, faults_of_atom, faults_of_calendar, faults_of_event
from tests.opportunities.support import World, someone
from tests.support.apps import running


async def write(here: World, table: Any, row_id: UUID, **values: Any) -> None:
    await here.do(lambda tx: tx.execute(update(table).where(table.c.id == row_id).values(**values)))


def states(items: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(item["id"], item["state"]) for item in items]


async def entries(client: httpx.AsyncClient, which: str = "") -> list[Any]:
    return Calendar.from_ical((await client.get(f"{FEEDS}{which}/calendar.ics")).content).walk("VEVENT")


async def titles(client: httpx.AsyncClient, which: str = "") -> list[str | None]:
    feed = ElementTree.fromstring((await client.get(f"{FEEDS}{which}/atom.xml")).content)
    return [entry.findtext(f"{ATOM}title") for entry in feed.findall(f"{ATOM}entry")]


async def test_net_01_the_feeds_hold_what_is_open_and_nothing_that_is_not_public(here: World):
    opportunity_id = await here.published(number=2, title="Nobody else’s £ <b>title</b>")
    await here.draft(title="Not yet")
    await here.do(taking.take_place, opportunity_id, await here.person("Ash Wren"), ["easy-read"], "By Friday")
    async with running(here.app) as client:
        answers = {path: await client.get(f"{FEEDS}/{path}") for path in ("calendar.ics", "atom.xml", "rpde")}
        assert faults_of_calendar(answers["calendar.ics"].content) == []
        assert faults_of_atom(answers["atom.xml"].content) == []
        (item,) = answers["rpde"].json()["items"]
        assert faults_of_event(item["data"]) == []
        assert len(await entries(client)) == 2 and await titles(client) == ["Nobody else’s £ <b>title</b>"]
        page = await client.get(f"/opportunities/{opportunity_id}")
        for answer in (*answers.values(), page):
            assert "video.example" not in answer.text, "how to join is for those with a place alone"
            assert "Ash Wren" not in answer.text and "By Friday" not in answer.text
            assert "Not yet" not in answer.text


async def test_net_01_the_networks_feeds_hold_the_listings_too(here: World):
    ours, theirs = await here.published(), await listing(here)
    await listing(here, "suf", hidden=True, title="Hidden here")
    async with running(here.app) as client:
        assert await titles(client) == ["A say in the drop-in"]
        assert set(await titles(client, "/network")) == {"A say in the drop-in", "Look over a leaflet"}
        assert [str(entry["location"]) for entry in await entries(client, "/network")] == [
            "Online, by video",
            "Their hall",
        ]
        assert [item["id"] for item in await followed(client)] == [str(ours)]
        items = {item["id"]: item for item in await followed(client, f"{FEEDS}/network/rpde")}
        event = items[str(theirs)]["data"]
        assert faults_of_event(event) == []
        assert event["organizer"] == {"@type": "Organization", "name": "viewpoint", "url": "https://viewpoint.example"}
        assert event["url"] == f"https://localhost/opportunities/{theirs}" and event["sameAs"].startswith(
            "https://viewpoint.example/"
        )
        states = {item["state"] for key, item in items.items() if key not in (str(ours), str(theirs))}
        assert (items[str(ours)]["state"], items[str(theirs)]["state"], states) == ("updated", "updated", {"deleted"})
        page = (await client.get(f"/opportunities/{theirs}")).text
        assert json.loads(page.partition('<script type="application/ld+json">')[2].partition("</script>")[0]) == event


@pytest.mark.parametrize(
    "values", [{"state": "cancelled"}, {"state": "not-shared"}, {"state": "closed"}, {"hidden": True}]
)
async def test_net_01_whoever_follows_learns_that_a_listing_is_no_longer_to_be_joined(
    here: World, values: dict[str, Any]
):
    theirs = await listing(here)
    async with running(here.app) as client:
        (before,) = await followed(client, f"{FEEDS}/network/rpde")
        await write(here, listings, theirs, **values)
        after = await followed(client, f"{FEEDS}/network/rpde?afterChangeNumber={before['modified']}")
        assert states(after) == [(str(theirs), "deleted")] and "data" not in after[0]
        assert await followed(client, f"{FEEDS}/network/rpde?afterChangeNumber={after[0]['modified']}") == []


async def test_opp_12_whoever_follows_learns_of_each_change_and_end(here: World):
    cancelled, finished, changed = [await here.published(title=title) for title in ("First", "Second", "Third")]
    policy = here.service.settings
    async with running(here.app) as client:
        items = await followed(client)
        assert states(items) == [(str(each), "updated") for each in (cancelled, finished, changed)]
        await here.do(changing.cancel, cancelled, "The hall is shut.")
        await here.do(ending.finish, finished)
        await here.do(
            changing.change_texts, changed, "purpose", {"background": "It is another now."}, "We listened.", policy.host
        )
        news = await followed(client, f"{FEEDS}/rpde?afterChangeNumber={items[-1]['modified']}")
        assert states(news) == [(str(cancelled), "deleted"), (str(finished), "deleted"), (str(changed), "updated")]
        assert "It is another now." in news[-1]["data"]["description"]
        assert states(await followed(client)) == states(news), "each is there once, at its last change"


async def test_not_05_a_cancelled_one_stays_in_calendar_and_news_as_cancelled_until_its_day_is_past(here: World):
    opportunity_id = await here.published(in_days=35)
    async with running(here.app) as client:
        (before,) = await entries(client)
        await here.do(changing.cancel, opportunity_id, "The hall is shut.")
        (after,) = await entries(client)
        assert (before["uid"], str(before["status"]), str(after["status"])) == (after["uid"], "CONFIRMED", "CANCELLED")
        assert after["sequence"] > before["sequence"]
        assert await titles(client) == ["Cancelled: A say in the drop-in"]
        page = (await client.get(f"/opportunities/{opportunity_id}")).text
        assert "https://schema.org/EventCancelled" in page
        here.move(days=36)
        assert await entries(client) == [] and await titles(client) == []


async def test_opp_16_a_moved_session_says_when_it_was_to_be(here: World):
    opportunity_id = await here.published(number=2)
    first, second = await here.session_ids(opportunity_id)
    starts_at = (here.now + timedelta(days=50)).replace(microsecond=0)
    async with running(here.app) as client:
        (before,) = await followed(client)
        assert before["data"]["eventStatus"] == "https://schema.org/EventScheduled"
        plan = NewSession(starts_at, starts_at + timedelta(hours=1), "Online, by video")
        await here.do(
            changing.change_session, opportunity_id, second, plan, "The room is taken.", here.service.settings.host
        )
        (after,) = await followed(client)
        old, new = (
            next(part for part in item["data"]["subEvent"] if part["@id"].endswith(str(second)))
            for item in (before, after)
        )
        assert (
            new["eventStatus"] == "https://schema.org/EventRescheduled" and new["previousStartDate"] == old["startDate"]
        )
        unmoved = next(part for part in after["data"]["subEvent"] if part["@id"].endswith(str(first)))
        assert unmoved["eventStatus"] == "https://schema.org/EventScheduled" and "previousStartDate" not in unmoved
        assert faults_of_event(after["data"]) == []


async def test_net_01_the_end_of_the_last_session_is_a_change_though_nobody_writes(here: World):
    opportunity_id = await here.published(in_days=35, minutes=60)
    async with running(here.app) as client:
        (before,) = await followed(client)
        await here.do(number_what_ended)
        assert await followed(client) == [before], "it has not ended"
        here.move(days=35, minutes=61)
        await here.do(number_what_ended)
        (after,) = await followed(client, f"{FEEDS}/rpde?afterChangeNumber={before['modified']}")
        assert (after["id"], after["state"]) == (str(opportunity_id), "deleted")
        await here.do(number_what_ended)
        assert await followed(client) == [after], "it is said once"
        assert await entries(client) == [] and await titles(client) == []


async def test_net_01_what_nobody_can_read_moves_nothing(here: World):
    opportunity_id = await here.published()
    before = await numbers_seen(here)
    await here.do(taking.take_place, opportunity_id, someone(), [], "")
    await here.draft()
    assert await numbers_seen(here) == before


async def test_feeds_may_be_kept_for_a_while_and_read_by_any_website(here: World):
    await here.published()
    async with running(here.app) as client:
        for path in ("calendar.ics", "atom.xml", "rpde", "network/calendar.ics", "network/atom.xml", "network/rpde"):
            answer = await client.get(
                f"{FEEDS}/{path}", headers={"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}
            )
            assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*"), path
            assert answer.headers["cache-control"].startswith("public, max-age=") and "set-cookie" not in answer.headers
            for known in (answer.headers["etag"], f"W/{answer.headers['etag']}", f'"x", {answer.headers["etag"]}', "*"):
                again = await client.get(f"{FEEDS}/{path}", headers={"if-none-match": known})
                assert (again.status_code, again.content) == (304, b""), (path, known)
                assert (
                    again.headers["etag"] == answer.headers["etag"]
                    and again.headers["cache-control"] == answer.headers["cache-control"]
                )
            head = await client.head(f"{FEEDS}/{path}")
            assert (head.status_code, head.headers["etag"]) == (200, answer.headers["etag"])
        tags = [(await client.get(f"{FEEDS}/{path}")).headers["etag"] for path in ("calendar.ics", "atom.xml", "rpde")]
        await here.published()
        changed = [
            await client.get(f"{FEEDS}/{path}", headers={"if-none-match": tag})
            for path, tag in zip(("calendar.ics", "atom.xml", "rpde"), tags, strict=True)
        ]
        assert [answer.status_code for answer in changed] == [200, 200, 200]


@pytest.mark.parametrize(
    "query",
    ["afterChangeNumber=", "afterChangeNumber=-1", "afterChangeNumber=1e9", "afterChangeNumber=99999999999999999999", "afterChangeNumber=1&afterChangeNumber=2",  # noqa: E501
     "afterTimestamp=1&afterId=2", "afterchangenumber=1", "afterChangeNumber=%00", "afterChangeNumber=1'--", "afterChangeNumber=%F0%9F%98%80"],  # noqa: E501
)  # fmt: skip
async def test_a_wrong_address_is_answered_with_problem_details(here: World, query: str):
    async with running(here.app) as client:
        for which in ("", "/network"):
            answer = await client.get(f"{FEEDS}{which}/rpde?{query}")
            assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
            assert answer.json()["status"] == 400 and answer.json()["detail"].endswith("as it is.")
            assert "public" not in answer.headers["cache-control"]


async def test_the_list_leads_to_the_page_of_the_feeds_and_it_to_each_of_them(here: World):
    async with running(here.app) as client:
        assert f'href="{FEEDS}"' in (await client.get("/opportunities")).text
        page = (await client.get(FEEDS)).text
        for path in ("calendar.ics", "atom.xml", "rpde", "network/calendar.ics", "network/atom.xml", "network/rpde"):
            assert f'href="https://localhost{FEEDS}/{path}"' in page
            assert (await client.get(f"{FEEDS}/{path}")).status_code == 200


async def test_net_01_the_invariant_sees_what_the_feeds_were_not_told(here: World, postgres: Any):
    await here.published()
    await listing(here)
    before = await here.broken()
    owner = await asyncpg.connect(postgres.owner_url(here.service.settings.database_url))
    await owner.execute("ALTER TABLE opportunities DISABLE TRIGGER USER")
    await here.do(lambda tx: tx.execute(update(opportunities).values(version=opportunities.c.version + 1)))
    await owner.close()
    assert [sentence[:6] for sentence in await here.broken() if sentence not in before] == ["NET-01"]
