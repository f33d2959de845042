"""A host cancels a session, and whoever of ours had a place is paid at home (PAY-16, NET-03)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.opportunities.places.domain.guests import had_a_place_when_cancelled
from services.opportunities.places.use_cases import home
from services.opportunities.publishing.use_cases import changing
from shared.events import network
from tests.opportunities.two_organisations import Region, ask, guest_of, hear, region

NOON = datetime(2026, 12, 3, 12, tzinfo=UTC)


@pytest.fixture
async def two(folder: Any, service_database: Any) -> AsyncIterator[Region]:
    built = region(folder, service_database)
    yield built
    await built.close()


@pytest.mark.parametrize(
    ("state", "asked_before", "had"), [("taken", 0, True), ("taken", -1, False), ("waiting", 5, False)]
)
def test_pay_16_who_had_a_place_with_a_host_when_it_cancelled(state: str, asked_before: int, had: bool):
    assert had_a_place_when_cancelled(state, NOON - timedelta(seconds=asked_before), NOON) is had


async def two_sessions_and_a_guest(two: Region) -> tuple[Any, Any, Any, Any]:
    sun, viewpoint = two.organisations["sun"], two.organisations["viewpoint"]
    opportunity_id = await sun.published(number=2)
    listing_id, whom = await two.listed("sun", opportunity_id), guest_of("viewpoint")
    place_id = await ask(viewpoint, listing_id, whom)
    await two.carry()
    two.move(days=35, hours=-3)
    return opportunity_id, listing_id, whom, place_id


async def test_pay_16_a_hosts_cancelled_session_names_our_people_and_since_when(two: Region):
    sun, viewpoint = two.organisations["sun"], two.organisations["viewpoint"]
    opportunity_id, listing_id, whom, place_id = await two_sessions_and_a_guest(two)
    first, _ = await sun.session_ids(opportunity_id)
    host = sun.service.settings.host
    await sun.do(changing.cancel_session, opportunity_id, first, "A flood.", host)
    (there,) = await sun.events("session-cancelled")
    assert there["places"] == [] and len(there["guests"]) == 1
    on_the_way = await two.outgoing()
    two.move(hours=9)  # the network was away until it should have been over
    for _ in range(2):
        for each in on_the_way:
            await two.deliver(each)
    (here,) = await viewpoint.events("session-cancelled")
    assert here["session_id"] == str(network.local_id("sun", first))
    assert (here["host"], here["host_session_id"]) == ("sun", str(first))
    assert datetime.fromisoformat(here["cancelled_at"]) == datetime.fromisoformat(there["cancelled_at"])
    assert (here["planned_minutes"], here["paid"]) == (90, True)
    (held,) = here["places"]
    assert (held["place_id"], held["participant"]["id"]) == (str(place_id), str(whom.id))
    assert held["guest_id"] == there["guests"][0]["participant"]["id"]
    told = (await viewpoint.events("opportunity-changed"))[-1]
    assert (here["opportunity_version"], here["opportunity_id"]) == (told["version"], str(listing_id))
    await sun.do(changing.change_texts, opportunity_id, "contact", {"contact_role": "lead"}, "Why", host)
    await two.carry()
    assert len(await viewpoint.events("session-cancelled")) == 1, "said once, however often the host says it"
    assert await viewpoint.broken() == {}


async def test_pay_16_what_a_host_cancels_whole_names_each_session_that_was_to_come(two: Region):
    sun, viewpoint = two.organisations["sun"], two.organisations["viewpoint"]
    opportunity_id, _, whom, _ = await two_sessions_and_a_guest(two)
    await sun.do(changing.cancel, opportunity_id, "No money.")
    for each in await two.outgoing():
        await two.deliver(each)
        await two.deliver(each)
    found = await viewpoint.events("session-cancelled")
    assert [each["places"][0]["participant"]["id"] for each in found] == [str(whom.id)] * 2
    (whole,) = await viewpoint.events("opportunity-cancelled")
    assert {each["opportunity_version"] for each in found} == {whole["version"]}
    assert len(await sun.events("session-cancelled")) == 2
    assert await viewpoint.broken() == {}


async def test_pay_16_who_left_before_and_who_asked_after_had_no_place(two: Region):
    sun, viewpoint = two.organisations["sun"], two.organisations["viewpoint"]
    opportunity_id, listing_id, whom, place_id = await two_sessions_and_a_guest(two)
    await viewpoint.do(home.leave_place, place_id, whom)
    await two.carry()
    first, _ = await sun.session_ids(opportunity_id)
    await sun.do(changing.cancel_session, opportunity_id, first, "A flood.", sun.service.settings.host)
    late = await two.outgoing()
    two.move(minutes=1)
    await ask(viewpoint, listing_id, guest_of("viewpoint"))
    await two.carry()
    for each in late:
        await two.deliver(each)
    (here,) = await viewpoint.events("session-cancelled")
    assert here["places"] == []


async def test_pay_16_a_host_of_a_version_before_does_not_say_since_when_and_we_go_on(two: Region):
    sun, viewpoint = two.organisations["sun"], two.organisations["viewpoint"]
    opportunity_id, _, _, _ = await two_sessions_and_a_guest(two)
    first, _ = await sun.session_ids(opportunity_id)
    await sun.do(changing.cancel_session, opportunity_id, first, "A flood.", sun.service.settings.host)
    for each in await two.outgoing():
        without = each.event.model_dump(exclude={"cancelled"})
        await hear(viewpoint, type(each.event)(**without), two.gateways["viewpoint"])
    assert await viewpoint.events("session-cancelled") == []
    assert len((await viewpoint.events("opportunity-changed"))[-1]["sessions"]) == 1
    await sun.do(changing.cancel, opportunity_id, "No money.")
    for each in await two.outgoing():
        without = each.event.model_dump(exclude={"cancelled_at"})
        await hear(viewpoint, type(each.event)(**without), two.gateways["viewpoint"])
    assert await viewpoint.events("session-cancelled") == []
    assert len(await viewpoint.events("opportunity-cancelled")) == 1
