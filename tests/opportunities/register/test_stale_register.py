"""A register that two coordinators have open: neither overwrites unseen what the other wrote (OPP-11)."""

import re
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest

from services.opportunities.register import domain
from services.opportunities.register.domain import Said
from tests.opportunities.support import World
from tests.opportunities.visitors import attended_page, key_of, post, shown
from tests.support.apps import client_of, signed_in

YES, LESS, NO = Said(True, 90), Said(True, 60), Said(False)


@pytest.mark.parametrize(
    ("said", "shown", "now", "what"),
    [
        (YES, None, None, "write"),
        (NO, YES, YES, "write"),
        (NO, YES, NO, "write"),
        (YES, YES, NO, "keep"),
        (YES, None, NO, "ask"),
        (LESS, YES, NO, "ask"),
        (LESS, NO, YES, "ask"),
        (Said(True, 90, True), YES, NO, "ask"),
    ],
)
def test_opp_11_what_becomes_of_a_line_that_somebody_else_wrote_meanwhile(
    said: Said, shown: Said | None, now: Said | None, what: str
):
    assert domain.what_to_do_with_line(said, shown, now) == what


@pytest.fixture
async def staff(here: World) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(here.app) as client:
        signed_in(client, "coordinator")
        yield client


@pytest.fixture
async def other(here: World) -> AsyncIterator[httpx.AsyncClient]:
    """Another coordinator."""
    async with client_of(here.app) as client:
        signed_in(client, "coordinator")
        yield client


def form_of(page: str, **typed: str) -> dict[str, str]:
    """As a browser sends it: what the page holds, and what is typed over it."""
    seen = re.search(r'name="seen" value="([^"]*)"', page)
    assert seen
    ticked = dict(re.findall(r'name="(present-[0-9a-f-]+)" type="radio" value="(yes|no)" checked', page))
    minutes = dict(re.findall(r'name="(minutes-[0-9a-f-]+)"[^>]*value="(\d*)"', page))
    return {"idempotency_key": key_of(page), "seen": seen[1]} | minutes | ticked | typed


def yes(place_id: UUID, minutes: int) -> dict[str, str]:
    return {f"present-{place_id}": "yes", f"minutes-{place_id}": str(minutes)}


async def minutes_of(here: World) -> dict[str, int]:
    told = await here.events("attendance-recorded")
    return {event["place_id"]: event["minutes"] for event in sorted(told, key=lambda event: event["version"])}


async def test_opp_11_an_old_register_page_does_not_overwrite_what_another_coordinator_wrote(
    here: World, staff: httpx.AsyncClient, other: httpx.AsyncClient
):
    base, (ash, jo) = await attended_page(here, staff)
    mine, theirs = await shown(staff, f"{base}/register"), await shown(other, f"{base}/register")
    await post(other, f"{base}/register", **form_of(theirs, **yes(ash, 30)))
    refused = (await post(staff, f"{base}/register", 422, **form_of(mine, **yes(ash, 90), **yes(jo, 75)))).text
    assert f'href="#present-{ash}"' in refused and f'href="#present-{jo}"' not in refused
    assert domain.CHANGED_SINCE in refused and "They wrote: Yes, 30 minutes" in refused
    assert re.search(rf'name="minutes-{ash}"[^>]*value="90"', refused) and re.search(
        rf'name="minutes-{jo}"[^>]*value="75"', refused
    )
    assert await minutes_of(here) == {str(ash): 30}
    await post(staff, f"{base}/register", **form_of(refused))  # they have seen it now, and say that theirs is right
    assert await minutes_of(here) == {str(ash): 90, str(jo): 75}


async def test_opp_11_a_line_that_was_not_touched_stays_as_another_coordinator_corrected_it(
    here: World, staff: httpx.AsyncClient, other: httpx.AsyncClient
):
    base, (ash, jo) = await attended_page(here, staff)
    await post(
        staff, f"{base}/register", **form_of(await shown(staff, f"{base}/register"), **yes(ash, 90), **yes(jo, 90))
    )
    mine = await shown(staff, f"{base}/register")
    await post(other, f"{base}/register", **form_of(await shown(other, f"{base}/register"), **{f"present-{ash}": "no"}))
    saved = await staff.post(f"{base}/register", data=form_of(mine, **yes(jo, 60)))
    assert saved.status_code == 303 and await minutes_of(here) == {str(ash): 0, str(jo): 60}
    assert "Somebody else changed 1 line while your page was open" in await shown(staff, f"{base}/register")


async def test_opp_11_what_was_held_half_filled_in_is_of_the_page_that_was_seen(
    here: World, staff: httpx.AsyncClient, other: httpx.AsyncClient
):
    base, (ash, _) = await attended_page(here, staff)
    mine = await shown(staff, f"{base}/register")
    await post(staff, f"{base}/register/walk-in", **form_of(mine, **yes(ash, 90)))
    await post(other, f"{base}/register", **form_of(await shown(other, f"{base}/register"), **yes(ash, 30)))
    back = await shown(staff, f"{base}/register")
    await post(staff, f"{base}/register", 422, **form_of(back))
    assert await minutes_of(here) == {str(ash): 30}


async def test_opp_11_a_register_from_a_page_that_shows_no_versions_has_seen_nothing(
    here: World, staff: httpx.AsyncClient, other: httpx.AsyncClient
):
    base, (ash, jo) = await attended_page(here, staff)
    mine = form_of(await shown(staff, f"{base}/register"))
    await post(other, f"{base}/register", **mine | yes(ash, 30))
    for seen in ("", "nonsense", f"{ash}=9", f"{ash}=x {jo}=1"):
        await post(staff, f"{base}/register", 422, **mine | yes(ash, 90) | {"seen": seen})
    await post(
        staff, f"{base}/register", **mine | yes(jo, 90)
    )  # nobody typed other minutes on the line that says 30 by now
    assert await minutes_of(here) == {str(ash): 30, str(jo): 90}


async def test_opp_11_who_goes_back_to_a_page_of_their_own_goes_on_from_what_they_wrote(
    here: World, staff: httpx.AsyncClient
):
    base, (ash, _) = await attended_page(here, staff)
    mine = form_of(await shown(staff, f"{base}/register"))
    for minutes in (30, 60):
        await post(staff, f"{base}/register", **mine | yes(ash, minutes))
    assert await minutes_of(here) == {str(ash): 60}
