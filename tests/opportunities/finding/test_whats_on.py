"""What's on: what people can still come to, the next first."""

from datetime import timedelta

import httpx

from services.opportunities.finding.queries import whats_on
from shared.web.filters import day
from tests.opportunities.support import World
from tests.opportunities.visitors import here_running, shown, staff_signed_in  # noqa: F401


async def test_whats_on_names_the_next_date_and_its_order_is_by_that(here: World, staff: httpx.AsyncClient):
    series_id = await here.published(number=3, in_days=20)
    alone = await here.published(in_days=22)
    here.move(days=21)
    shown_first = (await here.read(whats_on, here.service.settings.network_policy))[0]
    assert [each.facts.id for each in shown_first] == [alone, series_id]
    second = (here.now + timedelta(days=6)).date()
    listed = await shown(staff, "/opportunities")
    assert f"{day(second)}" in listed and "and 1 more time" in listed
    page = await shown(staff, f"/opportunities/{series_id}")
    assert page.count("This date is over.") == 1
