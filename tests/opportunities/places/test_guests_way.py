"""A guest's way between two organisations (NET-02), on two real databases, with the events carried by hand."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.opportunities.consumers import duty_number
from services.opportunities.places.use_cases import home, needs, taking
from services.opportunities.register.use_cases import attendance
from services.opportunities.register.use_cases.attendance import Entry
from shared.events import network
from tests.opportunities.support import someone
from tests.opportunities.two_organisations import Region, ask, guest_of, guest_place, region


@pytest.fixture
async def two(folder: Any, service_database: Any) -> AsyncIterator[Region]:
    """SUN, who hosts, and Viewpoint, whose people come."""
    built = region(folder, service_database)
    yield built
    await built.close()


async def sound(two: Region) -> None:
    for name, each in two.organisations.items():
        assert (name, await each.broken()) == (name, {})


async def test_net_02_a_guest_takes_a_place_is_promised_what_they_need_and_is_recorded(two: Region):
    sun, viewpoint = two.organisations["sun"], two.organisations["viewpoint"]
    opportunity_id = await sun.published()
    listing_id, whom = await two.listed("sun", opportunity_id), guest_of("viewpoint")
    place_id = await ask(viewpoint, listing_id, whom, "easy-read", "breaks")
    assert await two.carry() == ["guest-requested", "guest-answered"]
    place = await guest_place(viewpoint, place_id)
    assert (place.state, place.duty_number) == ("taken", "07700 900100")
    for here, other, number in ((viewpoint, "sun", "07700 900100"), (sun, "viewpoint", "07700 900101"), (sun, "x", "")):
        told = await duty_number(here.service, {"organisation": other})
        assert told == {"number": number}, "each holds the other's, for whoever looks after safeguarding (FB-09)"
    (session_id,) = await sun.session_ids(opportunity_id)
    assert place.joining == {str(network.local_id("sun", session_id)): "https://video.example/room"}
    (taken,) = await viewpoint.events("place-taken")
    assert (taken["participant"]["id"], taken["opportunity_id"], taken["place_id"]) == (
        str(whom.id),
        str(listing_id),
        str(place_id),
    )
    (need,) = await sun.dicts("SELECT id FROM needs WHERE need = 'easy-read'")
    await sun.do(needs.answer_need, opportunity_id, need["id"], "not-met", "There is none yet. We can read it to you.")
    await two.carry()
    answered = await viewpoint.dicts("SELECT need, state, reason FROM guest_needs ORDER BY need")
    assert answered == [
        {"need": "breaks", "state": "asked", "reason": ""},
        {"need": "easy-read", "state": "not-met", "reason": "There is none yet. We can read it to you."},
    ]
    assert len(await viewpoint.events("access-need-answered")) == 1
    two.move(days=36)
    (at_host,) = await sun.dicts("SELECT id FROM places")
    await sun.do(attendance.record_attendance, opportunity_id, session_id, [Entry(at_host["id"], True, 80)])
    await two.carry()
    (attended,) = await viewpoint.events("attendance-recorded")
    assert (attended["participant"]["id"], attended["minutes"], attended["host"], attended["guest_id"]) == (
        str(whom.id),
        80,
        "sun",
        str(place.guest_id),
    )
    assert attended["recorded_by"] == str(network.organisation_id("sun"))
    await sound(two)


async def test_net_04_two_people_of_two_organisations_and_the_last_place_during_a_cut(two: Region):
    sun, viewpoint = two.organisations["sun"], two.organisations["viewpoint"]
    opportunity_id, whom = await sun.published(capacity=1), guest_of("viewpoint")
    listing_id = await two.listed("sun", opportunity_id)
    place_id = await ask(viewpoint, listing_id, whom)
    own = await sun.do(taking.take_place, opportunity_id, someone(), [], "")
    await two.carry()
    place = await guest_place(viewpoint, place_id)
    assert (place.state, place.position) == ("waiting", 1)
    (queued,) = await viewpoint.events("place-queued")
    assert (queued["position"], queued["participant"]["id"]) == (1, str(whom.id))
    assert own and len(await sun.events("place-taken")) == 1
    await sound(two)


async def test_opp_05_the_guest_is_offered_the_place_says_yes_and_leaves(two: Region):
    sun, viewpoint = two.organisations["sun"], two.organisations["viewpoint"]
    opportunity_id, whom, own = await sun.published(capacity=1), guest_of("viewpoint"), someone()
    listing_id = await two.listed("sun", opportunity_id)
    held = await sun.do(taking.take_place, opportunity_id, own, [], "")
    place_id = await ask(viewpoint, listing_id, whom)
    await two.carry()
    await sun.do(taking.leave_place, held, own, sun.service.settings.policy)
    await two.carry()
    assert (await guest_place(viewpoint, place_id)).state == "offered"
    assert len(await viewpoint.events("place-offered")) == 1
    for _ in range(2):
        await viewpoint.do(home.accept_offer, place_id, whom)
    assert len(await viewpoint.events("guest-accepted")) == 1
    await two.carry()
    assert (await guest_place(viewpoint, place_id)).state == "taken"
    for _ in range(2):
        await viewpoint.do(home.leave_place, place_id, whom)
    await two.carry()
    assert (await guest_place(viewpoint, place_id)).state == "left"
    assert [row["state"] for row in await sun.dicts("SELECT state FROM places ORDER BY queue_number")] == [
        "left",
        "left",
    ]
    assert len(await viewpoint.events("place-left")) == 1
    await sound(two)


async def test_opp_05_our_own_people_who_leave_a_hosts_waiting_list_hear_of_it_no_more(two: Region):
    sun, viewpoint = two.organisations["sun"], two.organisations["viewpoint"]
    opportunity_id, waiting, asking = await sun.published(capacity=1), guest_of("viewpoint"), guest_of("viewpoint")
    listing_id = await two.listed("sun", opportunity_id)
    await sun.do(taking.take_place, opportunity_id, someone(), [], "")
    place_id = await ask(viewpoint, listing_id, waiting)
    await two.carry()
    assert (await guest_place(viewpoint, place_id)).state == "waiting"
    await viewpoint.do(home.leave_place, place_id, waiting)
    await viewpoint.do(home.leave_place, await ask(viewpoint, listing_id, asking), asking)
    assert [(event["place_id"], event["given_back"]) for event in await viewpoint.events("place-left")] == [
        (str(place_id), False)
    ]
    await two.carry()
    assert [row["state"] for row in await sun.dicts("SELECT state FROM places WHERE participant_kind = 'guest'")] == [
        "left",
        "left",
    ]
    await sound(two)
