"""Having a say in another way than in the room (OPP-18)."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.opportunities.contributions import domain
from services.opportunities.contributions.use_cases import correct_contribution, record_contribution
from services.opportunities.places.use_cases.taking import take_place
from shared.clock import london_date
from shared.db import new_id
from shared.reasons import Missing, Refused
from tests.opportunities.publishing import test_own_time as own_time
from tests.opportunities.support import World, someone
from tests.opportunities.visitors import here_running, shown, staff_signed_in  # noqa: F401

DAY = date(2026, 12, 3)


def texts(reasons: list[Any]) -> list[str]:
    return [reason.text for reason in reasons]


@pytest.mark.parametrize(
    ("state", "day", "said"),
    [("published", DAY, ""), ("cancelled", DAY, ""), ("closed", DAY - timedelta(days=400), ""),
     ("closed", DAY - timedelta(days=401), "published later"),
     ("draft", DAY, "not published"),
     ("published", DAY + timedelta(days=1), "has not come yet")],
)  # fmt: skip
def test_opp_18_what_has_happened_is_written_down_however_late(state: Any, day: date, said: str):
    assert [
        said in text
        for text in texts(domain.reasons_not_to_record_contribution(state, day, DAY - timedelta(days=400), DAY))
    ] == [True] * bool(said)


@pytest.mark.parametrize(
    ("minutes", "sure_of", "said"),
    [(1, None, ""), (180, None, ""), (181, None, "Is this right"), (181, 181, ""), (182, 181, "Is this right"),
     (0, None, "how many minutes"), (721, 721, "the most")],
)  # fmt: skip
def test_opp_18_a_long_time_is_asked_about(minutes: int, sure_of: int | None, said: str):
    assert [said in text for text in texts(domain.reasons_against_time(minutes, sure_of))] == [True] * bool(said)


def today(here: World) -> date:
    return london_date(here.now)


async def test_opp_18_the_time_is_told_to_payments_and_put_right_once(here: World):
    opportunity_id, whom, staff = await here.published(), await here.person("Bola Adeyemi"), new_id()
    day = today(here)
    said = UUID(await here.do(record_contribution, opportunity_id, whom, "post", day, 45, by=staff))
    (told,) = await here.events("contribution-recorded")
    assert (told["way"], told["minutes"], told["counts"], told["recorded_by"]) == ("post", 45, True, str(staff))
    for _ in range(2):
        await here.do(correct_contribution, opportunity_id, said, 30, seen=1, by=staff)
    await here.do(correct_contribution, opportunity_id, said, 0, seen=2, by=staff)
    versions = [
        (each["version"], each["minutes"], each["counts"]) for each in await here.events("contribution-recorded")
    ]
    assert versions == [(1, 45, True), (2, 30, True), (3, 0, False)]
    assert await here.broken() == {}


async def test_opp_18_a_second_one_on_the_same_day_in_whatever_way_is_asked_about(here: World):
    opportunity_id, whom, day = await here.published(), await here.person("Bola Adeyemi"), today(here)
    await here.do(record_contribution, opportunity_id, whom, "phone", day, 20)
    for way in ("phone", "written"):
        with pytest.raises(Refused) as asked:
            await here.do(record_contribution, opportunity_id, whom, way, day, 20)
        assert "written down 20 minutes (on the phone) on" in asked.value.reasons[0].text
    await here.do(record_contribution, opportunity_id, whom, "written", day, 20, is_another=True)
    assert len(await here.events("contribution-recorded")) == 2


async def test_opp_18_not_for_somebody_unknown_nor_of_another_opportunity(here: World):
    opportunity_id, other, whom = await here.published(), await here.published(), await here.person("Bola Adeyemi")
    here.cards = False
    with pytest.raises(Missing):
        await here.do(record_contribution, opportunity_id, someone(), "phone", today(here), 20)
    said = UUID(await here.do(record_contribution, opportunity_id, whom, "phone", today(here), 20))
    for of_it, contribution_id in ((other, said), (opportunity_id, new_id())):
        with pytest.raises(Missing):
            await here.do(correct_contribution, of_it, contribution_id, 10, seen=1)


async def test_opp_18_nobody_overwrites_what_somebody_else_put_right_meanwhile(here: World, staff: httpx.AsyncClient):
    opportunity_id, whom = await here.published(), await here.person("Bola Adeyemi")
    said = UUID(await here.do(record_contribution, opportunity_id, whom, "post", today(here), 45))
    right = f"/opportunities/staff/{opportunity_id}/contributions/{said}"
    key = key_on(await shown(staff, right))
    await here.do(correct_contribution, opportunity_id, said, 30, seen=1)
    answer = await staff.post(right, data={"minutes": 60, "seen": 1, "idempotency_key": key})
    assert answer.status_code == 422 and "Somebody else has changed this" in answer.text
    assert [each["minutes"] for each in await here.events("contribution-recorded")] == [45, 30]


async def test_opp_18_staff_write_it_down_on_a_page_and_put_it_right(here: World, staff: httpx.AsyncClient):
    opportunity_id, whom = await here.published(), await here.person("Bola Adeyemi")
    base = f"/opportunities/staff/{opportunity_id}"
    assert f'href="{base}/contributions"' in await shown(staff, base)
    assert "Nobody so far" in await shown(staff, f"{base}/contributions")
    chosen = await staff.post(f"{base}/contributions/add", data={"person_id": str(whom.id)})
    form_at = chosen.headers["location"]
    key = key_on(await shown(staff, form_at))
    day = today(here)
    typed = {"way": "voice", "day-day": day.day, "day-month": day.month, "day-year": day.year, "minutes": 200}
    asked = await staff.post(form_at, data={**typed, "idempotency_key": key})
    assert "Is this right?" in asked.text and "3 hours 20 minutes" in asked.text
    for _ in range(2):  # a double click
        await staff.post(form_at, data={**typed, "idempotency_key": key, "sure_of": 200})
    listed = await shown(staff, f"{base}/contributions")
    assert listed.count("As a voice note") == 1
    (found,) = set(re.findall(rf"{base}/contributions/([0-9a-f-]{{36}})", listed))
    right = f"{base}/contributions/{UUID(found)}"
    await staff.post(right, data={"minutes": 0, "seen": 1, "idempotency_key": key_on(await shown(staff, right))})
    assert "Taken back" in await shown(staff, f"{base}/contributions")


async def test_opp_18_who_has_a_place_is_first_in_the_list_and_marked(here: World, staff: httpx.AsyncClient):
    opportunity_id, whom = await own_time.published(here), await here.person("Zoe Wren")
    await here.person("Ash Fen")
    await here.do(take_place, opportunity_id, whom, [], "")
    page = await shown(staff, f"/opportunities/staff/{opportunity_id}/contributions/add")
    assert page.index("Zoe Wren") < page.index("Has a place") < page.index("Ash Fen")
    assert page.count("Zoe Wren") == 1


async def test_opp_18_a_day_after_the_last_one_is_asked_about(here: World, staff: httpx.AsyncClient):
    opportunity_id, whom = await own_time.published(here, days=20), await here.person("Bola Adeyemi")
    here.move(days=21)
    day, form_at = today(here), f"/opportunities/staff/{opportunity_id}/contributions/of/{whom.id}"
    typed = {"way": "post", "day-day": day.day, "day-month": day.month, "day-year": day.year, "minutes": 20}
    typed["idempotency_key"] = key_on(await shown(staff, form_at))
    asked = await staff.post(form_at, data=typed)
    assert asked.status_code == 422 and "The last day was " in asked.text and "It was after the last day" in asked.text
    assert (await staff.post(form_at, data={**typed, "late": "true"})).status_code == 303
    assert len(await here.events("contribution-recorded")) == 1


def key_on(text: str) -> str:
    return re.findall(r'name="idempotency_key" value="([^"]+)"', text)[0]


async def test_pay_10_nobody_writes_down_their_own_contribution(here: World):
    opportunity_id, whom = await here.published(), await here.person("Bola Adeyemi")
    with pytest.raises(Refused):
        await here.do(record_contribution, opportunity_id, whom, "post", today(here), 45, by=whom.id)
    said = UUID(await here.do(record_contribution, opportunity_id, whom, "post", today(here), 45))
    with pytest.raises(Refused):
        await here.do(correct_contribution, opportunity_id, said, 60, seen=1, by=whom.id)


async def test_opp_18_not_on_a_day_before_it_was_published(here: World):
    opportunity_id, whom = await here.published(), await here.person("Bola Adeyemi")
    with pytest.raises(Refused):
        await here.do(record_contribution, opportunity_id, whom, "post", today(here) - timedelta(days=365), 45)
