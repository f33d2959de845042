"""No page takes a statement for each row."""

from services.opportunities.use_cases import places
from tests.opportunities.support import House, someone
from tests.opportunities.test_feeds import listing
from tests.support.apps import client_of, signed_in
from tests.support.statements import counted

LISTS = (
    *("", "/mine", "/staff", "/staff/network", "/api/opportunities"),
    *("/feeds/network/calendar.ics", "/feeds/network/atom.xml", "/feeds/rpde"),
)


async def test_lists_take_as_many_statements_for_twenty_rows_as_for_three(here: House):
    taken: list[list[int]] = []
    async with client_of(here.app) as coordinator:
        me = signed_in(coordinator, "coordinator", "participant")
        for number in (3, 17):
            for _ in range(number):
                opportunity_id = await here.published()
                await here.run(places.take_place, opportunity_id, someone(me), ["breaks"], "")
                await listing(here)
            counts = []
            for path in LISTS:
                with counted(here.database) as seen:
                    assert (await coordinator.get(f"/opportunities{path}")).status_code == 200
                counts.append(len(seen))
            taken.append(counts)
    assert taken[0] == taken[1]
