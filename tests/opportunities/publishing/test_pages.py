"""The pages on which what is published is changed (OPP-16)."""

from datetime import timedelta

import httpx

from tests.opportunities.support import World
from tests.opportunities.visitors import here_running, post, shown, staff_signed_in  # noqa: F401


async def test_opp_16_a_session_is_added_to_what_is_published_and_one_place_is_for_all_dates(
    here: World, staff: httpx.AsyncClient
):
    opportunity_id = await here.published()
    base = f"/opportunities/staff/{opportunity_id}"
    assert f'href="{base}/sessions/add"' in await shown(staff, base)
    assert "Why are you adding it?" in await shown(staff, f"{base}/sessions/add")
    day = (here.now + timedelta(days=50)).date()
    form = {"day": day.isoformat(), "starts": "10:30", "ends": "12:00", "venue": "The library", "joining": ""}
    await post(staff, f"{base}/sessions/add", status=422, **form)
    await post(staff, f"{base}/sessions/add", **form, reason="People asked for one more.")
    page = await shown(staff, f"/opportunities/{opportunity_id}")
    assert "The library" in page and "One place is for both dates. You do not have to come to every one." in page
