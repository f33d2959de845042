"""A guest reads at home what their host's register says of them: there, not there, or left before (OPP-11, NET-02)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.opportunities.places.use_cases import home
from services.opportunities.register.use_cases import attendance
from services.opportunities.register.use_cases.attendance import Entry
from shared.db import new_id
from shared.identity import Role, SignIn, cookie_name, issue_token
from tests.opportunities.two_organisations import Region, ask, guest_of, region
from tests.support.apps import SIGNING_KEY, client_of


@pytest.fixture
async def two(folder: Any, service_database: Any) -> AsyncIterator[Region]:
    built = region(folder, service_database)
    yield built
    await built.close()


async def test_opp_11_a_guest_reads_at_home_what_became_of_it(two: Region):
    sun, viewpoint = two.organisations["sun"], two.organisations["viewpoint"]
    opportunity_id = await sun.published()
    (session_id,) = await sun.session_ids(opportunity_id)
    listing_id, whom = await two.listed("sun", opportunity_id), guest_of("viewpoint")
    place_id = await ask(viewpoint, listing_id, whom)
    await two.carry()
    (at_host,) = await sun.dicts("SELECT id FROM places")

    async def recorded(present: bool, minutes: int) -> None:
        await sun.do(
            attendance.record_attendance,
            opportunity_id,
            session_id,
            [Entry(at_host["id"], present, minutes)],
            sure_before_end=True,
        )
        await two.carry()

    async with client_of(viewpoint.app) as me:
        me.cookies.set(
            cookie_name("viewpoint"),
            issue_token(SIGNING_KEY, "viewpoint", SignIn(whom.id, new_id(), frozenset({Role.PARTICIPANT}))),
        )

        async def reads(*words: str, never: tuple[str, ...] = ()) -> None:
            for path in (f"/opportunities/places/{place_id}", "/opportunities/mine"):
                page = (await me.get(path)).text
                assert [word for word in words if word not in page] == [] and [
                    word for word in never if word in page
                ] == []

        two.move(days=35, minutes=40)
        await viewpoint.do(home.leave_place, place_id, whom)
        await two.carry()
        await reads("You left", never=("You were there",))
        await recorded(True, 45)
        await reads("You were there: 45 minutes", never=("You left", "This is over"))
        await recorded(False, 0)
        await reads("You left", never=("You were there",))
        await recorded(True, 50)
        two.move(hours=2)
        await reads("You were there: 50 minutes", "This is over", never=("You left",))
        await recorded(False, 0)
        await reads("You left", never=("You were there",))


async def test_opp_11_a_guest_whom_nobody_saw_reads_so_and_whom_to_tell(two: Region):
    sun, viewpoint = two.organisations["sun"], two.organisations["viewpoint"]
    opportunity_id = await sun.published()
    (session_id,) = await sun.session_ids(opportunity_id)
    whom = guest_of("viewpoint")
    place_id = await ask(viewpoint, await two.listed("sun", opportunity_id), whom)
    await two.carry()
    two.move(days=36)
    (at_host,) = await sun.dicts("SELECT id FROM places")
    await sun.do(attendance.record_attendance, opportunity_id, session_id, [Entry(at_host["id"], False, 0)])
    await two.carry()
    async with client_of(viewpoint.app) as me:
        me.cookies.set(
            cookie_name("viewpoint"),
            issue_token(SIGNING_KEY, "viewpoint", SignIn(whom.id, new_id(), frozenset({Role.PARTICIPANT}))),
        )
        page = (await me.get(f"/opportunities/places/{place_id}")).text
        assert "The list of who came says that you were not there. Is that wrong?" in page
        assert "says that you were not there" in (await me.get("/opportunities/mine")).text
