"""No page takes a statement for each row."""

from services.opportunities.places.use_cases import taking
from services.opportunities.sharing.use_cases import sharing
from services.opportunities.words.domain import Offer
from tests.opportunities.feeds.support import listing
from tests.opportunities.support import World, someone
from tests.support.apps import client_of, signed_in
from tests.support.statements import counted

LISTS = (
    *("", "/mine", "/staff", "/staff/network", "/api/opportunities"),
    *("/feeds/network/calendar.ics", "/feeds/network/atom.xml", "/feeds/rpde"),
)


async def test_lists_take_as_many_statements_for_twelve_rows_as_for_three(here: World):
    taken: list[list[int]] = []
    async with client_of(here.app) as coordinator:
        me = signed_in(coordinator, "coordinator", "participant")
        for number in (3, 9):
            for _ in range(number):
                opportunity_id = await here.published()
                await here.do(taking.take_place, opportunity_id, someone(me), ["breaks"], "")
                await listing(here)
            counts = []
            for path in LISTS:
                with counted(here.database) as seen:
                    assert (await coordinator.get(f"/opportunities{path}")).status_code == 200
                counts.append(len(seen))
            taken.append(counts)
    assert taken[0] == taken[1]


async def test_opp_07_what_twelve_people_need_takes_as_many_statements_as_what_three_do(here: World):
    opportunity_id, taken = await here.published(), list[list[int]]()
    (session_id,) = await here.session_ids(opportunity_id)
    async with client_of(here.app) as coordinator:
        signed_in(coordinator, "coordinator")
        for number in (3, 9):
            for _ in range(number):
                await here.do(taking.take_place, opportunity_id, await here.person("Ash"), ["breaks"], "")
            counts = []
            for path in (
                "",
                "/needs",
                f"/sessions/{session_id}/register",
                "/register",
                "/register/print",
                "/share",
                "/change/text",
                "/cancel",
            ):
                with counted(here.database) as seen:
                    counts += [(await coordinator.get(f"/opportunities/staff/{opportunity_id}{path}")).status_code]
                counts.append(len(seen))
            taken.append(counts)
    assert taken[0] == taken[1]
    assert len(await here.steps("needs-read")) == 3 + 12


async def test_net_01_the_job_that_says_listings_again_takes_as_many_statements_for_twelve_as_for_three(here: World):
    taken: list[int] = []
    for number in (3, 9):
        opportunities = [await here.published(capacity=1) for _ in range(number)]
        for each in opportunities:
            await here.do(sharing.share, each, Offer(), here.service.settings.host)
        await here.do(sharing.refresh_shared, here.service.settings.host)  # what was just shared is looked at once
        await here.do(taking.take_place, opportunities[-1], someone(), [], "")
        with counted(here.database) as seen:
            await here.do(sharing.refresh_shared, here.service.settings.host)
        taken.append(len(seen))
    assert taken[0] == taken[1]
    assert [event["waiting_list"] for event in await here.events("opportunity-shared")].count(True) == 2


async def test_net_01_twelve_listings_that_have_filled_up_are_said_again_in_as_many_statements_as_three(here: World):
    taken: list[int] = []
    for number in (3, 9):
        for _ in range(number):
            opportunity_id = await here.published(capacity=1)
            await here.do(sharing.share, opportunity_id, Offer(), here.service.settings.host)
            await here.do(taking.take_place, opportunity_id, someone(), [], "")
        with counted(here.database) as seen:
            await here.do(sharing.refresh_shared, here.service.settings.host)
        taken.append(len(seen))
    assert taken[0] == taken[1]
    said = await here.events("opportunity-shared")
    assert [event["waiting_list"] for event in said].count(True) == 12 and len(
        {(e["opportunity_id"], e["version"]) for e in said}
    ) == len(said)
    assert len(await here.steps("shared")) == len(said) and await here.broken() == {}
    before = len(said)
    await here.do(sharing.refresh_shared, here.service.settings.host)
    assert len(await here.events("opportunity-shared")) == before
