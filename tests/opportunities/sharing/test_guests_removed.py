"""A guest's home organisation is taken out of the network by the hub's operator, and comes back (NET-02, NOT-05,
OPP-05)."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from services.opportunities.places.domain.guests import HOME_REMOVED
from services.opportunities.places.use_cases import taking
from services.opportunities.register.use_cases import attendance
from services.opportunities.register.use_cases.attendance import Entry
from shared.events import network
from tests.opportunities.support import someone
from tests.opportunities.two_organisations import Region, ask, guest_of, guest_place, hear, region
from tests.support.servers import ORGANISATION


@pytest.fixture
async def three(folder: Any, service_database: Any) -> AsyncIterator[Region]:
    built = region(folder, service_database, "sun", "viewpoint", "suffolk")
    await announced(built)
    yield built
    await built.close()


async def announced(three: Region, version: int = 1) -> None:
    """SUN hears that Viewpoint is in the network."""
    facts = {"version": version, "organisation_id": network.organisation_id("viewpoint"), "origin": "viewpoint"}
    said = network.OrganisationAnnounced(**facts, display_name="Viewpoint", url="https://viewpoint.example")
    await hear(three.organisations["sun"], said, three.gateways["sun"])


async def removed(three: Region) -> None:
    """SUN hears that Viewpoint is not in the network any more."""
    event = network.OrganisationRemoved(
        version=1, organisation_id=network.organisation_id("viewpoint"), removed="viewpoint"
    )
    await hear(three.organisations["sun"], event, three.gateways["sun"])


async def guest(three: Region, name: str, listing_id: UUID, *needs: str) -> UUID:
    place_id = await ask(three.organisations[name], listing_id, guest_of(name), *needs)
    await three.carry()
    return place_id


async def at_sun(three: Region) -> list[tuple[str, str]]:
    """(home, state) in the order of the waiting list."""
    rows = await three.organisations["sun"].dicts("SELECT participant_home, state FROM places ORDER BY queue_number")
    return [(row["participant_home"], row["state"]) for row in rows]


async def test_opp_05_places_of_a_removed_organisations_guests_go_to_the_next_on_the_waiting_list(three: Region):
    sun = three.organisations["sun"]
    opportunity_id = await sun.published(capacity=2)
    listing_id = await three.listed("sun", opportunity_id)
    for name in ("suffolk", "viewpoint", "viewpoint"):
        await guest(three, name, listing_id, "breaks")
    own = await sun.do(taking.take_place, opportunity_id, someone(), [], "")
    assert [state for _, state in await at_sun(three)] == ["taken", "taken", "waiting", "waiting"]
    await three.outgoing()
    for _ in range(2):
        await removed(three)
    assert await at_sun(three) == [
        ("suffolk", "taken"),
        ("viewpoint", "left"),
        ("viewpoint", "left"),
        (ORGANISATION, "offered"),
    ]
    assert [event["place_id"] for event in await sun.events("place-offered")] == [str(own)], (
        "offered to nobody whose home is gone"
    )
    assert [
        row["state"]
        for row in await sun.dicts(
            "SELECT needs.state FROM needs JOIN places ON places.id = place_id ORDER BY queue_number"
        )
    ] == [
        "asked",
        "withdrawn",
        "withdrawn",
    ]
    assert [
        row["refused_because"] for row in await sun.dicts("SELECT refused_because FROM guests WHERE home = 'viewpoint'")
    ] == [HOME_REMOVED] * 2
    assert len(await sun.steps("guest-place-ended-with-home")) == 2
    assert await three.outgoing() == [], "nobody is there to hear"
    assert await sun.broken() == {}


async def test_opp_11_what_happened_stays_when_a_home_is_removed(three: Region):
    sun = three.organisations["sun"]
    opportunity_id = await sun.published(in_days=20, number=2)
    first, _ = await sun.session_ids(opportunity_id)
    over_soon = await sun.published(in_days=20)
    (only,) = await sun.session_ids(over_soon)
    for each in (opportunity_id, over_soon):
        await guest(three, "viewpoint", await three.listed("sun", each))
    three.move(days=20, minutes=30)
    await sun.write("UPDATE business_clock SET offset_seconds = :seconds", seconds=(20 * 24 * 60 + 30) * 60)
    held = {row["opportunity_id"]: row["id"] for row in await sun.dicts("SELECT opportunity_id, id FROM places")}
    await sun.do(
        attendance.record_attendance,
        opportunity_id,
        first,
        [Entry(held[opportunity_id], True, 90)],
        sure_before_end=True,
    )
    await removed(three)
    states = {
        row["opportunity_id"]: row["state"] for row in await sun.dicts("SELECT opportunity_id, state FROM places")
    }
    assert states == {opportunity_id: "left", over_soon: "taken"}
    assert await sun.do(
        attendance.record_attendance,
        opportunity_id,
        first,
        [Entry(held[opportunity_id], True, 60)],
        sure_before_end=True,
    ) == {"recorded": 1}
    assert await sun.do(
        attendance.record_attendance, over_soon, only, [Entry(held[over_soon], True, 90)], sure_before_end=True
    ) == {"recorded": 1}
    assert await sun.broken() == {}


async def test_net_02_a_request_that_comes_after_the_removal_gets_no_place(three: Region):
    sun = three.organisations["sun"]
    listing_id = await three.listed("sun", await sun.published())
    await ask(three.organisations["viewpoint"], listing_id, guest_of("viewpoint"))
    on_the_way = await three.outgoing()
    await removed(three)
    for carried in on_the_way:
        await three.deliver(carried)
    assert await at_sun(three) == [] == await three.outgoing()
    assert len(await sun.steps("guest-refused")) == 1
    assert await sun.broken() == {}


async def test_net_04_a_home_that_is_back_hears_how_its_guests_places_stand_and_tells_them(three: Region):
    sun, viewpoint = three.organisations["sun"], three.organisations["viewpoint"]
    ended = await guest(three, "viewpoint", await three.listed("sun", await sun.published()))
    going_on = await guest(three, "viewpoint", await three.listed("sun", await sun.published(in_days=20)))
    three.move(days=20, minutes=30)
    asked = await ask(viewpoint, await three.listed("sun", await sun.published()), guest_of("viewpoint"))
    on_the_way = await three.outgoing()
    await removed(three)
    for carried in on_the_way:
        await three.deliver(carried)
    for version in (2, 2):
        await announced(three, version)
    assert await three.carry() == ["guest-answered"] * 3
    for place_id in (ended, asked):
        found = await guest_place(viewpoint, place_id)
        assert (found.state, found.reason) == ("refused", HOME_REMOVED)
    assert (await guest_place(viewpoint, going_on)).state == "taken"
    assert {event["place_id"] for event in await viewpoint.events("place-refused")} == {str(ended), str(asked)}
    assert await sun.broken() == await viewpoint.broken() == {}
