"""The pages of what people do in their own time, of the room and of whom one speaks for, in the real browser."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.opportunities.places.use_cases.taking import take_place
from services.opportunities.words.domain import IN_THE_ROOM
from services.opportunities.writing.use_cases import close_on, start_draft, write_texts
from shared.clock import london_date
from tests.opportunities.finding.test_browser import Visitor, sign_in, sound
from tests.opportunities.support import TEXTS, World, someone, world_of
from tests.support.browser import AT_BOTH_WIDTHS, IN_ONE_LOOP, browser, serving, visitor  # noqa: F401

pytestmark = IN_ONE_LOOP


async def drafted(here: World) -> UUID:
    opportunity_id = await here.do(start_draft, "Evenings at the drop-in", "survey")
    await here.do(write_texts, opportunity_id, TEXTS)
    how = "https://survey.example/evenings or ring us on 07700 900123."
    await here.do(close_on, opportunity_id, london_date(here.now) + timedelta(days=30), how)
    return opportunity_id


@pytest.mark.slow
@AT_BOTH_WIDTHS
async def test_opp_01_opp_23_opp_24_pages_in_ones_own_time_of_the_room_and_whom_one_speaks_for_have_no_fault(
    folder: Any, service_database: Any, visitor: Visitor, width: int
) -> None:
    here = world_of(folder, service_database("opportunities"))
    async with serving(here.app) as address:
        draft, published = await drafted(here), await drafted(here)
        await here.publish(published)
        meeting = await here.published(**dict.fromkeys(IN_THE_ROOM, "One of us, in short words."))
        page = await visitor(width)
        person = await sign_in(page, address, "participant", "coordinator")
        own = await here.do(take_place, published, someone(person), ["easy-read"], "")
        met = await here.do(take_place, meeting, someone(person), [], "")
        staff = [
            f"staff/{draft}/closing-day",
            f"staff/{draft}/sessions",
            f"staff/{draft}/publish",
            f"staff/{draft}/items/room",
            f"staff/{published}",
            f"staff/{published}/closing-day/change",
            f"staff/{published}/close",
            f"staff/{meeting}/change/room",
        ]
        for path in [*staff, str(published), str(meeting), f"places/{own}", f"places/{met}/speaking-for", "mine"]:
            answer = await page.goto(f"{address}/opportunities/{path}")
            assert answer is not None and answer.status == 200, path
            await sound(page)
