"""Whom somebody speaks for (OPP-24)."""

import httpx
import pytest

from services.opportunities.places.use_cases import taking
from services.opportunities.register.domain import voices
from services.opportunities.register.queries import register
from services.opportunities.register.use_cases import attendance
from services.opportunities.register.use_cases.attendance import Entry
from shared.reasons import Missing
from tests.opportunities.series import series
from tests.opportunities.support import World, someone
from tests.opportunities.visitors import here_running, participant_signed_in, post, shown, staff_signed_in, take_part  # noqa: F401


@pytest.mark.parametrize(
    ("said", "counted"),
    [([], []), (["", ""], []),
     (["self", "", "group", "self", "both"], []),
     ([*["self"] * 4, "", "group"], [("for themselves", 4), ("for a group", 1), ("did not say", 1)])],
)  # fmt: skip
def test_opp_24_the_register_counts_whom_people_speak_for_once_somebody_said(
    said: list[str], counted: list[tuple[str, int]]
):
    assert voices(said) == counted


async def test_opp_24_somebody_says_whom_they_speak_for_and_takes_it_back(
    here: World, participant: httpx.AsyncClient, staff: httpx.AsyncClient
):
    opportunity_id = await here.published()
    place = await take_part(participant, opportunity_id)
    (session_id,) = await here.session_ids(opportunity_id)
    page = f"/opportunities/staff/{opportunity_id}/sessions/{session_id}/register"
    assert "You can say whom you speak for" in await shown(participant, place)
    assert "You do not have to say." in await shown(participant, f"{place}/speaking-for")
    await post(participant, f"{place}/speaking-for", 422, speaks_for="everybody")
    await post(participant, f"{place}/speaking-for", speaks_for="group")
    assert "Change whom you speak for" in await shown(participant, place)
    assert "speak for:" not in await shown(staff, page), "everybody would know who is meant"
    for _ in range(4):
        one = someone()
        place_id = await here.do(taking.take_place, opportunity_id, one, [], "")
        await here.do(taking.say_whom_for, place_id, one, "self")
    assert "4 for themselves, 1 for a group." in await shown(staff, page)
    assert "speak for:" not in await shown(staff, f"{page}/print")
    await post(participant, f"{place}/speaking-for")
    assert "speak for:" not in await shown(staff, page)
    assert "group" not in str(await here.steps("speaks-for-written"))


async def test_opp_24_whoever_was_not_there_is_not_counted_and_nobody_says_it_for_another(here: World):
    opportunity_id, (session_id, _), (first, second), (one, two) = await series(here, people=2)
    await here.do(taking.say_whom_for, one, first, "both")
    await here.do(taking.say_whom_for, two, second, "self")
    with pytest.raises(Missing):
        await here.do(taking.say_whom_for, one, second, "self")
    absent = [Entry(one, present=False, minutes=0)]
    await here.do(attendance.record_attendance, opportunity_id, session_id, absent, sure_before_end=True)
    found = await here.read(register, opportunity_id, session_id)
    assert [line.speaks_for for line in found.lines if line.record is None] == ["self"] and found.voices == []
    await here.do(taking.leave_place, one, first, here.service.settings.policy)
    with pytest.raises(Missing):
        await here.do(taking.say_whom_for, one, first, "self")
