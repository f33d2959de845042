"""The pages of a register (OPP-11)."""

import re

import httpx
import pytest

from tests.opportunities.support import World, someone
from tests.opportunities.visitors import attended_page, here_running, key_of, post, shown, staff_signed_in  # noqa: F401
from tests.support.apps import client_of, signed_in


async def test_opp_11_the_register_page(here: World, staff: httpx.AsyncClient):
    base, (ash, jo) = await attended_page(here, staff)
    page = await shown(staff, f"{base}/register")
    assert page.index("Ash Wren") < page.index("Jo Fen") and page.count('value="90"') == 2
    key = key_of(page)
    form = {
        f"present-{ash}": "yes",
        f"minutes-{ash}": "90",
        f"present-{jo}": "yes",
        f"minutes-{jo}": "75",
        "idempotency_key": key,
    }
    for _ in range(2):
        await post(staff, f"{base}/register", **form)
    told = await here.events("attendance-recorded")
    assert sorted(event["minutes"] for event in told) == [75, 90]
    await post(staff, f"{base}/register", **form | {f"minutes-{jo}": "60"})
    assert [event["minutes"] for event in await here.events("attendance-recorded")][2:] == [60]
    assert "Corrected 1 time" in await shown(staff, f"{base}/register")
    printed = await shown(staff, f"{base}/register/print")
    assert "Ash Wren" in printed and "Left at" in printed
    assert await here.broken() == {}


async def test_a_register_that_was_kept_comes_back_with_every_line_as_typed(here: World, staff: httpx.AsyncClient):
    base, places = await attended_page(here, staff)
    form = {"idempotency_key": key_of(await shown(staff, f"{base}/register")), "_kept": "yes"}
    page = (
        await post(
            staff, f"{base}/register", 422, **form, **{f"present-{places[0]}": "yes", f"minutes-{places[0]}": "37"}
        )
    ).text
    assert "This was not sent yet. We kept what you typed" in page
    assert re.search(rf'name="minutes-{places[0]}"[^>]*value="37"', page) and re.search(
        rf'name="present-{places[0]}"[^>]*value="yes"[^>]*checked', page
    )


@pytest.mark.parametrize("minutes", ["", "ninety", "-5", "90.5", "9" * 40, "٣", "0", "721"])
async def test_opp_11_minutes_that_cannot_be_get_a_clear_sentence_and_change_nothing(
    minutes: str, here: World, staff: httpx.AsyncClient
):
    base, (ash, jo) = await attended_page(here, staff)
    key = key_of(await shown(staff, f"{base}/register"))
    form = {
        f"present-{ash}": "yes",
        f"minutes-{ash}": "90",
        f"present-{jo}": "yes",
        f"minutes-{jo}": minutes,
        "idempotency_key": key,
    }
    refused = await post(staff, f"{base}/register", status=422, **form)
    assert f'href="#minutes-{jo}"' in refused.text and "minutes" in refused.text
    assert await here.events("attendance-recorded") == []


async def test_opp_11_where_several_lines_are_asked_about_each_says_whose_it_is(here: World, staff: httpx.AsyncClient):
    base, places = await attended_page(here, staff)
    form = {"idempotency_key": key_of(await shown(staff, f"{base}/register"))}
    for place in places:
        form |= {f"present-{place}": "yes", f"minutes-{place}": "720"}
    asked = (await post(staff, f"{base}/register", status=422, **form)).text
    names = {name.strip() for name in re.findall(r">([^<>:]+): Is this right\?", asked)}
    assert names == {"Ash Wren", "Jo Fen"}


async def test_opp_11_minutes_far_above_the_plan_are_asked_about_once_and_for_these_minutes_alone(
    here: World, staff: httpx.AsyncClient
):
    base, (_, jo) = await attended_page(here, staff)
    key = key_of(await shown(staff, f"{base}/register"))
    form = {"idempotency_key": key, f"present-{jo}": "yes", f"minutes-{jo}": "720"}
    asked = (await post(staff, f"{base}/register", status=422, **form)).text
    assert (
        "Is this right? 720 minutes is 12 hours, and 1 hour 30 minutes was planned." in asked
        and await here.dicts("SELECT 1 FROM attendances") == []
    )
    assert f'name="sure-{jo}" type="checkbox" value="720"' in asked
    await post(staff, f"{base}/register", status=422, **form | {f"sure-{jo}": "700"})
    await post(staff, f"{base}/register", **form | {f"sure-{jo}": "720"})
    assert [row["minutes"] for row in await here.dicts("SELECT minutes FROM attendance_records")] == [720]
    again = await shown(staff, f"{base}/register")  # a correction of someone else does not ask again
    assert f'type="hidden" name="sure-{jo}" value="720"' in again and 'type="checkbox" name="sure' not in again
    await post(
        staff,
        f"{base}/register",
        status=422,
        **form | {"idempotency_key": key_of(again), f"sure-{jo}": "720", f"minutes-{jo}": "700"},
    )


async def test_opp_11_an_empty_register_or_one_without_its_key_is_refused(here: World, staff: httpx.AsyncClient):
    base, (ash, _) = await attended_page(here, staff)
    key = key_of(await shown(staff, f"{base}/register"))
    refused = await post(staff, f"{base}/register", status=422, idempotency_key=key)
    assert "Say for at least one person whether they were there" in refused.text
    await post(staff, f"{base}/register", status=422, **{f"present-{ash}": "no", "idempotency_key": "nonsense"})
    await post(staff, f"{base}/register", **{f"present-{ash}": "no", "idempotency_key": key})
    assert [event["present"] for event in await here.events("attendance-recorded")] == [False]


async def test_opp_11_a_walk_in_is_chosen_by_name(here: World, staff: httpx.AsyncClient):
    base, _ = await attended_page(here, staff)
    visitor = await here.person("Robin Marsh")
    await here.person("Kit Staff", "coordinator")
    page = await shown(staff, f"{base}/walk-in")
    assert "Robin Marsh" in page and "Ash Wren" not in page and "Kit Staff" not in page
    assert "Choose who came" in (await post(staff, f"{base}/walk-in", status=422)).text
    await post(staff, f"{base}/walk-in", status=404, person_id=str(someone().id))
    await post(staff, f"{base}/walk-in", person_id=str(visitor.id))
    assert "Robin Marsh (came without a place)" in await shown(staff, f"{base}/register")


async def test_opp_11_what_is_ticked_stays_while_somebody_who_came_without_a_place_is_added(
    here: World, staff: httpx.AsyncClient
):
    base, (ash, jo) = await attended_page(here, staff)
    visitor = await here.person("Robin Marsh")
    assert f'formaction="{base}/register/walk-in"' in await shown(staff, f"{base}/register")
    await post(
        staff,
        f"{base}/register/walk-in",
        **{f"present-{ash}": "yes", f"minutes-{ash}": "45", f"planned-{ash}": "yes", f"minutes-{jo}": "90"},
    )
    await post(staff, f"{base}/walk-in", person_id=str(visitor.id))
    page = await shown(staff, f"{base}/register")
    assert "is not saved yet" in page and "Robin Marsh" in page and page.count('value="90"') == 2
    assert re.search(rf'name="minutes-{ash}"[^>]*value="45"', page) and re.search(
        rf'name="present-{ash}"[^>]*value="yes"[^>]*checked', page
    )
    assert re.search(rf'name="planned-{ash}"[^>]*checked', page) and await here.events("attendance-recorded") == []
    form = {f"present-{ash}": "yes", f"minutes-{ash}": "45", f"minutes-{jo}": "90", "idempotency_key": key_of(page)}
    async with client_of(here.app) as other:
        signed_in(other, "coordinator")
        assert "is not saved yet" not in await shown(other, f"{base}/register")
    await post(staff, f"{base}/register", **form)
    assert "is not saved yet" not in await shown(staff, f"{base}/register")


async def test_opp_11_a_line_that_says_more_than_it_can_is_never_dropped_while_the_page_says_saved(
    here: World, staff: httpx.AsyncClient
):
    base, (ash, jo) = await attended_page(here, staff)
    form = {
        "idempotency_key": key_of(await shown(staff, f"{base}/register")),
        f"present-{ash}": "yes",
        f"minutes-{ash}": "90",
        f"minutes-{jo}": "45",
    }
    assert f'href="#present-{jo}"' in (await post(staff, f"{base}/register", 422, **form)).text
    await post(staff, f"{base}/register", 422, **form | {f"minutes-{jo}": "90", f"planned-{jo}": "yes"})
    await post(staff, f"{base}/register", 422, **form | {f"present-{jo}": "no", f"planned-{jo}": "yes"})
    assert await here.events("attendance-recorded") == []
    await post(staff, f"{base}/register", **form | {f"minutes-{jo}": "90"})


async def test_opp_11_minutes_that_have_not_passed_yet_are_asked_about(here: World, staff: httpx.AsyncClient):
    base, (ash, _) = await attended_page(here, staff)
    here.move(minutes=-65)  # 35 minutes after it began
    form = {
        "idempotency_key": key_of(await shown(staff, f"{base}/register")),
        f"present-{ash}": "yes",
        f"minutes-{ash}": "90",
    }
    asked = (await post(staff, f"{base}/register", 422, **form)).text
    assert (
        "This session has not ended, and more minutes stand here than have passed." in asked
        and "you wrote" not in asked  # the page itself fills in what was planned
        and 'href="#early"' in asked
        and await here.events("attendance-recorded") == []
    )
    await post(staff, f"{base}/register", **form | {f"minutes-{ash}": "20"})
    await post(staff, f"{base}/register", **form | {"early": "yes"})
    assert [event["minutes"] for event in await here.events("attendance-recorded")] == [20, 90]
