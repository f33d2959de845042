"""How it works in the room (OPP-23)."""

from typing import Any

import httpx

from services.opportunities.sharing.use_cases import sharing
from services.opportunities.words.domain import IN_THE_ROOM, Offer
from tests.opportunities.support import World
from tests.opportunities.visitors import here_running, participant_signed_in, post, shown, staff_signed_in  # noqa: F401

SAID: dict[str, Any] = {name: f"This is about {heading.lower()}." for name, heading in IN_THE_ROOM.items()}


async def test_opp_23_people_read_how_it_works_in_the_room_before_they_take_a_place(
    here: World, staff: httpx.AsyncClient, participant: httpx.AsyncClient
):
    opportunity_id = await here.draft()
    base = f"/opportunities/staff/{opportunity_id}"
    await post(staff, f"{base}/items/room", **SAID)
    before = await shown(staff, f"{base}/publish")
    assert all(text in before for text in SAID.values())
    await here.publish(opportunity_id)
    public = await shown(participant, f"/opportunities/{opportunity_id}")
    assert all(f"{IN_THE_ROOM[name]}</dt>" in public and text in public for name, text in SAID.items())


async def test_opp_23_nothing_is_said_of_the_room_while_nobody_wrote_it(here: World, participant: httpx.AsyncClient):
    opportunity_id = await here.published()
    assert "How it works in the room" not in await shown(participant, f"/opportunities/{opportunity_id}")


async def test_opp_23_a_change_is_told_with_its_reason_and_parts_may_be_blank(here: World, staff: httpx.AsyncClient):
    opportunity_id = await here.published()
    base = f"/opportunities/staff/{opportunity_id}"
    reason = "Somebody asked how they can leave."
    await post(staff, f"{base}/change/room", upset="Our coordinator sits with you.", reason=reason)
    (told,) = await here.events("opportunity-changed")
    assert (told["changed"], told["reason"]) == (["purpose"], reason)
    assert "Our coordinator sits with you." in await shown(staff, f"/opportunities/{opportunity_id}")


async def test_opp_23_guests_read_it_at_home(here: World):
    opportunity_id = await here.draft(**SAID)
    await here.publish(opportunity_id)
    await here.do(sharing.share, opportunity_id, Offer(), here.service.settings.host)
    (shared,) = await here.events("opportunity-shared")
    assert {name: shared[name] for name in SAID} == SAID
