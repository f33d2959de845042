"""NET-01: no words of a neighbour whom nobody trusts reach our people before a coordinator has looked: not in any event
that may arrive."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.opportunities.listings.use_cases import neighbours
from services.opportunities.places.domain.guests import look_by
from services.opportunities.places.queries.guest_places import words_to_guests
from services.opportunities.places.use_cases import needs, words
from services.opportunities.places.use_cases.home import leave_place as home_leave
from shared.events import network
from shared.reasons import Refused
from shared.web.filters import moment
from tests.opportunities.listings.support import US
from tests.opportunities.listings.test_held_listings import visitor
from tests.opportunities.support import NOON, World, trust_neighbours
from tests.opportunities.two_organisations import NAMES, Region, ask, guest_of, guest_place, region
from tests.support.apps import running, signed_in
from tests.support.servers import ORGANISATION

EVIL = "Send your bank card number to http://evil.example"


@pytest.fixture
async def two(folder: Any, service_database: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Region]:
    """SUN, and the organisation that tests' people sign in to."""
    monkeypatch.setitem(NAMES, ORGANISATION, "Voices")
    built = region(folder, service_database, "sun", ORGANISATION)
    yield built
    await built.close()


async def _answered(two: Region, *, trusted: bool) -> tuple[World, Any]:
    """One of ours has a place at SUN's; SUN words an answer to what they need, and how to join."""
    sun, here, whom = two.organisations["sun"], two.organisations[ORGANISATION], guest_of(ORGANISATION)
    listing_id = await two.listed("sun", await sun.published())
    place_id = await ask(here, listing_id, whom, "breaks")
    await here.do(neighbours.trust, "sun", trusted=trusted)
    await two.carry()
    [need] = await sun.dicts(
        "SELECT needs.id, places.opportunity_id FROM needs JOIN places ON places.id = needs.place_id"
    )
    await sun.do(needs.answer_need, need["opportunity_id"], need["id"], "not-met", EVIL)
    await two.carry()
    return here, place_id


async def _reads(here: World, place_id: Any) -> str:
    place = await guest_place(here, place_id)
    rows = await here.dicts("SELECT need, state, reason FROM guest_needs")
    return str((place.joining, place.reason, rows))


async def test_net_01_a_hosts_words_to_a_guest_wait_and_its_facts_do_not(two: Region) -> None:
    here, place_id = await _answered(two, trusted=False)
    place = await guest_place(here, place_id)
    assert place.state == "taken" and "not-met" in await _reads(here, place_id)
    assert EVIL not in await _reads(here, place_id) and "video.example" not in await _reads(here, place_id)
    ([shown], _) = await here.read(words_to_guests)
    assert EVIL in str(shown.words) and not shown.refused
    with pytest.raises(Refused):
        await here.do(words.decide_guest_words, place_id, shown=True, read=place.version - 1)
    await here.do(words.decide_guest_words, place_id, shown=False, read=place.version)
    ([kept], _) = await here.read(words_to_guests)
    assert kept.refused and EVIL not in await _reads(here, place_id)
    await here.do(words.decide_guest_words, place_id, shown=True, read=kept.version)
    assert EVIL in await _reads(here, place_id) and "video.example" in await _reads(here, place_id)
    assert await here.read(words_to_guests) == ([], None) and await here.broken() == {}
    assert [event["listing_id"] for event in await here.events("listing-settled")][-1] == str(place_id)


async def test_net_01_a_link_that_waits_for_a_look_is_a_task_with_a_clock_and_its_guest_reads_until_when(
    two: Region,
) -> None:
    here, place_id = await _answered(two, trusted=False)
    ([shown], _) = await here.read(words_to_guests)
    (session,) = await here.dicts("SELECT starts_at FROM listing_sessions")
    held = (await here.events("listing-held"))[-1]
    assert shown.look_by is not None and (held["listing_id"], datetime.fromisoformat(held["due_at"])) == (
        str(place_id),
        shown.look_by,
    )
    assert here.now < shown.look_by < session["starts_at"]
    whom = (await guest_place(here, place_id)).participant_id
    async with running(here.app), visitor(here, "coordinator") as coordinator, visitor(here, "participant") as guest:
        signed_in(guest, "participant", person_id=whom)
        mine = f"/opportunities/places/{place_id}"
        waits = (await guest.get(mine)).text
        assert (
            f"how to join. One of us looks at it first, by {moment(shown.look_by)}" in waits
            and "video.example" not in waits
        )
        assert f"Look at it by {moment(shown.look_by)}" in (await coordinator.get("/opportunities/staff/network")).text
        url = f"/opportunities/staff/network/guests/{place_id}/words"
        await coordinator.post(url, data={"shown": "false", "read": str(shown.version)})
        assert "We have not shown it to you" in (await guest.get(mine)).text
        await coordinator.post(url, data={"shown": "true", "read": str(shown.version + 1)})
        assert "video.example" in (await guest.get(mine)).text


@pytest.mark.parametrize(
    ("starts_in", "within"),
    [
        (None, timedelta(days=1)),
        (timedelta(days=9), timedelta(days=1)),
        (timedelta(hours=12), timedelta(hours=10)),
        (timedelta(hours=1), timedelta(0)),
    ],
)
def test_net_01_what_a_host_wrote_is_looked_at_before_the_session(
    starts_in: timedelta | None, within: timedelta
) -> None:
    assert look_by(NOON, NOON + starts_in if starts_in else None) == NOON + within


async def test_net_01_a_trusted_hosts_words_to_a_guest_pass(two: Region) -> None:
    here, place_id = await _answered(two, trusted=True)
    assert EVIL in await _reads(here, place_id) and await here.read(words_to_guests) == ([], None)


async def test_net_01_whoever_leaves_leaves_no_words_to_look_at(two: Region) -> None:
    here, place_id = await _answered(two, trusted=False)
    place = await guest_place(here, place_id)
    whom = guest_of(ORGANISATION).model_copy(update={"id": place.participant_id})
    await here.do(home_leave, place_id, whom)
    assert await here.read(words_to_guests) == ([], None)
    assert (await here.events("listing-settled"))[-1]["listing_id"] == str(place_id)


async def test_net_01_a_coordinator_reads_what_hosts_wrote_without_whom_it_is_for(two: Region) -> None:
    here, place_id = await _answered(two, trusted=False)
    version = (await guest_place(here, place_id)).version
    url = f"/opportunities/staff/network/guests/{place_id}/words"
    async with (
        running(here.app),
        visitor(here, "coordinator") as coordinator,
        visitor(here, "participant") as participant,
    ):
        page = (await coordinator.get("/opportunities/staff/network")).text
        assert EVIL in page and "What hosts wrote to our people" in page
        assert (await participant.post(url, data={"shown": "true", "read": str(version)})).status_code == 403
        assert (await coordinator.post(url, data={"shown": "true", "read": str(version)})).status_code == 303
    assert EVIL in await _reads(here, place_id)


def announced(version: int, name: str) -> network.OrganisationAnnounced:
    facts = {
        "organisation_id": network.organisation_id("sun"),
        "origin": "sun",
        "display_name": name,
        "url": "https://sun.example",
    }
    return network.OrganisationAnnounced(version=version, **facts)


async def _called(here: World) -> str:
    return (await here.dicts("SELECT display_name FROM organisations WHERE origin = 'sun'"))[0]["display_name"]


async def test_net_01_a_neighbours_new_name_waits_for_a_look_unless_it_is_trusted(here: World) -> None:
    await here.do(neighbours.hear_announced, announced(1, "SUN"), US)
    await here.do(neighbours.hear_announced, announced(2, EVIL), US)
    assert await _called(here) == "SUN" and len(await here.events("listing-held")) == 1
    await here.do(neighbours.decide_name, "sun", shown=False, read=2)
    await here.do(neighbours.hear_announced, announced(3, EVIL), US)  # said again every day: nobody need look again
    assert await _called(here) == "SUN" and len(await here.events("listing-held")) == 1
    async with running(here.app), visitor(here, "coordinator") as coordinator:
        assert EVIL in (await coordinator.get("/opportunities/staff/network")).text
    with pytest.raises(Refused):
        await here.do(neighbours.decide_name, "sun", shown=True, read=2)
    await here.do(neighbours.decide_name, "sun", shown=True, read=3)
    assert await _called(here) == EVIL
    await here.do(trust_neighbours, "sun")
    await here.do(neighbours.hear_announced, announced(4, "SUN Network"), US)
    assert await _called(here) == "SUN Network"
